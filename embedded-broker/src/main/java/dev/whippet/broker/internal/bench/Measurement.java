package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;

/** A command that can be measured once by itself, or many times by {@code compare}. */
interface Measurement {

  /**
   * A fresh run.
   *
   * @param serverPid 0 = unknown
   * @param disk of the server's data; null = unknown
   */
  Run run(Target target, long serverPid, Disk disk) throws BenchException;
}

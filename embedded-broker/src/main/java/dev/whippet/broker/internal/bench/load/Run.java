package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.result.RunResult;
import java.util.function.Consumer;

/** Something that can be measured once. */
public interface Run {

  /**
   * Measures; blocks until done.
   *
   * @param progress given a line now and then
   * @throws BenchException when there is nothing to report but why
   */
  RunResult run(Consumer<String> progress) throws BenchException, InterruptedException;

  /** Ends it early, with what was measured so far. Any thread. */
  void interrupt();
}

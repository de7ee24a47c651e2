package dev.whippet.broker.internal.bench.measure;

import java.io.IOException;

/**
 * Work of others during a run: what all cores did, less what the load, the server and the kernel's
 * own threads did. More than {@link #FOREIGN_CORES_MAX} of a core spoils a run, which is then
 * thrown away and repeated, at most {@link #REPEATS_MAX} times.
 */
public final class Noise {

  /** Share of one core. */
  public static final double FOREIGN_CORES_MAX = 0.10;

  /** Repeats of one run. */
  public static final int REPEATS_MAX = 3;

  private Noise() {}

  /** CPU seconds so far, at one moment. */
  public record Sample(
      long nanos, double machine, double load, double server, double kernelThreads) {

    /**
     * Reads them now.
     *
     * @param serverPid 0 = the server is not on this machine
     */
    public static Sample take(Proc proc, long serverPid) throws IOException {
      return new Sample(
          System.nanoTime(),
          proc.machineSeconds(),
          proc.processSeconds(ProcessHandle.current().pid()),
          serverPid == 0 ? 0 : proc.processSeconds(serverPid),
          proc.kernelThreadSeconds());
    }

    /** Seconds of clock time since {@code earlier}. */
    public double secondsSince(Sample earlier) {
      return (nanos - earlier.nanos) / 1e9;
    }
  }

  /** Cores that others kept busy between two samples; never below 0. */
  public static double foreignCores(Sample before, Sample after) {
    double own =
        after.load
            - before.load
            + after.server
            - before.server
            + after.kernelThreads
            - before.kernelThreads;
    double foreign = after.machine - before.machine - own;
    double seconds = after.secondsSince(before);
    return seconds <= 0 ? 0 : Math.max(0, foreign / seconds);
  }

  /** Whether a run with so much foreign work must be repeated. */
  public static boolean spoils(double foreignCores) {
    return foreignCores > FOREIGN_CORES_MAX;
  }
}

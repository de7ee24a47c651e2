package dev.whippet.broker.simulation;

import dev.whippet.broker.BrokerException;
import java.util.function.UnaryOperator;

/** The simulator as {@link SeededCode} calls it in another class loader: strings and numbers. */
public final class SeededRun {
  private static final int STEPS = 60;

  private SeededRun() {}

  /**
   * Cuts or faults until something is found.
   *
   * @param how {@code cuts} or {@code memory}
   * @param seeds 1 to this many
   * @param times cuts or failed allocations of each seed
   * @return what was found, or null
   */
  public static String find(String how, long seeds, int times) throws BrokerException {
    try {
      for (long seed = 1; seed <= seeds; seed++) {
        if (how.equals("cuts")) {
          new CutRun(seed, STEPS, CutRun.small(seed), UnaryOperator.identity()).run(times);
        } else {
          FaultRun run = new FaultRun(seed, STEPS);
          boolean happened = true;
          for (int allocation = 0; happened && allocation < times; allocation++) {
            happened = failAllocation(run, allocation);
          }
        }
      }
      return null;
    } catch (AssertionError found) {
      return found.getMessage();
    }
  }

  /** An error that nobody caught is not the bug that was built in. */
  private static boolean failAllocation(FaultRun run, int allocation) {
    try {
      return run.failAllocation(allocation);
    } catch (AssertionError e) {
      if (e.getCause() instanceof OutOfMemoryError) {
        return true;
      }
      throw e;
    }
  }
}

package dev.whippet.broker.simulation;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.internal.log.engine.Durability;
import java.util.function.UnaryOperator;

/** The simulator as {@link SeededCode} calls it in another class loader: strings and numbers. */
public final class SeededRun {
  private static final int STEPS = 60;

  private SeededRun() {}

  /**
   * Cuts until something is found.
   *
   * @param seeds 1 to this many
   * @param cutsMax of each seed
   * @return what was found, or null
   */
  public static String cut(int seeds, int cutsMax) {
    return cut(seeds, cutsMax, Durability.POWER);
  }

  /** The same where messages are synced late. */
  public static String cutLate(int seeds, int cutsMax) {
    return cut(seeds, cutsMax, Durability.INTERVAL);
  }

  private static String cut(int seeds, int cutsMax, Durability level) {
    try {
      for (long seed = 1; seed <= seeds; seed++) {
        new CutRun(seed, STEPS, CutRun.small(seed), UnaryOperator.identity())
            .withTopics(level)
            .run(cutsMax);
      }
      return null;
    } catch (AssertionError found) {
      return found.getMessage();
    }
  }

  /** Fills the disk for a while, until something is found; else null. */
  public static String fill(int seeds, int rounds) throws BrokerException {
    try {
      for (long seed = 1; seed <= seeds; seed++) {
        FaultRun run = new FaultRun(seed, STEPS);
        for (int round = 0; round < rounds; round++) {
          run.fillUp(round);
        }
      }
      return null;
    } catch (AssertionError found) {
      return found.getMessage();
    }
  }
}

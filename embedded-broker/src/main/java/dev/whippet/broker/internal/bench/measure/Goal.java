package dev.whippet.broker.internal.bench.measure;

/**
 * A promise about a ratio of one metric: {@code p50<=1.05} or {@code rate>=2}.
 *
 * <p>Met when the whole interval keeps it, missed when none of the interval does, else undecided.
 */
public record Goal(String metric, boolean atMost, double bound) {

  /** What an interval says about a goal. */
  public enum Verdict {
    MET,
    MISSED,
    UNDECIDED
  }

  /** Reads {@code METRIC<=NUMBER} or {@code METRIC>=NUMBER}. */
  public static Goal parse(String text) {
    boolean atMost = text.contains("<=");
    int at = atMost ? text.indexOf("<=") : text.indexOf(">=");
    try {
      if (at > 0) {
        double bound = Double.parseDouble(text.substring(at + 2).strip());
        return new Goal(text.substring(0, at).strip(), atMost, bound);
      }
    } catch (NumberFormatException e) {
      // Answered below, as any other text that is no goal
    }
    throw new IllegalArgumentException(text + " is not a goal such as p50<=1.05 or rate>=2");
  }

  /** Judges {@code interval}. */
  public Verdict verdict(Medians.Interval interval) {
    boolean lowKeeps = keeps(interval.low());
    boolean highKeeps = keeps(interval.high());
    if (lowKeeps && highKeeps) {
      return Verdict.MET;
    }
    return lowKeeps || highKeeps ? Verdict.UNDECIDED : Verdict.MISSED;
  }

  private boolean keeps(double ratio) {
    return atMost ? ratio <= bound : ratio >= bound;
  }

  @Override
  public String toString() {
    return metric + (atMost ? " <= " : " >= ") + bound;
  }
}

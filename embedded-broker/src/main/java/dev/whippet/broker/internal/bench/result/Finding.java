package dev.whippet.broker.internal.bench.result;

import dev.whippet.broker.internal.bench.measure.Medians;
import java.util.Locale;

/**
 * One measure against its goal.
 *
 * @param goal the bound, in {@code unit}; NaN where there is none
 * @param atMost whether the goal is met at or below it, else at or above
 * @param detail what the value was made of, or its interval
 */
public record Finding(
    String name, double value, double goal, boolean atMost, String unit, String detail) {

  /** The median of paired ratios, with its interval and both medians. */
  public static Finding ratio(
      String name, double[] of, double[] to, double goal, boolean atMost, String unit) {
    Medians.Interval ratio = Medians.ratio(of, to);
    String detail =
        String.format(
            Locale.ROOT,
            "(%.2f to %.2f): %.3f / %.3f %s",
            ratio.low(),
            ratio.high(),
            Medians.median(of),
            Medians.median(to),
            unit);
    return new Finding(name, ratio.median(), goal, atMost, "x", detail);
  }

  /** Whether there is a bound. */
  public boolean hasGoal() {
    return !Double.isNaN(goal);
  }

  /** Whether the value keeps its bound. */
  public boolean isMet() {
    return !hasGoal() || (atMost ? value <= goal : value >= goal);
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%-52s %10.2f %-10s %-17s %-6s %s",
        name,
        value,
        unit,
        hasGoal() ? bound() : "",
        hasGoal() ? isMet() ? "met" : "MISSED" : "",
        detail);
  }

  private String bound() {
    String number = goal % 1 == 0 ? Long.toString((long) goal) : Double.toString(goal);
    return "goal " + (atMost ? "<= " : ">= ") + number;
  }
}

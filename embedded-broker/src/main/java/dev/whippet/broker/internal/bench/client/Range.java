package dev.whippet.broker.internal.bench.client;

import java.util.Random;

/** A count or a size: fixed ({@code 1000}) or drawn evenly from a range ({@code 100..1000}). */
public record Range(int min, int max) {

  private static final String DOTS = "..";

  /** Refuses what is empty or not positive. */
  public Range {
    if (min < 1 || max < min) {
      throw new IllegalArgumentException(min + DOTS + max + " is not a range of positive numbers");
    }
  }

  /** Reads {@code N} or {@code MIN..MAX}. */
  public static Range parse(String text) {
    int dots = text.indexOf(DOTS);
    try {
      if (dots < 0) {
        int fixed = Integer.parseInt(text.strip());
        return new Range(fixed, fixed);
      }
      return new Range(
          Integer.parseInt(text.substring(0, dots).strip()),
          Integer.parseInt(text.substring(dots + DOTS.length()).strip()));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          text + " is neither a number nor a range such as 100..1000");
    }
  }

  /** One value. */
  public static Range of(int fixed) {
    return new Range(fixed, fixed);
  }

  /** True when there is nothing to draw. */
  public boolean isFixed() {
    return min == max;
  }

  int draw(Random random) {
    return isFixed() ? min : min + random.nextInt(max - min + 1);
  }

  @Override
  public String toString() {
    return isFixed() ? Integer.toString(min) : min + DOTS + max;
  }
}

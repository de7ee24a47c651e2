package dev.whippet.broker.internal.bench.measure;

import java.util.Arrays;

/**
 * The median of paired ratios and its 95 % interval, from ranks: whatever the distribution, the
 * true median lies between the k-th smallest and the k-th largest of n values with a probability
 * that the binomial distribution gives (the sign test turned round). Below six pairs no two ranks
 * reach 95 %, so the interval is unbounded.
 */
public final class Medians {

  private static final double OUTSIDE_MAX = 0.05;

  private Medians() {}

  /** Between what bounds the median lies; {@code low} may be 0, {@code high} infinite. */
  public record Interval(double median, double low, double high) {}

  /** Middle value, or the mean of the two in the middle. */
  public static double median(double... values) {
    if (values.length == 0) {
      throw new IllegalArgumentException("no values");
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The ratio {@code of[i] / to[i]}, one pair per round. */
  public static Interval ratio(double[] of, double[] to) {
    if (of.length != to.length) {
      throw new IllegalArgumentException(of.length + " values against " + to.length);
    }
    double[] ratios = new double[of.length];
    for (int i = 0; i < of.length; i++) {
      ratios[i] = of[i] / to[i];
    }
    Arrays.sort(ratios);
    int rank = rank(ratios.length);
    double low = rank == 0 ? 0 : ratios[rank - 1];
    double high = rank == 0 ? Double.POSITIVE_INFINITY : ratios[ratios.length - rank];
    return new Interval(median(ratios), low, high);
  }

  /** Largest k so that both tails beyond the k-th ranks together hold at most 5 %; 0 = none. */
  static int rank(int count) {
    double tail = 0;
    double term = Math.pow(0.5, count);
    int rank = 0;
    for (int i = 0; i < count / 2; i++) {
      tail += term;
      if (2 * tail > OUTSIDE_MAX) {
        break;
      }
      rank = i + 1;
      term = term * (count - i) / (i + 1);
    }
    return rank;
  }
}

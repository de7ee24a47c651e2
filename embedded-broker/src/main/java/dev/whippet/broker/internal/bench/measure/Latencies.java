package dev.whippet.broker.internal.bench.measure;

import java.util.Collection;
import org.HdrHistogram.Histogram;

/**
 * Latencies of one actor, or of several merged: merged percentiles are those of all requests
 * together, not averages of the actors' percentiles. Three significant digits, nanoseconds. Written
 * by one thread, read when that thread is done.
 */
public final class Latencies {

  private static final int DIGITS = 3;
  private static final double MILLI = 1e6;

  private final Histogram histogram = new Histogram(DIGITS);

  /** All values of {@code parts}. */
  public static Latencies merged(Collection<Latencies> parts) {
    Latencies all = new Latencies();
    for (Latencies part : parts) {
      all.histogram.add(part.histogram);
    }
    return all;
  }

  /** Adds one; a negative one (clocks of two machines) counts as 0. */
  public void record(long nanos) {
    histogram.recordValue(Math.max(0, nanos));
  }

  /** How many there are. */
  public long count() {
    return histogram.getTotalCount();
  }

  /** Milliseconds that {@code percentile} percent do not exceed; 0 when there are none. */
  public double percentileMillis(double percentile) {
    return count() == 0 ? 0 : histogram.getValueAtPercentile(percentile) / MILLI;
  }

  /** Arithmetic mean. */
  public double averageMillis() {
    return count() == 0 ? 0 : histogram.getMean() / MILLI;
  }

  /** The shortest. */
  public double minMillis() {
    return count() == 0 ? 0 : histogram.getMinValue() / MILLI;
  }

  /** The longest. */
  public double maxMillis() {
    return count() == 0 ? 0 : histogram.getMaxValue() / MILLI;
  }

  /** Standard deviation. */
  public double deviationMillis() {
    return count() == 0 ? 0 : histogram.getStdDeviation() / MILLI;
  }

  /** For writers of percentile files. */
  public Histogram histogram() {
    return histogram;
  }
}

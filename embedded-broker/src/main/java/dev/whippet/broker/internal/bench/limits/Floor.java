package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.bench.measure.Latencies;
import java.util.Locale;

/**
 * What one operation costs at least.
 *
 * @param bytes moved by each; 0 = only its time is of interest
 */
public record Floor(String name, double p50Nanos, double p99Nanos, long bytes) {

  static Floor of(String name, Latencies latencies, long bytes) {
    double p50 = latencies.percentileMillis(50) * 1e6;
    return new Floor(name, p50, latencies.percentileMillis(99) * 1e6, bytes);
  }

  /** Rate of the median. */
  public double gigabytesPerSecond() {
    return p50Nanos == 0 ? 0 : bytes / p50Nanos;
  }

  @Override
  public String toString() {
    String rate = bytes == 0 ? "" : String.format(Locale.ROOT, "%10.2f GB/s", gigabytesPerSecond());
    return String.format(
        Locale.ROOT, "%-34s %12.0f %12.0f ns/op%s", name, p50Nanos, p99Nanos, rate);
  }
}

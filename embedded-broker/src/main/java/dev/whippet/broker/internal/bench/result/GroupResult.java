package dev.whippet.broker.internal.bench.result;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Timeline;

/**
 * What the actors of one kind did together.
 *
 * @param seconds from the common start to the end of the last
 */
public record GroupResult(
    String name,
    Latencies latencies,
    Timeline timeline,
    long messages,
    long bytes,
    double seconds) {

  /** Payload, in units of a million bytes. */
  public double megabytesPerSecond() {
    return seconds == 0 ? 0 : bytes / 1e6 / seconds;
  }

  /** Messages. */
  public double messagesPerSecond() {
    return seconds == 0 ? 0 : messages / seconds;
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Replies;

/**
 * What the server of one connection allows: the answer to hello, or nothing but stock commands.
 * Immutable.
 */
final class Grant {
  /** Ours: more would only fill memory. */
  private static final int PUBLISHES_MAX = 64;

  private static final long PUBLISH_BYTES_MAX = 8L << 20;

  /** Null for a stock server. */
  final byte[] brokerId;

  final long requestBytesMax;
  final int publishesMax;
  final long publishBytesMax;
  final long pingIntervalMillis;

  private Grant(
      byte[] brokerId,
      long requestBytesMax,
      int publishesMax,
      long publishBytesMax,
      long pingIntervalMillis) {
    this.brokerId = brokerId;
    this.requestBytesMax = requestBytesMax;
    this.publishesMax = publishesMax;
    this.publishBytesMax = publishBytesMax;
    this.pingIntervalMillis = pingIntervalMillis;
  }

  /** A server that does not know the extension: one batch at a time. */
  static Grant stock() {
    return new Grant(null, Limits.BATCH_PAYLOAD_BYTES_MAX, 1, Limits.BATCH_PAYLOAD_BYTES_MAX, 0);
  }

  static Grant of(Replies.Hello hello) {
    if ((hello.features & Limits.FEATURE_PUBLISH) == 0) {
      return stock();
    }
    return new Grant(
        hello.brokerId,
        hello.requestBytesMax,
        (int) Math.max(1, Math.min(PUBLISHES_MAX, hello.publishesInFlightMax)),
        Math.min(PUBLISH_BYTES_MAX, hello.publishBytesInFlightMax),
        hello.pingIntervalMillis);
  }

  boolean isStock() {
    return brokerId == null;
  }
}

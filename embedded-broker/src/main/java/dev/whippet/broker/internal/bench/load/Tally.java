package dev.whippet.broker.internal.bench.load;

/** What one request did; overwritten by the next. Owned by the actor's thread. */
final class Tally {

  static final long ROUND_TRIP = -1;

  /** Messages stored or read; 0 = an empty poll, which is not counted. */
  int messages;

  /** Payload bytes of these messages. */
  long bytes;

  /** Its latency where that is not the round trip, else {@link #ROUND_TRIP}. */
  long latencyNanos = ROUND_TRIP;
}

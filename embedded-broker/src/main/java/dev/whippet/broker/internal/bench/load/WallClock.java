package dev.whippet.broker.internal.bench.load;

import java.time.Instant;

/** Microseconds since 1970, for timestamps inside messages. */
final class WallClock {
  private WallClock() {}

  static long micros() {
    Instant now = Instant.now();
    return now.getEpochSecond() * 1_000_000 + now.getNano() / 1000;
  }
}

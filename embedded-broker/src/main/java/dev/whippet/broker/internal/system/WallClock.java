package dev.whippet.broker.internal.system;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The one place that asks the system for the time of day. Any thread. */
public final class WallClock {

  private WallClock() {}

  /** Microseconds since the Unix epoch. */
  public static long micros() {
    return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
  }
}

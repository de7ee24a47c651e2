package dev.whippet.broker.internal.bench.measure;

import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * When each request of an actor is meant to be sent. With a rate, request {@code i} is meant for
 * {@code start + i * interval}, however long the earlier ones took: latency counted from there
 * contains the time a request waited behind a slow one (no coordinated omission). Without a rate it
 * is meant for the moment it is sent.
 *
 * <p>One thread.
 */
public final class Pace {

  /** Below this a wait spins, since parking is that inexact. */
  private static final long SPIN_NANOS = 60_000;

  private final long intervalNanos;
  private final LongSupplier clock;
  private final LongConsumer park;
  private long startNanos;

  Pace(long intervalNanos, LongSupplier clock, LongConsumer park) {
    if (intervalNanos < 0) {
      throw new IllegalArgumentException("intervalNanos < 0: " + intervalNanos);
    }
    this.intervalNanos = intervalNanos;
    this.clock = clock;
    this.park = park;
  }

  /**
   * A schedule on the system's clock.
   *
   * @param perSecond requests a second; 0 = as fast as replies come
   */
  public static Pace perSecond(double perSecond) {
    long interval = perSecond <= 0 ? 0 : Math.max(1, Math.round(1e9 / perSecond));
    return new Pace(interval, System::nanoTime, Pace::park);
  }

  /** Sets the time of request 0. */
  public void start(long startNanos) {
    this.startNanos = startNanos;
  }

  /** Waits until request {@code index} is due, not at all when late; the time it was meant for. */
  public long await(long index) {
    if (intervalNanos == 0) {
      return clock.getAsLong();
    }
    long intended = startNanos + index * intervalNanos;
    long wait = intended - clock.getAsLong();
    while (wait > 0) {
      park.accept(wait);
      wait = intended - clock.getAsLong();
    }
    return intended;
  }

  private static void park(long nanos) {
    if (nanos > SPIN_NANOS) {
      LockSupport.parkNanos(nanos - SPIN_NANOS);
    } else {
      Thread.onSpinWait();
    }
  }
}

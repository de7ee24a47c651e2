package dev.whippet.internal.session;

import java.util.Random;

/**
 * How long to wait before the next attempt: "full jitter". The limit starts at {@code firstMillis}
 * and doubles with every failure up to {@code maxMillis}; the delay is uniform between 0 and the
 * limit, so that a thousand clients of a restarted broker come back spread out. It never gives up,
 * and starts over only when told that a connection proved itself. With several endpoints a round
 * over all of them counts as one failure. Owned by the net thread.
 */
final class Backoff {
  private final long firstMillis;
  private final long maxMillis;
  private final Random random;
  private final int round;
  private int failures;

  Backoff(long firstMillis, long maxMillis, Random random) {
    this(firstMillis, maxMillis, random, 1);
  }

  /** {@code round}: so many attempts go to different places. */
  Backoff(long firstMillis, long maxMillis, Random random, int round) {
    if (firstMillis < 1 || maxMillis < firstMillis) {
      throw new IllegalArgumentException("backoff: " + firstMillis + " to " + maxMillis + " ms");
    }
    this.firstMillis = firstMillis;
    this.maxMillis = maxMillis;
    this.random = random;
    this.round = round;
  }

  /** Counts a failure and draws the delay after it, 0 to the limit inclusive. */
  long nextDelayMillis() {
    long limit = limitMillis(failures / round);
    failures = failures == Integer.MAX_VALUE ? failures : failures + 1;
    return (long) (random.nextDouble() * (limit + 1));
  }

  /** A slow pause that does not grow: half of the greatest limit to the whole of it. */
  long parkMillis() {
    return maxMillis / 2 + (long) (random.nextDouble() * (maxMillis - maxMillis / 2 + 1));
  }

  /** Failures since the last {@link #reset}. */
  int failures() {
    return failures;
  }

  void reset() {
    failures = 0;
  }

  private long limitMillis(int doublings) {
    // 2^40 ms is 34 years: no overflow for any first value of up to a day.
    long limit = firstMillis << Math.min(doublings, 35);
    return limit <= 0 || limit > maxMillis ? maxMillis : limit;
  }
}

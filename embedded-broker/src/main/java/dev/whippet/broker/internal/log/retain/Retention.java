package dev.whippet.broker.internal.log.retain;

import dev.whippet.broker.internal.log.space.DiskBudget;

/**
 * How long the messages of one partition stay, as its topic says; the bounds of the whole data
 * directory come on top.
 *
 * @param expiryMicros a sealed segment whose newest message is this old goes; {@link #NEVER}
 * @param topic bytes of records of all partitions of the topic; above it its oldest sealed segment
 *     goes
 */
public record Retention(long expiryMicros, DiskBudget topic) {

  /** No age limit. */
  public static final long NEVER = Long.MAX_VALUE;

  public Retention {
    if (expiryMicros < 1) {
      throw new IllegalArgumentException("expiryMicros < 1: " + expiryMicros);
    }
  }

  /** Everything stays, as far as the topic is concerned; for one partition. */
  public static Retention unlimited() {
    return new Retention(NEVER, new DiskBudget(DiskBudget.UNLIMITED));
  }

  /** True when a message of that time has outlived the topic's expiry. */
  public boolean isExpired(long timestampMicros, long nowMicros) {
    return nowMicros - timestampMicros >= expiryMicros;
  }
}

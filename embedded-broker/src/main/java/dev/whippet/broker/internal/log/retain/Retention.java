package dev.whippet.broker.internal.log.retain;

import dev.whippet.broker.internal.log.space.DiskBudget;

/**
 * How long the messages of a topic stay; its partitions share one. The bounds of the whole data
 * directory come on top. Changes while it is in use when the topic is updated; any thread.
 */
public final class Retention {

  /** No age limit. */
  public static final long NEVER = Long.MAX_VALUE;

  private final DiskBudget topic;
  private volatile long expiryMicros;

  /**
   * @param expiryMicros a sealed segment whose newest message is this old goes; {@link #NEVER}
   * @param topic bytes of records of all partitions of the topic; above it its oldest sealed
   *     segment goes
   */
  public Retention(long expiryMicros, DiskBudget topic) {
    this.topic = topic;
    this.expiryMicros = checked(expiryMicros);
  }

  /** Everything stays, as far as the topic is concerned; for one partition. */
  public static Retention unlimited() {
    return new Retention(NEVER, new DiskBudget(DiskBudget.UNLIMITED));
  }

  /** The topic was updated: other bounds, from now on. */
  public void change(long newExpiryMicros, long topicBytesMax) {
    expiryMicros = checked(newExpiryMicros);
    topic.limit(topicBytesMax);
  }

  /** What the topic's partitions take up, and may. */
  public DiskBudget topic() {
    return topic;
  }

  /** True when a message of that time has outlived the topic's expiry. */
  public boolean isExpired(long timestampMicros, long nowMicros) {
    return nowMicros - timestampMicros >= expiryMicros;
  }

  private static long checked(long expiryMicros) {
    if (expiryMicros < 1) {
      throw new IllegalArgumentException("expiryMicros < 1: " + expiryMicros);
    }
    return expiryMicros;
  }
}

package dev.whippet;

import dev.whippet.internal.check.Check;
import dev.whippet.internal.outbox.OutboxConfig;
import java.util.concurrent.TimeUnit;

/**
 * What {@link WhippetClient#send} does when the outbox has reached one of its bounds. The default
 * is {@link #reject()}: a caller that must not wait never waits. Immutable.
 */
public final class OverflowPolicy {
  private static final OverflowPolicy REJECT = new OverflowPolicy("reject", 0);
  private static final OverflowPolicy DROP_OLDEST = new OverflowPolicy("dropOldest", 0);
  private static final OverflowPolicy DROP_NEWEST = new OverflowPolicy("dropNewest", 0);

  private final String name;
  private final long timeoutMillis;

  private OverflowPolicy(String name, long timeoutMillis) {
    this.name = name;
    this.timeoutMillis = timeoutMillis;
  }

  /**
   * The send fails at once with {@link WhippetException.Code#OUTBOX_FULL}; nothing is stored.
   *
   * @return the policy
   */
  public static OverflowPolicy reject() {
    return REJECT;
  }

  /**
   * The send waits for room, at most so long, then fails as {@link #reject()} does.
   *
   * @param timeout 1 ms to 1 day
   * @param unit of the timeout
   * @return the policy
   */
  public static OverflowPolicy block(long timeout, TimeUnit unit) {
    long millis = Check.notNull("unit", unit).toMillis(timeout);
    Check.range("block timeout in milliseconds", millis, 1, TimeUnit.DAYS.toMillis(1));
    return new OverflowPolicy("block(" + millis + " ms)", millis);
  }

  /**
   * The send takes the message, and the oldest messages of the least urgent lane that has any are
   * dropped, with a {@link Gap}; never those of a lane more urgent than the message's: then it is
   * the message that is dropped. What may have been sent is dropped as {@link
   * Gap.Kind#UNKNOWN_OUTCOME}. When the device's disk can't keep up, so that memory is full, the
   * message at hand is dropped.
   *
   * @return the policy
   */
  public static OverflowPolicy dropOldest() {
    return DROP_OLDEST;
  }

  /**
   * The message at hand is dropped, with a {@link Gap}; its receipt says so.
   *
   * @return the policy
   */
  public static OverflowPolicy dropNewest() {
    return DROP_NEWEST;
  }

  void applyTo(OutboxConfig.Builder config) {
    if (timeoutMillis > 0) {
      config.block(timeoutMillis, TimeUnit.MILLISECONDS);
    } else if (this == DROP_OLDEST) {
      config.dropOldest();
    } else if (this == DROP_NEWEST) {
      config.dropNewest();
    }
  }

  @Override
  public String toString() {
    return name;
  }
}

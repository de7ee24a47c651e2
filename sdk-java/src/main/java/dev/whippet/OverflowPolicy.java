package dev.whippet;

import dev.whippet.internal.check.Check;
import java.util.concurrent.TimeUnit;

/**
 * What {@link WhippetClient#send} does when the outbox has reached one of its bounds. The default
 * is {@link #reject()}: a caller that must not wait never waits. Immutable.
 */
public final class OverflowPolicy {
  private static final OverflowPolicy REJECT = new OverflowPolicy(0);

  private final long timeoutMillis;

  private OverflowPolicy(long timeoutMillis) {
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
    return new OverflowPolicy(millis);
  }

  /** How long a send may wait; 0 = not at all. */
  long timeoutMillis() {
    return timeoutMillis;
  }

  @Override
  public String toString() {
    return timeoutMillis == 0 ? "reject" : "block(" + timeoutMillis + " ms)";
  }
}

package dev.whippet.broker.internal.log.space;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Bytes in use against a bound, shared by partitions of several loops. Going beyond is possible:
 * retention brings it back. Any thread.
 */
public final class DiskBudget {

  /** {@link #bytesMax} of a budget without a bound. */
  public static final long UNLIMITED = Long.MAX_VALUE;

  private volatile long bytesMax;
  private final AtomicLong bytes = new AtomicLong();

  public DiskBudget(long bytesMax) {
    limit(bytesMax);
  }

  /** Another bound, from now on. */
  public void limit(long newBytesMax) {
    if (newBytesMax < 1) {
      throw new IllegalArgumentException("bytesMax < 1: " + newBytesMax);
    }
    bytesMax = newBytesMax;
  }

  public long bytesMax() {
    return bytesMax;
  }

  public long bytes() {
    return bytes.get();
  }

  /** A negative {@code delta} gives back. */
  public void add(long delta) {
    bytes.addAndGet(delta);
  }

  /** What must go; 0 or less when nothing must. */
  public long excess() {
    return bytes.get() - bytesMax;
  }
}

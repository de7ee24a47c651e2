package dev.whippet.broker.internal.system;

import java.util.concurrent.TimeUnit;

/**
 * Keeps a line of the log that peers can cause from filling it: {@link #LINES_MAX} of a kind a
 * minute; the first one after that says how many were left out. Any thread; guarded by {@code
 * this}.
 */
public final class LineLimit {
  /** Lines of one kind a minute. */
  public static final int LINES_MAX = 10;

  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private long since;
  private int lines;
  private long leftOut;

  /**
   * May this line be written?
   *
   * @param now nanoseconds of a clock that only goes forward
   * @return what to put at its end, mostly nothing; {@code null} when it is to be left out
   */
  public synchronized String next(long now) {
    if (lines == 0 || now - since >= MINUTE_NANOS) {
      since = now;
      lines = 0;
    }
    if (lines == LINES_MAX) {
      leftOut++;
      return null;
    }
    lines++;
    String end = leftOut == 0 ? "" : " (" + leftOut + " more like it were left out)";
    leftOut = 0;
    return end;
  }
}

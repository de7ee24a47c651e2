package dev.whippet.broker.internal.bench.measure;

import java.util.Arrays;
import java.util.Collection;

/**
 * Bytes and messages over time, in steps of {@link #STEP_MILLIS}. Written by one thread, read when
 * that thread is done. Holds {@link #STEPS_MAX} steps; what comes later counts for the last.
 */
public final class Timeline {

  /** Width of one step. */
  public static final int STEP_MILLIS = 100;

  private static final int STEPS_MAX = 36_000;
  private static final int STEPS_INITIAL = 64;

  private long[] bytes = new long[STEPS_INITIAL];
  private long[] messages = new long[STEPS_INITIAL];
  private int steps;

  /** The sum of {@code parts}. */
  public static Timeline merged(Collection<Timeline> parts) {
    Timeline all = new Timeline();
    for (Timeline part : parts) {
      for (int i = 0; i < part.steps; i++) {
        all.addAt(i, part.bytes[i], part.messages[i]);
      }
    }
    return all;
  }

  /** Adds what was done at {@code nanos} after the start. */
  public void add(long nanos, long byteCount, long messageCount) {
    long step = Math.max(0, nanos) / (STEP_MILLIS * 1_000_000L);
    addAt((int) Math.min(step, STEPS_MAX - 1), byteCount, messageCount);
  }

  /** Steps until the last one with something in it. */
  public int steps() {
    return steps;
  }

  /** Rate in one step. */
  public double megabytesPerSecond(int step) {
    return bytes[step] / 1e6 / (STEP_MILLIS / 1e3);
  }

  /** Rate in one step. */
  public double messagesPerSecond(int step) {
    return messages[step] / (STEP_MILLIS / 1e3);
  }

  private void addAt(int step, long byteCount, long messageCount) {
    if (step >= bytes.length) {
      int length = Math.min(STEPS_MAX, Math.max(step + 1, bytes.length * 2));
      bytes = Arrays.copyOf(bytes, length);
      messages = Arrays.copyOf(messages, length);
    }
    bytes[step] += byteCount;
    messages[step] += messageCount;
    steps = Math.max(steps, step + 1);
  }
}

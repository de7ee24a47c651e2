package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * Where a poll starts (iggy-classic.md 4.3, 6.5): {@code u8} kind, {@code u64} value.
 *
 * <pre>
 * 1 offset | 2 timestamp (us) | 3 first | 4 last | 5 next after the stored offset
 * </pre>
 *
 * <p>Immutable; any thread.
 */
public final class PollStrategy {
  static final int BYTES = 9;
  private static final PollStrategy FIRST = new PollStrategy(3, 0);
  private static final PollStrategy LAST = new PollStrategy(4, 0);
  private static final PollStrategy NEXT = new PollStrategy(5, 0);

  private final int kind;
  private final long value;

  private PollStrategy(int kind, long value) {
    this.kind = kind;
    this.value = value;
  }

  public static PollStrategy offset(long offset) {
    return new PollStrategy(1, offset);
  }

  public static PollStrategy timestampMicros(long timestampMicros) {
    return new PollStrategy(2, timestampMicros);
  }

  public static PollStrategy first() {
    return FIRST;
  }

  /** The last messages of the partition, in ascending order. */
  public static PollStrategy last() {
    return LAST;
  }

  public static PollStrategy next() {
    return NEXT;
  }

  void writeTo(Buffer out) {
    out.writeByte(kind).writeLongLe(value);
  }
}

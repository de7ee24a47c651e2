package dev.whippet.internal.session;

import dev.whippet.internal.outbox.Outbox;
import java.util.ArrayDeque;

/**
 * Records between the acknowledged cursor and the reading one, as spans in sequence order. A span
 * is done when it is durable at the far side; the cursor moves over done spans from the front only.
 * Owned by the net thread. At most {@link #RECORDS_MAX} records.
 */
final class Spans {
  /** Also how far behind the cursor records may have been sent after a crash. */
  static final int RECORDS_MAX = 65_536;

  private final ArrayDeque<Span> spans = new ArrayDeque<>();
  private int publishes;
  private long bytes;
  private long records;

  /** A run of records. */
  static final class Span {
    final long last;
    final int records;
    final int bytes;
    final boolean once;
    boolean done;

    /** Asks the outbox whether its records are dropped; 0: they are not. */
    long dropOrdinal;

    Span(long last, int records, int bytes, boolean once) {
      this.last = last;
      this.records = records;
      this.bytes = bytes;
      this.once = once;
    }
  }

  /** Records that are sent now. */
  Span sent(long last, int count, int byteCount, boolean once) {
    Span span = new Span(last, count, byteCount, once);
    spans.add(span);
    publishes++;
    records += count;
    bytes += byteCount;
    return span;
  }

  /** A record that need not be sent. */
  void known(long sequence) {
    Span tail = spans.peekLast();
    if (tail != null && tail.done && tail.once && tail.records == 0 && tail.dropOrdinal == 0) {
      spans.pollLast();
    }
    Span span = new Span(sequence, 0, 0, true);
    span.done = true;
    spans.add(span);
  }

  /** Records that are too old; they may be passed when the outbox says so. */
  void dropped(long last, long ordinal) {
    Span span = new Span(last, 0, 0, true);
    span.dropOrdinal = ordinal;
    spans.add(span);
  }

  /** Whether dropped records at the front may be passed now. */
  boolean mayPassDropped(Outbox outbox) {
    boolean any = false;
    for (Span span : spans) {
      if (span.dropOrdinal != 0 && !span.done && outbox.isDropped(span.dropOrdinal)) {
        span.done = true;
        any = true;
      } else if (!span.done) {
        break;
      }
    }
    return any;
  }

  /** The reply of a sent span is there. */
  void replied(Span span) {
    publishes--;
    records -= span.records;
    bytes -= span.bytes;
  }

  /** The next span that the cursor may move over; null if there is none. */
  Span pollDone() {
    Span head = spans.peek();
    return head != null && head.done ? spans.poll() : null;
  }

  int publishes() {
    return publishes;
  }

  long bytes() {
    return bytes;
  }

  long records() {
    return records;
  }

  boolean isEmpty() {
    return spans.isEmpty();
  }

  /** Everything is read again; replies that are still to come go on being counted. */
  void forget() {
    spans.clear();
  }

  /** The link is gone, with all replies. */
  void lost() {
    spans.clear();
    publishes = 0;
    bytes = 0;
    records = 0;
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;

/**
 * A loss (promise G): which sequences of which channel, how many, why, when, and where.
 *
 * <p>What the outbox <em>finds</em> (damage) is told when it is met, and again after a restart
 * until it was acknowledged past. Sequences that were never used are not counted; a range may
 * contain some only if the bytes that would tell are damaged too, so that {@link #count} is the
 * largest possible number.
 *
 * <p>What is <em>dropped</em> on purpose is exact. It is a fact on the disk before the cursor moves
 * and before it is told; after a crash it may be told once more, with the same range.
 *
 * <pre>
 * as a fact: kind 5; sequence = first; route = reason; payload:
 *   0 u64 last sequence   8 u64 count   16 u64 bytes   24 u64 time, ms   32 u64 serial of a kept
 *                                                                        segment, or 0
 * </pre>
 */
public final class GapReport {
  static final int RECORD_BYTES = Format.RECORD_BYTES + 40;

  /** Why records are missing. The codes are on the disk. */
  public enum Reason {
    /** Bytes that were on stable storage are damaged or unreadable. */
    DAMAGED(1),
    /**
     * The last commit before a crash is incomplete. Its records had no receipt "stored", unless the
     * storage itself lost synced bytes.
     */
    TORN_TAIL(2),
    /** A segment that later segments refer to is not there. */
    SEGMENT_MISSING(3),
    /** A file can't be read; it is left untouched beside the others. */
    UNREADABLE(4),
    /**
     * Both copies of the identity are damaged: the outbox has a new producer id. No record is lost
     * by that, but what was sent and not acknowledged has an unknown outcome.
     */
    IDENTITY_LOST(5),
    /** Nobody has the key of the segment; its file is kept. */
    KEY_MISSING(6),
    /** Dropped, stored, to make room; not sent. */
    OVERFLOW(7),
    /** Dropped before it was stored, because there was no room. */
    REFUSED(8),
    /** Dropped because it was too old; not sent. */
    EXPIRED(9),
    /** Dropped to make room or for its age, and may have been sent. */
    UNKNOWN_OUTCOME(10);

    private static final Reason[] ALL = values();

    final int code;

    Reason(int code) {
      this.code = code;
    }

    /** What the application decided to give up, by a bound or an age. */
    public boolean isDrop() {
      return code >= OVERFLOW.code;
    }

    private static Reason of(int code) {
      return code >= 1 && code <= ALL.length ? ALL[code - 1] : DAMAGED;
    }
  }

  private final Reason reason;
  private final long firstSequence;
  private final long lastSequence;
  private final String where;
  private long count;
  private long bytes;
  private long timeMillis;
  private long serial;

  GapReport(Reason reason, long firstSequence, long lastSequence, String where) {
    this.reason = reason;
    this.firstSequence = firstSequence;
    this.lastSequence = lastSequence;
    this.count = lastSequence - firstSequence + 1;
    this.where = where;
  }

  /** A drop. */
  static GapReport drop(Reason reason, long first, long last, long count, long bytes, long time) {
    GapReport drop = new GapReport(reason, first, last, "the outbox");
    drop.count = count;
    drop.bytes = bytes;
    drop.timeMillis = time;
    return drop;
  }

  /** This loss, of a segment whose file must be kept. */
  GapReport keeping(long serial, long count, long bytes, long time) {
    this.serial = serial;
    this.count = count;
    this.bytes = bytes;
    this.timeMillis = time;
    return this;
  }

  static GapReport of(byte[] record) {
    byte[] payload = Format.payload(record, 0);
    GapReport report =
        new GapReport(
            Reason.of(Format.i32(record, 32)),
            Format.sequence(record, 0),
            Format.i64(payload, 0),
            "the outbox");
    report.count = Format.i64(payload, 8);
    report.bytes = Format.i64(payload, 16);
    report.timeMillis = Format.i64(payload, 24);
    report.serial = Format.i64(payload, 32);
    return report;
  }

  /** As a fact, without ordinal and CRCs. */
  byte[] record() {
    byte[] payload = new byte[40];
    Format.put64(payload, 0, lastSequence);
    Format.put64(payload, 8, count);
    Format.put64(payload, 16, bytes);
    Format.put64(payload, 24, timeMillis);
    Format.put64(payload, 32, serial);
    return Format.fact(Format.GAP, reason.code, 0, firstSequence, Entry.EMPTY, payload);
  }

  boolean continuesWith(GapReport next) {
    return reason == next.reason
        && serial == 0
        && next.serial == 0
        && lastSequence + 1 == next.firstSequence
        && Channel.of(lastSequence) == Channel.of(next.firstSequence);
  }

  GapReport and(GapReport next) {
    return drop(
        reason,
        firstSequence,
        next.lastSequence,
        count + next.count,
        bytes + next.bytes,
        next.timeMillis);
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }

  /** The first missing sequence. */
  public long firstSequence() {
    return firstSequence;
  }

  /** The last missing sequence; one less than the first when no message is missing. */
  public long lastSequence() {
    return lastSequence;
  }

  /** So many messages are missing; for damage, at most. */
  public long count() {
    return count;
  }

  /** Bytes that their records take on the disk; 0 if that is not known. */
  public long bytes() {
    return bytes;
  }

  /** When they were dropped, milliseconds since 1970; 0: now. */
  public long timeMillis() {
    return timeMillis;
  }

  /** The serial of a segment whose file must be kept; 0 if there is none. */
  long keptSerial() {
    return serial;
  }

  /** File and offset. */
  public String where() {
    return where;
  }

  @Override
  public String toString() {
    return reason + " " + firstSequence + ".." + lastSequence + " at " + where;
  }
}

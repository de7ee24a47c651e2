package dev.whippet.internal.outbox;

/**
 * A loss that the outbox found (promise G): which sequences, why, and where. Sequences that were
 * never used are not counted as lost; a range may contain some only if the bytes that would tell
 * are damaged too, so {@link #count} is the largest possible number. The same gap is reported again
 * after a restart until it was acknowledged past.
 */
public final class GapReport {
  /** Why records are missing. */
  public enum Reason {
    /** Bytes that were on stable storage are damaged or unreadable. */
    DAMAGED,
    /**
     * The last commit before a crash is incomplete. Its records had no receipt "stored", unless the
     * storage itself lost synced bytes.
     */
    TORN_TAIL,
    /** A segment that later segments refer to is not there. */
    SEGMENT_MISSING,
    /** A file can't be read; it is left untouched beside the others. */
    UNREADABLE,
    /**
     * Both copies of the identity are damaged: the outbox has a new producer id. No record is lost
     * by that, but what was sent and not acknowledged has an unknown outcome.
     */
    IDENTITY_LOST
  }

  private final Reason reason;
  private final long firstSequence;
  private final long lastSequence;
  private final String where;

  GapReport(Reason reason, long firstSequence, long lastSequence, String where) {
    this.reason = reason;
    this.firstSequence = firstSequence;
    this.lastSequence = lastSequence;
    this.where = where;
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

  /** At most so many messages are missing. */
  public long count() {
    return lastSequence - firstSequence + 1;
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

package dev.whippet;

/**
 * A range of records that can't be promised: dropped, damaged, or with an unknown outcome. Reported
 * once to {@link ClientEvents#gap}; nothing is ever lost without one. Immutable.
 */
public final class Gap {
  private final Kind kind;
  private final long firstSequence;
  private final long lastSequence;
  private final long messages;
  private final String reason;
  private final long timeMillis;

  Gap(
      Kind kind,
      long firstSequence,
      long lastSequence,
      long messages,
      String reason,
      long timeMillis) {
    this.kind = kind;
    this.firstSequence = firstSequence;
    this.lastSequence = lastSequence;
    this.messages = messages;
    this.reason = reason;
    this.timeMillis = timeMillis;
  }

  /** What happened to the records of a {@link Gap}. */
  public enum Kind {
    /** Dropped because the outbox was at its bound. */
    OVERFLOW,
    /** Dropped because they were too old. */
    EXPIRED,
    /** Could not be brought to stable storage; never had the receipt "stored". */
    NOT_STORED,
    /** Damaged on the device's disk. */
    CORRUPTED,
    /**
     * Sent again after the broker lost its memory of this producer: stored at least once, perhaps
     * twice.
     */
    UNKNOWN_OUTCOME,
    /** Acknowledged earlier, and no longer known to the broker: it lost its tail. */
    LOST_BY_BROKER
  }

  /**
   * What happened.
   *
   * @return never null
   */
  public Kind kind() {
    return kind;
  }

  /**
   * The first sequence of the range.
   *
   * @return at least 1
   */
  public long firstSequence() {
    return firstSequence;
  }

  /**
   * The last sequence of the range, inclusive. Not every sequence in between need be concerned; see
   * {@link #messages()}.
   *
   * @return at least {@link #firstSequence()}
   */
  public long lastSequence() {
    return lastSequence;
  }

  /**
   * How many messages are concerned.
   *
   * @return -1 if that can't be known
   */
  public long messages() {
    return messages;
  }

  /**
   * Where and why, for a human.
   *
   * @return never null
   */
  public String reason() {
    return reason;
  }

  /**
   * When it was noticed.
   *
   * @return milliseconds since 1970 by the device's clock
   */
  public long timeMillis() {
    return timeMillis;
  }

  @Override
  public String toString() {
    return "Gap{"
        + kind
        + ", "
        + firstSequence
        + " to "
        + lastSequence
        + ", "
        + messages
        + " messages: "
        + reason
        + "}";
  }
}

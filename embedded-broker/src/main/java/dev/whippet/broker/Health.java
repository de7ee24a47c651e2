package dev.whippet.broker;

import java.util.List;

/**
 * How a broker is, at one moment.
 *
 * @param status {@link Status#LIVE} when nothing is wrong
 * @param problems what is wrong, the gravest first; at most {@link #PROBLEMS_MAX}, unmodifiable
 * @param unlisted how many more there are
 * @param disk what messages take up, and what retention dropped
 */
public record Health(Status status, List<Problem> problems, int unlisted, Disk disk) {

  /** Problems listed. */
  public static final int PROBLEMS_MAX = 1_000;

  /** How well a broker does its work. */
  public enum Status {
    /** Everything is served and everything can be written. */
    LIVE,
    /** It serves what is sound; see {@link Health#problems()} for the rest. */
    DEGRADED
  }

  /** What sort of thing is wrong, which promise suffers, and what to do. */
  public enum Kind {
    /** The disk is full: messages are refused until there is room. */
    FULL(
        "every message is taken",
        "make room on the disk, or lower retention-size so that old messages go sooner"),
    /** Nothing can be written there until the next start. */
    READ_ONLY(
        "every message is taken",
        "look at the disk and at the log of the broker, then start it again"),
    /** A consumer missed messages that retention dropped. */
    MISSED(
        "nothing is lost in silence",
        "let the consumer go on behind the range or delete its offset; raise retention-size"),
    /** Producers were forgotten to make room for others. */
    FORGOTTEN(
        "what a producer resends is stored once",
        "send to more partitions: one remembers 10,000 producers, those heard last"),
    /** Something on disk was damaged, and left out or set aside. */
    DAMAGED(
        "what was acknowledged is kept",
        "keep the files, see what they hold with log verify and log dump, check the disk");

    private final String promise;
    private final String advice;

    Kind(String promise, String advice) {
      this.promise = promise;
      this.advice = advice;
    }

    /**
     * What is not kept there.
     *
     * @return some words
     */
    public String promise() {
      return promise;
    }

    /**
     * What to do.
     *
     * @return some words
     */
    public String advice() {
      return advice;
    }
  }

  /**
   * One thing that is wrong.
   *
   * @param kind the sort
   * @param what the part of the broker, such as {@code partition 3 of stream a, topic b}
   * @param reason what happened, where on disk, and what is lost
   * @param sinceMillis when it was seen first, in milliseconds since the epoch
   */
  public record Problem(Kind kind, String what, String reason, long sinceMillis) {
    /** Of now; who collects problems knows better. */
    Problem(Kind kind, String what, String reason) {
      this(kind, what, reason, System.currentTimeMillis());
    }

    /**
     * Whether nothing can be written there now.
     *
     * @return true when sends there are refused
     */
    public boolean readOnly() {
      return kind == Kind.FULL || kind == Kind.READ_ONLY;
    }

    Problem since(long millis) {
      return new Problem(kind, what, reason, millis);
    }
  }

  /**
   * The disk under the data directory.
   *
   * @param messageBytes what the segments of all topics take up
   * @param messageBytesMax above it the oldest segments go
   * @param freeBytes what is left of the disk; {@link Long#MAX_VALUE} when that can't be told
   * @param freeBytesMin what is kept free
   * @param full true while messages are refused for want of space
   * @param droppedMessages how many retention dropped since the start
   * @param dropped the ranges, one for each partition and reason, the newest last; at most 1,000,
   *     unmodifiable
   */
  public record Disk(
      long messageBytes,
      long messageBytesMax,
      long freeBytes,
      long freeBytesMin,
      boolean full,
      long droppedMessages,
      List<Dropped> dropped) {}

  /**
   * What went from one partition for one reason.
   *
   * @param what the partition
   * @param reason {@code message expiry}, {@code topic size}, {@code retention size} or {@code free
   *     space}
   * @param firstOffset of what went
   * @param lastOffset of what went; other reasons may have taken what lies between
   * @param messages how many
   * @param bytes of the files
   */
  public record Dropped(
      String what, String reason, long firstOffset, long lastOffset, long messages, long bytes) {}
}

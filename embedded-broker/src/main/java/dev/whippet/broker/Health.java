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

  /**
   * One thing that is wrong.
   *
   * @param what the part of the broker, such as {@code partition 3 of stream a, topic b}
   * @param readOnly true when nothing can be written there now
   * @param reason what happened, where on disk, and what is lost
   */
  public record Problem(String what, boolean readOnly, String reason) {}

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

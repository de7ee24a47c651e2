package dev.whippet.broker;

import java.util.List;

/**
 * How a broker is, at one moment.
 *
 * @param status {@link Status#LIVE} when nothing is wrong
 * @param problems what is wrong, the gravest first; at most {@link #PROBLEMS_MAX}, unmodifiable
 * @param unlisted how many more there are
 */
public record Health(Status status, List<Problem> problems, int unlisted) {

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
   * @param readOnly true when nothing can be written there until the next start
   * @param reason what happened, where on disk, and what is lost
   */
  public record Problem(String what, boolean readOnly, String reason) {}
}

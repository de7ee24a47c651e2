package dev.whippet.broker.internal.log.engine;

import java.io.IOException;

/**
 * Why an operation of a log or a journal failed; a value, never thrown.
 *
 * @param reason what a caller decides by
 * @param message what happened, with the path and the cause, for health and the operator
 */
public record LogFailure(Reason reason, String message) {

  /** What a caller decides by. */
  public enum Reason {
    /** An earlier write failed, or the disk could not be made sound at start; reads go on. */
    READ_ONLY,
    /** The commit of this very operation failed: its outcome on disk is unknown until reopening. */
    WRITE_FAILED,
    /** The disk is full, or has less left than is kept free; goes on by itself when it has room. */
    NO_SPACE,
    /** The disk refused to be read. */
    READ_FAILED,
    /** {@code previous} is not the highest appended sequence (whippet-extension.md 3.2). */
    OUT_OF_SEQUENCE,
    /** A higher epoch of this producer has written here (whippet-extension.md 3.3). */
    FENCED,
    /** Nobody can be forgotten to make room for another producer (whippet-extension.md 3.5). */
    TOO_MANY_PRODUCERS,
    /** Sequences that are zero, negative, overflowing or not above {@code previous}. */
    INVALID,
    /** More bytes wait for a commit than the configuration allows; back off and try again. */
    OVERLOADED,
    /** The log was closed or deleted. */
    CLOSED
  }

  /** What a write or a removal ended with; {@code null} for {@code null}. */
  public static LogFailure ofWrite(IOException cause) {
    return cause == null ? null : new LogFailure(Reason.WRITE_FAILED, cause.toString());
  }

  /** What was to be written may be on the disk, or may not: the next start tells. */
  public boolean inDoubt() {
    return reason == Reason.WRITE_FAILED;
  }

  @Override
  public String toString() {
    return reason + ": " + message;
  }
}

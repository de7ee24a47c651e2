package dev.whippet.internal.outbox;

import java.io.IOException;

/** Everything that can go wrong with an outbox at run time: a reason, and a message with a fix. */
public final class OutboxException extends IOException {
  private static final long serialVersionUID = 1;

  /** What went wrong. */
  public enum Reason {
    /** Another process, or another outbox of this process, has the directory. */
    LOCKED,
    /** The directory can't be made, read or written. */
    UNUSABLE,
    /** The ring or the backlog is at its bound; with policy BLOCK, still so after the time-out. */
    FULL,
    /** A record, name or table exceeds a limit. */
    TOO_LARGE,
    /** The bytes could not be brought to stable storage; they are not stored. */
    WRITE_FAILED,
    /** Stored bytes could not be read; the call may be repeated. */
    READ_FAILED,
    /** A segment's key can't be unwrapped now; nothing was changed, it may be tried again. */
    KEY_UNAVAILABLE,
    /** The outbox was closed. */
    CLOSED,
    /** The calling thread was interrupted while it waited for room. */
    INTERRUPTED
  }

  private final Reason reason;

  OutboxException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  OutboxException(Reason reason, String message, Throwable cause) {
    super(message, cause);
    this.reason = reason;
  }

  /** What went wrong. */
  public Reason reason() {
    return reason;
  }
}

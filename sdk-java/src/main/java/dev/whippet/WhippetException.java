package dev.whippet;

import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.OutboxException;

/**
 * The one exception of this library. The message says what failed, where, which limit was met and
 * what to do; {@link #code()} is for programs. Arguments that can never be right (null, out of
 * range) are reported by {@link IllegalArgumentException} or {@link NullPointerException} instead.
 */
public final class WhippetException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Code code;
  private final int status;

  WhippetException(Code code, String message) {
    this(code, 0, message, null);
  }

  WhippetException(Code code, int status, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
    this.status = status;
  }

  /** What the connection said. */
  static WhippetException of(Refusal refusal) {
    return new WhippetException(code(refusal.kind()), refusal.status(), refusal.message(), null);
  }

  static Code code(Refusal.Kind kind) {
    switch (kind) {
      case CREDENTIALS:
        return Code.CREDENTIALS_REFUSED;
      case PERMISSION:
        return Code.PERMISSION_DENIED;
      default:
        return Code.valueOf(kind.name());
    }
  }

  /** What the outbox said. */
  static WhippetException of(OutboxException cause) {
    return new WhippetException(code(cause.reason()), 0, cause.getMessage(), cause);
  }

  private static Code code(OutboxException.Reason reason) {
    switch (reason) {
      case LOCKED:
        return Code.OUTBOX_IN_USE;
      case FULL:
        return Code.OUTBOX_FULL;
      case TOO_LARGE:
        return Code.TOO_LARGE;
      case CLOSED:
        return Code.CLOSED;
      case INTERRUPTED:
        return Code.INTERRUPTED;
      default:
        return Code.OUTBOX_FAILED;
    }
  }

  /** A wait of a method that can't throw InterruptedException ended early. */
  static WhippetException interrupted(String what) {
    Thread.currentThread().interrupt();
    return new WhippetException(Code.INTERRUPTED, "interrupted while waiting for " + what);
  }

  /**
   * The kind of failure.
   *
   * @return never null
   */
  public Code code() {
    return code;
  }

  /**
   * The status that the server answered with.
   *
   * @return 0 if no server was involved
   */
  public int status() {
    return status;
  }

  /** Kinds of failure. New kinds may be added; treat an unknown one as {@link #INTERNAL}. */
  public enum Code {
    /** The outbox is at a bound and its policy refused the record. */
    OUTBOX_FULL,
    /** The outbox could not be opened, or its disk failed. */
    OUTBOX_FAILED,
    /** The outbox directory is in use by another process. */
    OUTBOX_IN_USE,
    /** This client has no outbox, or no destination was given. */
    NOT_CONFIGURED,
    /** The message is larger than the outbox or the wire can take. */
    TOO_LARGE,
    /** No answer within the time that the caller gave. */
    TIMEOUT,
    /** The credentials were refused. */
    CREDENTIALS_REFUSED,
    /** The user may not do this. */
    PERMISSION_DENIED,
    /** The stream, topic or partition does not exist. */
    NOT_FOUND,
    /** The name is taken. */
    ALREADY_EXISTS,
    /** The server refused the request; {@link WhippetException#status()} says why. */
    REFUSED,
    /** Another process uses the same outbox identity. */
    FENCED,
    /** The client is closed. */
    CLOSED,
    /** Too many calls wait for the connection. */
    BUSY,
    /** No connection: no network, no such name, no route, no answer. */
    UNREACHABLE,
    /** TLS failed: the certificate is expired, for another host, of an unknown authority. */
    TLS_FAILED,
    /** Something else answers there: a captive portal, a proxy, a server of another protocol. */
    WRONG_SERVER,
    /** The calling thread was interrupted; its interrupt flag is set. */
    INTERRUPTED,
    /** A bug of this library or of the server. */
    INTERNAL
  }
}

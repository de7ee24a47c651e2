package dev.whippet;

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
    /** A bug of this library or of the server. */
    INTERNAL
  }
}

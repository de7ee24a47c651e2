package dev.whippet.internal.call;

import dev.whippet.internal.wire.Status;

/**
 * Why a request was not done: a kind for programs, the server's status (0 if it was not asked), a
 * message for humans. Immutable.
 */
public final class Refusal {
  /** Kinds, as the public API names them. */
  public enum Kind {
    TIMEOUT,
    CREDENTIALS,
    PERMISSION,
    NOT_FOUND,
    ALREADY_EXISTS,
    TOO_LARGE,
    REFUSED,
    FENCED,
    CLOSED,
    BUSY,
    /** No connection: no name, no route, no answer. */
    UNREACHABLE,
    /** The other side could not be verified, or did not like us. */
    TLS_FAILED,
    /** Something else answers: a captive portal, a proxy, another protocol. */
    WRONG_SERVER,
    INTERNAL
  }

  private final Kind kind;
  private final int status;
  private final String message;

  public Refusal(Kind kind, int status, String message) {
    this.kind = kind;
    this.status = status;
    this.message = message;
  }

  /** What a status that is not 0 means; {@code what} was asked. */
  public static Refusal of(int status, String what) {
    return new Refusal(kindOf(status), status, what + ": " + Status.name(status));
  }

  private static Kind kindOf(int status) {
    switch (status) {
      case Status.UNAUTHORIZED:
        return Kind.PERMISSION;
      case Status.STREAM_NOT_FOUND:
      case Status.TOPIC_NOT_FOUND:
      case Status.PARTITION_NOT_FOUND:
        return Kind.NOT_FOUND;
      case Status.STREAM_NAME_ALREADY_EXISTS:
      case Status.TOPIC_NAME_ALREADY_EXISTS:
        return Kind.ALREADY_EXISTS;
      case Status.TOO_BIG_MESSAGE_PAYLOAD:
      case Status.TOO_BIG_USER_HEADERS:
        return Kind.TOO_LARGE;
      case Status.FENCED:
        return Kind.FENCED;
      default:
        return Kind.REFUSED;
    }
  }

  public Kind kind() {
    return kind;
  }

  public int status() {
    return status;
  }

  public String message() {
    return message;
  }

  @Override
  public String toString() {
    return kind + ": " + message;
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.wire.Status;

/** What a status on the way of a batch means for sending. */
enum Verdict {
  /** Ask the broker what it has, and go on from there. */
  RESYNC,
  /** The topic changed: look at it anew. */
  TOPIC,
  /** Somebody has to change something first: park, look again slowly. */
  REFUSED,
  /** Try again after a pause. */
  LATER,
  FENCED,
  /** The connection is of no more use. */
  BROKEN;

  static Verdict of(int status) {
    switch (status) {
      case Status.OUT_OF_SEQUENCE:
        return RESYNC;
      case Status.STREAM_NOT_FOUND:
      case Status.TOPIC_NOT_FOUND:
      case Status.PARTITION_NOT_FOUND:
        return TOPIC;
      case Status.FENCED:
        return FENCED;
      // After 3 on a batch the stream of bytes may be out of step (iggy-classic.md 1.5); the others
      // say that the login is gone.
      case Status.INVALID_COMMAND:
      case Status.INVALID_FORMAT:
      case Status.INVALID_IDENTIFIER:
      case Status.DISCONNECTED:
      case Status.STALE_CLIENT:
      case Status.UNAUTHENTICATED:
      case Status.CLIENT_NOT_FOUND:
        return BROKEN;
      case Status.UNAUTHORIZED:
      case Status.FEATURE_UNAVAILABLE:
      case Status.TOO_MANY_PRODUCERS:
      case Status.TOO_MANY_PARTITIONS:
      case Status.INVALID_TOPIC_SIZE:
      case Status.TOO_BIG_MESSAGE_PAYLOAD:
      case Status.TOO_BIG_USER_HEADERS:
      case Status.MISSING_INDEX:
      case Status.INVALID_MESSAGES_SIZE:
        return REFUSED;
      default:
        return LATER;
    }
  }
}

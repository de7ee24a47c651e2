package dev.whippet.broker.internal.wire;

import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;

/**
 * What to do with a request when its 8 header bytes are there and nothing more (iggy-classic.md
 * 1.4, 1.5), so that no peer makes us hold bytes that we would refuse anyway.
 *
 * <pre>
 * action         | payload bytes            | then
 * TAKE           | collect them             | decode and handle
 * DRAIN_AND_TAKE | read and forget them     | decode with an empty payload and handle
 * DRAIN          | read and forget them     | answer status, go on
 * CLOSE          | do not read them         | answer status, close the connection
 * </pre>
 *
 * <p>The last three hold no memory. A frame whose length field is below 4 has a negative payload
 * length: {@code DRAIN}, there is nothing to read. Immutable; any thread.
 */
public final class Admission {
  /** See the class comment. */
  public enum Action {
    TAKE,
    DRAIN_AND_TAKE,
    DRAIN,
    CLOSE
  }

  private static final Admission TAKE = new Admission(Action.TAKE, Status.OK);
  private static final Admission DRAIN_AND_TAKE = new Admission(Action.DRAIN_AND_TAKE, Status.OK);
  private static final Admission DRAIN_INVALID =
      new Admission(Action.DRAIN, Status.INVALID_COMMAND);
  private static final Admission DRAIN_UNAUTHENTICATED =
      new Admission(Action.DRAIN, Status.UNAUTHENTICATED);
  private static final Admission CLOSE_INVALID =
      new Admission(Action.CLOSE, Status.INVALID_COMMAND);

  private final Action action;
  private final int status;

  private Admission(Action action, int status) {
    this.action = action;
    this.status = status;
  }

  /** As below with the default limit {@link Limits#BATCH_PAYLOAD_BYTES_MAX}. */
  public static Admission of(int code, long payloadLength, boolean loggedIn) {
    return of(code, payloadLength, loggedIn, Limits.BATCH_PAYLOAD_BYTES_MAX);
  }

  /**
   * Decides about one request.
   *
   * @param payloadLength the frame's length field (unsigned) minus 4
   * @param batchPayloadBytesMax largest payload of send_messages and publish
   */
  public static Admission of(
      int code, long payloadLength, boolean loggedIn, long batchPayloadBytesMax) {
    if (payloadLength < 0) {
      return DRAIN_INVALID;
    }
    if (code == Command.SEND_MESSAGES || code == Command.PUBLISH) {
      return ofBatch(payloadLength, loggedIn, batchPayloadBytesMax);
    }
    if (payloadLength > Limits.CONTROL_PAYLOAD_BYTES_MAX) {
      return CLOSE_INVALID;
    }
    if (!Commands.known(code)) {
      return DRAIN_INVALID;
    }
    if (Commands.withoutPayload(code)) {
      return payloadLength == 0 ? TAKE : DRAIN_AND_TAKE;
    }
    if (payloadLength <= Limits.LOGIN_PAYLOAD_BYTES_MAX) {
      return TAKE;
    }
    if (Commands.login(code)) {
      return DRAIN_INVALID;
    }
    return loggedIn ? TAKE : DRAIN_UNAUTHENTICATED;
  }

  private static Admission ofBatch(
      long payloadLength, boolean loggedIn, long batchPayloadBytesMax) {
    if (payloadLength > batchPayloadBytesMax) {
      return CLOSE_INVALID;
    }
    return loggedIn ? TAKE : DRAIN_UNAUTHENTICATED;
  }

  public Action action() {
    return action;
  }

  /** The status to answer with after {@code DRAIN} and {@code CLOSE}; 0 otherwise. */
  public int status() {
    return status;
  }

  @Override
  public String toString() {
    return action + (status == Status.OK ? "" : " " + Status.name(status));
  }
}

package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * One response frame without its header: {@code u32} status, {@code u32} length, payload
 * (iggy-classic.md 1.2). Statuses other than 0 come without payload, except {@link
 * Status#DELIVERY}.
 *
 * <p>Belongs to one thread at a time; reading the payload consumes it.
 */
public final class Reply {
  private final int status;
  private final Buffer payload;

  Reply(int status, Buffer payload) {
    this.status = status;
    this.payload = payload;
  }

  public int status() {
    return status;
  }

  public boolean ok() {
    return status == Status.OK;
  }

  /** Empty after a refusal, after "done", for an empty list and for "not found" (1.2 rule 2). */
  public Buffer payload() {
    return payload;
  }

  @Override
  public String toString() {
    return Status.name(status) + ", " + payload.size() + " bytes";
  }
}

package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * Cuts a byte stream into response frames.
 *
 * <pre>
 * u32 status | u32 length N | N bytes payload         (iggy-classic.md 1.2)
 *
 * states: HEADER --8 bytes--> PAYLOAD --N bytes--> HEADER;  length above the limit --> BROKEN
 * </pre>
 *
 * <p>Takes no memory for a payload beyond the bytes that have arrived, and refuses a length above
 * the limit at the header. After a {@link ProtocolException} every call throws again. One thread.
 */
public final class ReplyReader {
  private final long payloadBytesMax;

  private boolean headerRead;
  private int status;
  private long length;
  private ProtocolException broken;

  /** {@code payloadBytesMax}: largest payload that is taken. */
  public ReplyReader(long payloadBytesMax) {
    if (payloadBytesMax < 0) {
      throw new IllegalArgumentException("payloadBytesMax < 0: " + payloadBytesMax);
    }
    this.payloadBytesMax = payloadBytesMax;
  }

  /** The next complete frame, consumed from {@code source}; null until there is one. */
  public Reply next(Buffer source) throws ProtocolException {
    if (broken != null) {
      throw broken;
    }
    if (!headerRead) {
      if (source.size() < Limits.FRAME_HEADER_BYTES) {
        return null;
      }
      Fields header = new Fields(source, "reply header");
      status = header.u32();
      length = header.u32() & 0xFFFFFFFFL;
      headerRead = true;
      if (length > payloadBytesMax) {
        broken =
            new ProtocolException(
                "reply of " + length + " bytes announced, limit is " + payloadBytesMax);
        throw broken;
      }
    }
    if (source.size() < length) {
      return null;
    }
    headerRead = false;
    Buffer payload = new Buffer();
    payload.write(source, length);
    return new Reply(status, payload);
  }
}

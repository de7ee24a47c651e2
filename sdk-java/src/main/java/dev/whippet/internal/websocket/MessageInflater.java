package dev.whippet.internal.websocket;

import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Inflates one direction's messages (RFC 7692 7.2.2), piece by piece: never more is inflated than
 * the caller has room for, so a message that inflates to a gigabyte costs one piece until it
 * exceeds its bound.
 *
 * <pre>
 *   input(bytes)  output() ... output() == 0   more input
 *   end()         output() ... output() == 0   the message is over, the next may begin
 * </pre>
 *
 * <p>Between messages without context takeover, and before the first, nothing is held. Otherwise
 * {@link #STATE_BYTES}, outside the heap. Not thread-safe; to be closed.
 */
public final class MessageInflater {
  /** What zlib holds while it inflates: a window of 32 KiB, tables and a little more. */
  public static final int STATE_BYTES = 48 << 10;

  /** What a sender leaves away at the end of each message. */
  private static final byte[] TAIL = {0, 0, (byte) 0xff, (byte) 0xff};

  private final boolean takeover;
  private final long messageBytesMax;

  private Inflater inflater;
  private boolean fresh = true;
  private boolean ending;
  private long messageBytes;
  private byte[] bytes;
  private int end;

  MessageInflater(boolean takeover, long messageBytesMax) {
    this.takeover = takeover;
    this.messageBytesMax = messageBytesMax;
  }

  /** Gives the next bytes of a message; all before are used up. They are not copied. */
  public void input(byte[] bytes, int offset, int length) {
    if (inflater == null) {
      inflater = new Inflater(true);
    }
    fresh &= length == 0;
    give(bytes, offset, length);
  }

  private void give(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.end = offset + length;
    inflater.setInput(bytes, offset, length);
  }

  /** All bytes of the message were given and used up. */
  public void end() {
    ending = true;
    if (!fresh) { // nothing was left away from nothing, or from a block that says it is the last
      give(TAIL, 0, TAIL.length);
    }
  }

  /**
   * Inflates into {@code out}.
   *
   * @return how many bytes, at least 1; or 0 when all input is used up
   * @throws WebSocketException when it can't be inflated, or at the first byte beyond the bound
   */
  public int output(byte[] out) throws WebSocketException {
    long room = messageBytesMax - messageBytes;
    int length = (int) Math.min(out.length, Math.max(room, 1));
    int count = inflater == null ? 0 : inflate(out, length);
    messageBytes += count;
    if (messageBytes > messageBytesMax) {
      throw new WebSocketException(
          CloseCode.MESSAGE_TOO_BIG,
          "inflated message: expected at most " + messageBytesMax + " bytes, found more");
    }
    if (count == 0 && ending) {
      over();
    }
    return count;
  }

  private int inflate(byte[] out, int length) throws WebSocketException {
    try {
      while (true) {
        int count = inflater.inflate(out, 0, length);
        if (count > 0) {
          return count;
        }
        if (!inflater.finished()) {
          return 0;
        }
        int left = inflater.getRemaining(); // behind a last block a new stream may begin
        inflater.reset();
        fresh = left == 0;
        if (fresh) {
          return 0;
        }
        inflater.setInput(bytes, end - left, left);
      }
    } catch (DataFormatException e) {
      throw new WebSocketException(
          CloseCode.INVALID_PAYLOAD, "compressed message: can't be inflated: " + e.getMessage());
    }
  }

  private void over() {
    ending = false;
    messageBytes = 0;
    bytes = null;
    if (!takeover) {
      close();
    }
  }

  /** Gives its memory back. */
  public void close() {
    if (inflater != null) {
      inflater.end();
      inflater = null;
    }
    fresh = true;
  }
}

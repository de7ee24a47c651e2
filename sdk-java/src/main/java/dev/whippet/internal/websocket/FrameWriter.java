package dev.whippet.internal.websocket;

import java.nio.ByteBuffer;
import java.security.SecureRandom;
import okio.Buffer;
import okio.ByteString;

/**
 * Writes a client's frames: masked, each with its own key from a strong source (RFC 6455 5.3,
 * 10.3). The payload is masked in the segments it already sits in and those segments are handed on:
 * nothing is copied (segments that are shared with another buffer are, by okio).
 *
 * <p>One message after the other: {@link #binary} for a whole one, or {@link #frame} for its
 * fragments, between which control frames may go. After {@link #close} nothing more may be sent:
 * pings, pongs and a second close are dropped, data is a programmer's error.
 *
 * <p>Not thread-safe: one thread at a time.
 */
public final class FrameWriter {
  /** What an Apache Iggy 0.8.0 server takes in one frame (iggy-classic.md section 2). */
  public static final long FRAME_BYTES_MAX = 16L << 20;

  /** Bytes of a Close frame's reason: 125 less the code. */
  public static final int REASON_BYTES_MAX = FrameHeader.CONTROL_BYTES_MAX - 2;

  /** RSV1: the message that begins with this frame is compressed. */
  private static final int COMPRESSED = 0x40;

  /** Randomness is drawn for this many bytes of keys at once: a draw costs about as much as 16. */
  private static final int KEYS_BYTES = 256;

  private final SecureRandom random;
  private final long frameBytesMax;
  private final byte[] keys = new byte[KEYS_BYTES];
  private final Buffer.UnsafeCursor cursor = new Buffer.UnsafeCursor();

  private int keysUsed = KEYS_BYTES;
  private boolean messageOpen;
  private boolean closed;

  /** Splits messages above {@link #FRAME_BYTES_MAX}. */
  public FrameWriter(SecureRandom random) {
    this(random, FRAME_BYTES_MAX);
  }

  /**
   * @param frameBytesMax payload of one frame; longer messages are sent in several
   */
  public FrameWriter(SecureRandom random, long frameBytesMax) {
    if (frameBytesMax < 1) {
      throw new IllegalArgumentException("frameBytesMax < 1: " + frameBytesMax);
    }
    this.random = random;
    this.frameBytesMax = frameBytesMax;
  }

  /** Moves all of {@code payload} to {@code out} as one binary message, maybe an empty one. */
  public void binary(Buffer payload, Buffer out) {
    do {
      long byteCount = Math.min(payload.size(), frameBytesMax);
      frame(Opcode.BINARY, payload, byteCount, byteCount == payload.size(), out);
    } while (payload.size() > 0);
  }

  /**
   * Moves {@code byteCount} bytes of {@code payload} to {@code out} as one frame of a message.
   *
   * @param opcode TEXT or BINARY; the message's later frames become continuations by themselves
   * @param last whether the message ends with this frame
   */
  public void frame(int opcode, Buffer payload, long byteCount, boolean last, Buffer out) {
    frame(opcode, payload, byteCount, last, out, 0);
  }

  /** As {@link #frame}, of a compressed message. */
  void compressed(int opcode, Buffer payload, long byteCount, boolean last, Buffer out) {
    frame(opcode, payload, byteCount, last, out, COMPRESSED);
  }

  private void frame(
      int opcode, Buffer payload, long byteCount, boolean last, Buffer out, int reserved) {
    if (opcode != Opcode.BINARY && opcode != Opcode.TEXT) {
      throw new IllegalArgumentException("opcode of a message: " + opcode);
    }
    if (closed) {
      throw new IllegalStateException("data after Close");
    }
    int first = messageOpen ? Opcode.CONTINUATION : opcode | reserved;
    write(first, payload, byteCount, last, out);
    messageOpen = !last;
  }

  /** A Ping with at most 125 bytes; dropped after {@link #close}. */
  public void ping(ByteString payload, Buffer out) {
    control(Opcode.PING, new Buffer().write(payload), out);
  }

  /** The answer to a Ping with the same payload; dropped after {@link #close}. */
  public void pong(ByteString payload, Buffer out) {
    control(Opcode.PONG, new Buffer().write(payload), out);
  }

  /**
   * The last frame.
   *
   * @param code one that may be sent, or {@link CloseCode#NO_STATUS} for an empty Close frame
   * @param reason at most 123 bytes in UTF-8; not sent without a code
   */
  public void close(int code, String reason, Buffer out) {
    Buffer payload = new Buffer();
    if (code != CloseCode.NO_STATUS) {
      if (!CloseCode.isValidOnWire(code)) {
        throw new IllegalArgumentException("close code not for the wire: " + code);
      }
      payload.writeShort(code).writeUtf8(reason);
    }
    control(Opcode.CLOSE, payload, out);
    closed = true;
  }

  /** True after {@link #close}. */
  public boolean isClosed() {
    return closed;
  }

  private void control(int opcode, Buffer payload, Buffer out) {
    if (payload.size() > FrameHeader.CONTROL_BYTES_MAX) {
      throw new IllegalArgumentException("control payload > 125 bytes: " + payload.size());
    }
    if (!closed) {
      write(opcode, payload, payload.size(), true, out);
    }
  }

  private void write(int first, Buffer payload, long byteCount, boolean last, Buffer out) {
    if (byteCount < 0 || byteCount > payload.size()) {
      throw new IllegalArgumentException("byteCount: " + byteCount + " of " + payload.size());
    }
    out.writeByte((last ? 0x80 : 0) | first);
    if (byteCount < 126) {
      out.writeByte(0x80 | (int) byteCount);
    } else if (byteCount < 1 << 16) {
      out.writeByte(0x80 | 126).writeShort((int) byteCount);
    } else {
      out.writeByte(0x80 | 127).writeLong(byteCount);
    }
    int key = nextKey();
    out.writeInt(key);
    mask(payload, byteCount, key);
    out.write(payload, byteCount);
  }

  private int nextKey() {
    if (keysUsed == KEYS_BYTES) {
      random.nextBytes(keys);
      keysUsed = 0;
    }
    int key = ByteBuffer.wrap(keys).getInt(keysUsed);
    keysUsed += 4;
    return key;
  }

  /** XORs the first {@code byteCount} bytes of {@code payload} where they are. */
  private void mask(Buffer payload, long byteCount, int key) {
    if (byteCount == 0) {
      return;
    }
    payload.readAndWriteUnsafe(cursor);
    try {
      int rotated = key;
      for (int n = cursor.seek(0); ; n = cursor.next()) {
        int length = (int) Math.min(n, byteCount - cursor.offset);
        Mask.apply(cursor.data, cursor.start, length, rotated);
        rotated = Mask.rotate(rotated, length);
        if (cursor.offset + length == byteCount) {
          return;
        }
      }
    } finally {
      cursor.close();
    }
  }
}

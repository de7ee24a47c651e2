package dev.whippet.testkit;

import java.nio.charset.StandardCharsets;
import okio.Buffer;
import okio.ByteString;

/**
 * Builds the bytes of a WebSocket peer, right or wrong, frame by frame and without any check: what
 * the name of a method says is what is written. Its own few lines of RFC 6455 5.2, so that a fault
 * of the code under test can't hide in it.
 */
public final class WebSocketBytes {
  public static final int LAST = 0x80;
  public static final int CONTINUATION = 0x0;
  public static final int TEXT = 0x1;
  public static final int BINARY = 0x2;
  public static final int CLOSE = 0x8;
  public static final int PING = 0x9;
  public static final int PONG = 0xA;

  private final Buffer out = new Buffer();
  private final boolean masked;
  private int key = 0x37fa213d;

  /**
   * @param masked whether frames are a client's
   */
  public WebSocketBytes(boolean masked) {
    this.masked = masked;
  }

  /**
   * A frame with its length in the shortest form.
   *
   * @param first the first byte: LAST or not, reserved bits, opcode
   */
  public WebSocketBytes frame(int first, byte[] payload) {
    int form = payload.length < 126 ? 0 : payload.length < 1 << 16 ? 2 : 8;
    return frame(first, masked, form, payload);
  }

  /** A frame with text as its payload. */
  public WebSocketBytes frame(int first, String payload) {
    return frame(first, payload.getBytes(StandardCharsets.UTF_8));
  }

  /** A frame with {@code form} bytes of extended length (0, 2 or 8), masked or not. */
  public WebSocketBytes frame(int first, boolean mask, int form, byte[] payload) {
    header(first, mask, form, payload.length);
    if (!mask) {
      out.write(payload);
      return this;
    }
    for (int i = 0; i < payload.length; i++) {
      out.writeByte(payload[i] ^ key >> 24 - 8 * (i % 4));
    }
    key = key * 1664525 + 1013904223;
    return this;
  }

  /** A header alone, that may announce anything. */
  public WebSocketBytes header(int first, boolean mask, int form, long length) {
    out.writeByte(first);
    int maskBit = mask ? 0x80 : 0;
    if (form == 0) {
      out.writeByte(maskBit | (int) length);
    } else if (form == 2) {
      out.writeByte(maskBit | 126).writeShort((int) length);
    } else {
      out.writeByte(maskBit | 127).writeLong(length);
    }
    if (mask) {
      out.writeInt(key);
    }
    return this;
  }

  /** A Close frame with a code and a reason. */
  public WebSocketBytes close(int code, String reason) {
    byte[] payload =
        new Buffer().writeShort(code).write(ByteString.encodeUtf8(reason)).readByteArray();
    return frame(LAST | CLOSE, payload);
  }

  /** Bytes as they are. */
  public WebSocketBytes raw(byte[] bytes) {
    out.write(bytes);
    return this;
  }

  public byte[] bytes() {
    return out.clone().readByteArray();
  }
}

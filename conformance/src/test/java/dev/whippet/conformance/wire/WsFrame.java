package dev.whippet.conformance.wire;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A WebSocket frame as a client writes it, right or deliberately wrong (RFC 6455 5.2).
 *
 * @param declaredLength replaces the payload's length in the header; -1 = the real one
 */
public record WsFrame(
    int opcode, byte[] payload, boolean fin, int rsv, boolean masked, long declaredLength) {
  public static final int CONTINUATION = 0;
  public static final int TEXT = 1;
  public static final int BINARY = 2;
  public static final int CLOSE = 8;
  public static final int PING = 9;
  public static final int PONG = 10;

  public static WsFrame of(int opcode, byte[] payload) {
    return new WsFrame(opcode, payload, true, 0, true, -1);
  }

  byte[] encode() {
    long length = declaredLength >= 0 ? declaredLength : payload.length;
    ByteBuffer out = ByteBuffer.allocate(14 + payload.length);
    out.put((byte) ((fin ? 0x80 : 0) | rsv << 4 | opcode));
    int maskBit = masked ? 0x80 : 0;
    if (length < 126) {
      out.put((byte) (maskBit | (int) length));
    } else if (length <= 0xFFFF) {
      out.put((byte) (maskBit | 126)).putShort((short) length);
    } else {
      out.put((byte) (maskBit | 127)).putLong(length);
    }
    byte[] mask = new byte[4];
    if (masked) {
      ThreadLocalRandom.current().nextBytes(mask);
      out.put(mask);
    }
    for (int i = 0; i < payload.length; i++) {
      out.put((byte) (payload[i] ^ mask[i & 3]));
    }
    byte[] encoded = new byte[out.position()];
    out.flip().get(encoded);
    return encoded;
  }
}

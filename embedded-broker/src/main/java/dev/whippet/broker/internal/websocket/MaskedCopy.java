package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;

/**
 * The one copy that payload takes on its way in, with the XOR of RFC 6455 5.3 inside it, 8 bytes at
 * a time. A mask's uppermost byte is for the first byte; 0 is a plain copy, as for TCP.
 */
public final class MaskedCopy {
  private MaskedCopy() {}

  /**
   * Moves {@code length} bytes from {@code in} at its reader index to {@code out} at its writer
   * index and advances both. {@code out} has the room.
   */
  public static void copy(ByteBuf in, ByteBuf out, int length, int mask) {
    if (mask == 0) {
      out.writeBytes(in, length);
      return;
    }
    throw new UnsupportedOperationException();
  }

  /** The mask for what follows after {@code length} bytes. */
  public static int rotate(int mask, int length) {
    return Integer.rotateLeft(mask, (length & 3) * 8);
  }

  /** The mask twice, in the order of {@link ByteBuf#getLongLE}. */
  static long wide(int mask) {
    long four = Integer.reverseBytes(mask) & 0xffffffffL;
    return four << 32 | four;
  }
}

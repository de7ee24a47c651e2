package dev.whippet.internal.websocket;

import java.nio.ByteBuffer;

/** The XOR of RFC 6455 5.3 over an array, 8 bytes at a time. A key's first byte is uppermost. */
final class Mask {
  private Mask() {}

  /** Masks or unmasks {@code length} bytes; {@code key} begins with the byte for the first. */
  static void apply(byte[] bytes, int offset, int length, int key) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    long wide = (key & 0xffffffffL) << 32 | (key & 0xffffffffL);
    int end = offset + length;
    int i = offset;
    for (int wideEnd = end - 7; i < wideEnd; i += 8) {
      buffer.putLong(i, buffer.getLong(i) ^ wide);
    }
    for (int shift = 24; i < end; i++, shift = shift - 8 & 31) {
      bytes[i] ^= (byte) (key >> shift);
    }
  }

  /** The key for what follows after {@code length} bytes. */
  static int rotate(int key, int length) {
    return Integer.rotateLeft(key, (length & 3) * 8);
  }
}

package dev.whippet.conformance.codec;

import java.util.Arrays;

/** Grows as little-endian fields are appended. */
final class ByteSink {
  private byte[] bytes = new byte[256];
  private int size;

  void integer(long value, int width) {
    for (int i = 0; i < width; i++) {
      u8((int) (i < Long.BYTES ? value >>> (8 * i) : 0));
    }
  }

  void u8(int value) {
    reserve(1);
    bytes[size++] = (byte) value;
  }

  void u32(long value) {
    integer(value, 4);
  }

  void u64(long value) {
    integer(value, 8);
  }

  void bytes(byte[] value) {
    reserve(value.length);
    System.arraycopy(value, 0, bytes, size, value.length);
    size += value.length;
  }

  int size() {
    return size;
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  private void reserve(int count) {
    if (size + count > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + count));
    }
  }
}

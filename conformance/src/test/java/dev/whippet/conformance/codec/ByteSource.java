package dev.whippet.conformance.codec;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/** Reads little-endian fields and refuses to read beyond the end. */
final class ByteSource {
  private final byte[] bytes;
  private final int end;
  private int position;

  ByteSource(byte[] bytes) {
    this(bytes, 0, bytes.length);
  }

  ByteSource(byte[] bytes, int offset, int length) {
    this.bytes = bytes;
    this.position = offset;
    this.end = offset + length;
  }

  int remaining() {
    return end - position;
  }

  int position() {
    return position;
  }

  int u8() {
    need(1);
    return bytes[position++] & 0xFF;
  }

  long integer(int width) {
    need(width);
    long value = 0;
    for (int i = 0; i < width; i++) {
      value |= (bytes[position + i] & 0xFFL) << (8 * i);
    }
    position += width;
    return value;
  }

  long u32() {
    return integer(4);
  }

  long u64() {
    return integer(8);
  }

  byte[] bytes(long count) {
    need(count);
    byte[] result = new byte[(int) count];
    System.arraycopy(bytes, position, result, 0, result.length);
    position += result.length;
    return result;
  }

  String text(long count) {
    int start = position;
    byte[] encoded = bytes(count);
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(encoded)).toString();
    } catch (CharacterCodingException notUtf8) {
      throw new MalformedFrame("not UTF-8 at offset " + start);
    }
  }

  private void need(long count) {
    if (count < 0 || count > remaining()) {
      throw new MalformedFrame(
          "expected " + count + " bytes at offset " + position + ", found " + remaining());
    }
  }
}

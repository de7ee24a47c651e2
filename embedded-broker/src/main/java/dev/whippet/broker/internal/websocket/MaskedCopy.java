package dev.whippet.broker.internal.websocket;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The one copy that payload takes on its way in, with the XOR of RFC 6455 5.3 inside it, 8 bytes at
 * a time. A mask's uppermost byte is for the first byte; 0 is a plain copy, as for TCP.
 *
 * <p>Two ways, because two views of the memory cost more than what a short copy saves by them: the
 * loop over {@link ByteBuffer}s is the one the compiler turns into vector instructions.
 */
public final class MaskedCopy {
  /** Up to here {@link ByteBuf}'s own accessors were faster on the machine of performance.md. */
  private static final int SHORT_BYTES_MAX = 512;

  private MaskedCopy() {}

  /**
   * Moves {@code length} bytes from {@code in} at its reader index to {@code out} at its writer
   * index and advances both. {@code out} grows if it must and can, as with {@code writeBytes}.
   */
  public static void copy(ByteBuf in, ByteBuf out, int length, int mask) {
    if (mask == 0) {
      out.writeBytes(in, length);
      return;
    }
    if (length < 0 || length > in.readableBytes()) {
      throw new IndexOutOfBoundsException(
          "length: " + length + ", readable bytes: " + in.readableBytes());
    }
    out.ensureWritable(length);
    if (length <= SHORT_BYTES_MAX || in.nioBufferCount() != 1 || out.nioBufferCount() != 1) {
      copyShort(in, out, length, mask);
    } else {
      copyLong(
          view(in, in.readerIndex(), length), view(out, out.writerIndex(), length), length, mask);
    }
    in.skipBytes(length);
    out.writerIndex(out.writerIndex() + length);
  }

  private static void copyShort(ByteBuf in, ByteBuf out, int length, int mask) {
    long wide = wide(mask);
    int from = in.readerIndex();
    int to = out.writerIndex();
    int i = 0;
    for (int wideEnd = length & ~7; i < wideEnd; i += 8) {
      out.setLongLE(to + i, in.getLongLE(from + i) ^ wide);
    }
    for (; i < length; i++) {
      out.setByte(to + i, in.getByte(from + i) ^ at(mask, i));
    }
  }

  private static void copyLong(ByteBuffer from, ByteBuffer to, int length, int mask) {
    long wide = wide(mask);
    int i = 0;
    for (int wideEnd = length & ~7; i < wideEnd; i += 8) {
      to.putLong(i, from.getLong(i) ^ wide);
    }
    for (; i < length; i++) {
      to.put(i, (byte) (from.get(i) ^ at(mask, i)));
    }
  }

  /**
   * Its own view: a ByteBuf's internal one may be the same object for {@code in} and {@code out}.
   */
  private static ByteBuffer view(ByteBuf buffer, int index, int length) {
    return buffer.internalNioBuffer(index, length).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /** The mask for what follows after {@code length} bytes. */
  public static int rotate(int mask, int length) {
    return Integer.rotateLeft(mask, (length & 3) * 8);
  }

  /** The byte of {@code mask} for position {@code i}. */
  static byte at(int mask, int i) {
    return (byte) (mask >> 24 - 8 * (i & 3));
  }

  /** The mask twice, in the order of {@link ByteBuf#getLongLE}. */
  static long wide(int mask) {
    long four = Integer.reverseBytes(mask) & 0xffffffffL;
    return four << 32 | four;
  }
}

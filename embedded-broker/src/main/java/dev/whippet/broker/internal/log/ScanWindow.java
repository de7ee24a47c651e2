package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.Arrays;

/** The part of a file that start-up has in memory: 256 KiB, or one batch where that is larger. */
final class ScanWindow {
  private static final int BYTES_MIN = 16 << 10;
  private static final int BYTES = 256 << 10;
  private static final byte[] ZEROS = new byte[BYTES];

  private final BlockingFiles.OpenFile file;
  final long size;
  ByteBuf bytes = Unpooled.EMPTY_BUFFER;

  /** Position in the file of the window's index 0. */
  long start;

  ScanWindow(BlockingFiles.OpenFile file) throws IOException {
    this.file = file;
    this.size = file.size();
  }

  /** Makes it hold {@code length} bytes from {@code position}, as far as the file goes. */
  void load(long position, int length) throws IOException {
    if (position >= start && position + length <= start + bytes.writerIndex()) {
      return;
    }
    int usual = position == 0 ? BYTES_MIN : BYTES; // most partitions are small
    int wanted = (int) Math.max(length, Math.min(usual, Math.max(0, size - position)));
    if (bytes.capacity() < wanted) {
      bytes = Unpooled.buffer(wanted);
    }
    bytes.clear();
    start = position;
    int read = file.read(position, bytes.nioBuffer(0, wanted));
    bytes.writerIndex(read);
    if (read < length && position + length <= size) {
      throw new IOException(read + " of " + length + " bytes could be read at " + position);
    }
  }

  /** Index of a position that is loaded. */
  int index(long position) {
    return (int) (position - start);
  }

  boolean isZero(long from, long to) throws IOException {
    long end = Math.min(to, size);
    for (long at = from; at < end; ) {
      int length = (int) Math.min(BYTES, end - at);
      load(at, length);
      int first = bytes.arrayOffset() + index(at);
      if (Arrays.mismatch(bytes.array(), first, first + length, ZEROS, 0, length) >= 0) {
        return false;
      }
      at += length;
    }
    return true;
  }
}

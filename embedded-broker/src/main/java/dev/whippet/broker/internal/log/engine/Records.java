package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;

/**
 * What a read found: message records exactly as the wire carries them (iggy-classic.md 5.1), in
 * offset order. Whoever gets it owns one reference to each slice.
 *
 * @param slices read-only by agreement; one or more whole records each
 * @param count records in all slices
 * @param bytes size of all slices
 * @param firstOffset offset of the first record, -1 when {@code count} is 0
 * @param lastOffset offset of the last record, -1 when {@code count} is 0
 */
public record Records(
    List<ByteBuf> slices, int count, long bytes, long firstOffset, long lastOffset) {

  public static final Records NONE = new Records(List.of(), 0, 0, -1, -1);

  /** Gives all slices back. */
  public void release() {
    slices.forEach(ByteBuf::release);
  }

  /**
   * Gathers records up to a count and a size. Large runs are slices of the memory they stand in;
   * runs below {@value #COPY_BELOW_BYTES} bytes are copied together, so that a thousand batches of
   * one small message don't become a thousand slices.
   */
  public static final class Collector {
    private static final int COPY_BELOW_BYTES = 1024;
    private static final int COPIES_BYTES = 16 << 10;

    private final ByteBufAllocator allocator;
    private final int countMax;
    private final long bytesMax;
    private final List<ByteBuf> slices = new ArrayList<>();
    private ByteBuf copies;
    private int count;
    private long bytes;
    private long firstOffset = -1;
    private long lastOffset = -1;
    private long next;

    public Collector(ByteBufAllocator allocator, long from, int countMax, long bytesMax) {
      this.allocator = allocator;
      this.next = from;
      this.countMax = countMax;
      this.bytesMax = bytesMax;
    }

    /** The offset that is wanted next. */
    public long next() {
      return next;
    }

    /** Goes on at {@code offset} because what lies before can't be served. */
    public void skipTo(long offset) {
      next = Math.max(next, offset);
    }

    public int count() {
      return count;
    }

    public boolean isFull() {
      return count >= countMax || count > 0 && bytes >= bytesMax;
    }

    /** Takes what is wanted of a sound batch; says whether more is wanted. */
    public boolean take(BatchHeader header, ByteBuf buffer, int bodyIndex) {
      long offset = header.baseOffset;
      long end = header.endOffset();
      int index = bodyIndex;
      if (end <= next) {
        return !isFull();
      }
      while (offset < next) {
        index += BatchHeader.recordBytes(buffer, index);
        offset++;
      }
      int start = index;
      int bodyEnd = bodyIndex + header.bodyBytes;
      if (end - offset <= countMax - count && bytes + (bodyEnd - start) <= bytesMax) {
        note(offset, end);
        add(buffer, start, bodyEnd - start);
        return !isFull();
      }
      boolean full = false;
      while (offset < end && !full) {
        int size = BatchHeader.recordBytes(buffer, index);
        full = count >= countMax || count > 0 && bytes + (index - start) + size > bytesMax;
        if (!full) {
          note(offset, offset + 1);
          index += size;
          offset++;
        }
      }
      if (index > start) {
        add(buffer, start, index - start);
      }
      return !full && !isFull();
    }

    private void note(long offset, long end) {
      firstOffset = firstOffset < 0 ? offset : firstOffset;
      count += (int) (end - offset);
      lastOffset = end - 1;
      next = end;
    }

    private void add(ByteBuf buffer, int index, int length) {
      bytes += length;
      if (length >= COPY_BELOW_BYTES) {
        copies = null;
        slices.add(buffer.retainedSlice(index, length));
        return;
      }
      try {
        if (copies == null || copies.maxWritableBytes() < length) {
          copies = allocator.directBuffer(COPY_BELOW_BYTES, COPIES_BYTES);
          slices.add(copies);
        }
        copies.writeBytes(buffer, index, length);
      } catch (OutOfMemoryError e) {
        copies = null;
        slices.add(buffer.retainedSlice(index, length)); // keeps more alive, but is there already
      }
    }

    public Records toRecords() {
      return count == 0 ? NONE : new Records(slices, count, bytes, firstOffset, lastOffset);
    }

    public void release() {
      slices.forEach(ByteBuf::release);
    }
  }
}

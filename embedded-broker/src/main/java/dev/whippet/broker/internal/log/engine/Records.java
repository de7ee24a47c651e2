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
 * @param heldBytes memory that lives as long as the slices do: at least {@code bytes}
 * @param firstOffset offset of the first record, -1 when {@code count} is 0
 * @param lastOffset offset of the last record, -1 when {@code count} is 0
 */
public record Records(
    List<ByteBuf> slices,
    int count,
    long bytes,
    long heldBytes,
    long firstOffset,
    long lastOffset) {

  public static final Records NONE = new Records(List.of(), 0, 0, 0, -1, -1);

  /** Gives all slices back. */
  public void release() {
    for (int i = 0; i < slices.size(); i++) {
      slices.get(i).release();
    }
  }

  /**
   * Gathers records up to a count and a size, of the memory that they keep alive. What is wanted of
   * a buffer is sliced when it is worth the buffer, else copied:
   *
   * <pre>
   *   batches below 1 KiB        copied together: a thousand of them are no thousand slices
   *   an 8th of the buffer       sliced
   *   or more is wanted
   *   else                       copied
   * </pre>
   *
   * So a slow consumer of little keeps no megabytes alive. One message is always taken, however
   * large.
   */
  public static final class Collector {
    private static final int COPY_BELOW_BYTES = 1024;
    private static final int COPIES_BYTES_MIN = 4 << 10;
    private static final int COPIES_BYTES_MAX = 16 << 10;
    private static final int PIN_FACTOR = 8;

    private final ByteBufAllocator allocator;
    private final int countMax;
    private final long bytesMax;
    private final ArrayList<ByteBuf> slices = new ArrayList<>(4);
    private ByteBuf copies;

    /** The buffer sliced last: more of it costs nothing. */
    private ByteBuf pinned;

    private int count;
    private long bytes;
    private long heldBytes;
    private long firstOffset = -1;
    private long lastOffset = -1;
    private long next;
    private boolean full;

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
      return full || count >= countMax || count > 0 && bytes >= bytesMax;
    }

    /** Takes what is wanted of a sound batch; says whether more is wanted. */
    public boolean take(BatchHeader header, ByteBuf buffer, int bodyIndex) {
      long offset = header.baseOffset;
      long end = header.endOffset();
      int index = bodyIndex;
      if (end <= next || isFull()) {
        return !isFull();
      }
      while (offset < next) {
        index += BatchHeader.recordBytes(buffer, index);
        offset++;
      }
      int start = index;
      int bodyEnd = bodyIndex + header.bodyBytes;
      boolean slice = header.bodyBytes >= COPY_BELOW_BYTES && isWorthSlicing(buffer, header);
      long room = slice ? bytesMax - bytes : bytesMax - heldBytes;
      if (end - offset <= countMax - count && bodyEnd - start <= room) {
        add(buffer, start, bodyEnd - start, slice);
        note(offset, end);
        return !isFull();
      }
      long last = offset;
      while (last < end && last - offset < countMax - count) {
        int size = BatchHeader.recordBytes(buffer, index);
        if (index - start + size > room && count + (last - offset) > 0) {
          full = true;
          break;
        }
        index += size;
        last++;
      }
      if (last > offset) {
        full |= index - start > room; // one message, larger than there is room for
        add(buffer, start, index - start, slice || index - start > bytesMax);
        note(offset, last);
      }
      return !isFull();
    }

    private boolean isWorthSlicing(ByteBuf buffer, BatchHeader header) {
      ByteBuf whole = wholeOf(buffer);
      if (whole == pinned) {
        return true;
      }
      long average = header.bodyBytes / header.count;
      long wanted = Math.min(bytesMax - bytes, (countMax - count) * average);
      int capacity = whole.capacity();
      return capacity <= PIN_FACTOR * wanted && heldBytes + capacity <= bytesMax;
    }

    /** What stays alive as long as a slice of it does. */
    private static ByteBuf wholeOf(ByteBuf buffer) {
      ByteBuf whole = buffer;
      while (whole.unwrap() != null) {
        whole = whole.unwrap();
      }
      return whole;
    }

    private void note(long offset, long end) {
      firstOffset = firstOffset < 0 ? offset : firstOffset;
      count += (int) (end - offset);
      lastOffset = end - 1;
      next = end;
    }

    private void add(ByteBuf buffer, int index, int length, boolean slice) {
      bytes += length;
      if (!slice) {
        try {
          copy(buffer, index, length);
          return;
        } catch (OutOfMemoryError e) {
          copies = null; // a slice keeps more alive, but is there already
        }
      }
      copies = null;
      ByteBuf whole = wholeOf(buffer);
      if (whole != pinned) {
        pinned = whole;
        heldBytes += whole.capacity();
      }
      slices.add(buffer.retainedSlice(index, length));
    }

    private void copy(ByteBuf buffer, int index, int length) {
      if (copies == null || copies.maxWritableBytes() < length) {
        copies = null;
        int least = Math.max(length, COPIES_BYTES_MIN);
        ByteBuf room = allocator.directBuffer(least, Math.max(length, COPIES_BYTES_MAX));
        slices.add(room);
        copies = room;
      }
      copies.writeBytes(buffer, index, length);
      heldBytes += length;
    }

    public Records toRecords() {
      return count == 0
          ? NONE
          : new Records(slices, count, bytes, heldBytes, firstOffset, lastOffset);
    }

    public void release() {
      slices.forEach(ByteBuf::release);
    }
  }
}

package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;

/**
 * The index of a sealed segment, kept beside it as {@code <base>.idx}, so that start-up need not
 * read the segment. It is derived: never synced, checked by a checksum and by the segment's salt,
 * made anew when it is missing or wrong. That it exists proves that a commit behind its segment was
 * durable. Little-endian.
 *
 * <pre>
 *   0  u32  magic "WIDX"
 *   4  u16  version (1)
 *   6  u16  size of this header (128)
 *   8  u64  incarnation of the partition
 *  16  u64  base: first message offset
 *  24  u64  salt of the segment
 *  32  u64  where its commits begin
 *  40  u64  its durable bytes
 *  48  u64  offset behind its last message
 *  56  u64  time of its first batch
 *  64  u64  time of its last batch
 *  72  u64  messages
 *  80  u64  bytes of their records
 *  88  u64  bytes between two entries, at least
 *  96  u32  entries, 1 to 1024
 * 100       0
 * 120  u32  CRC32C of the entries
 * 124  u32  CRC32C of bytes 0..123
 * 128       entries: u64 offset, u64 position, u64 time of a batch
 * </pre>
 */
public final class IndexFile {
  public static final String SUFFIX = ".idx";

  /** Of a file or block with all entries. */
  public static final int BYTES_MAX = 128 + 24 * Segment.INDEX_ENTRIES_MAX;

  private static final int MAGIC = 0x58444957;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 128;
  private static final int ENTRY_BYTES = 24;

  private IndexFile() {}

  /** The name of the index of a segment. */
  public static Path beside(Path segment) {
    String name = segment.getFileName().toString();
    return segment.resolveSibling(name.substring(0, name.lastIndexOf('.')) + SUFFIX);
  }

  public static int bytes(Segment segment) {
    return HEADER_BYTES + segment.entries * ENTRY_BYTES;
  }

  /** Bytes of the sound index at {@code index}. */
  public static int bytesAt(ByteBuf in, int index) {
    return HEADER_BYTES + in.getIntLE(index + 96) * ENTRY_BYTES;
  }

  /** Appends the index of a segment with at least one batch. */
  public static void write(Segment segment, long incarnation, ByteBuf out) {
    if (segment.entries < 1) {
      throw new IllegalArgumentException("no batch in " + segment.path);
    }
    int start = out.writerIndex();
    out.writeZero(HEADER_BYTES);
    for (int i = 0; i < segment.entries; i++) {
      out.writeLongLE(segment.offsets[i]);
      out.writeLongLE(segment.positions[i]);
      out.writeLongLE(segment.timestamps[i]);
    }
    int end = out.writerIndex();
    out.writerIndex(start);
    out.writeIntLE(MAGIC);
    out.writeShortLE(VERSION);
    out.writeShortLE(HEADER_BYTES);
    out.writeLongLE(incarnation);
    out.writeLongLE(segment.base);
    out.writeLongLE(segment.salt);
    out.writeLongLE(segment.dataStart);
    out.writeLongLE(segment.length);
    out.writeLongLE(segment.endOffset);
    out.writeLongLE(segment.firstTimestamp);
    out.writeLongLE(segment.lastTimestamp);
    out.writeLongLE(segment.messages);
    out.writeLongLE(segment.recordBytes);
    out.writeLongLE(segment.stride);
    out.writeIntLE(segment.entries);
    out.setIntLE(start + 120, Blocks.crc32c(out, start + HEADER_BYTES, end - start - HEADER_BYTES));
    out.setIntLE(start + 124, Blocks.crc32c(out, start, 124));
    out.writerIndex(end);
  }

  /**
   * The segment that the index at the reader index tells of, {@code null} when it is not sound or
   * of another partition or segment. Moves behind it.
   */
  public static Segment read(ByteBuf in, Path path, long incarnation, long base) {
    int start = in.readerIndex();
    if (in.readableBytes() < HEADER_BYTES
        || in.getIntLE(start) != MAGIC
        || in.getUnsignedShortLE(start + 4) != VERSION
        || in.getIntLE(start + 124) != Blocks.crc32c(in, start, 124)
        || in.getLongLE(start + 8) != incarnation
        || in.getLongLE(start + 16) != base) {
      return null;
    }
    int entries = in.getIntLE(start + 96);
    if (entries < 1
        || entries > Segment.INDEX_ENTRIES_MAX
        || in.readableBytes() < HEADER_BYTES + entries * ENTRY_BYTES
        || in.getIntLE(start + 120)
            != Blocks.crc32c(in, start + HEADER_BYTES, entries * ENTRY_BYTES)) {
      return null;
    }
    in.skipBytes(24);
    Segment segment = new Segment(path, base, in.readLongLE(), in.readLongLE(), 0);
    segment.length = in.readLongLE();
    segment.endOffset = in.readLongLE();
    segment.firstTimestamp = in.readLongLE();
    segment.lastTimestamp = in.readLongLE();
    segment.messages = in.readLongLE();
    segment.recordBytes = in.readLongLE();
    segment.stride = in.readLongLE();
    segment.entries = entries;
    segment.offsets = new long[entries];
    segment.positions = new long[entries];
    segment.timestamps = new long[entries];
    in.readerIndex(start + HEADER_BYTES);
    for (int i = 0; i < entries; i++) {
      segment.offsets[i] = in.readLongLE();
      segment.positions[i] = in.readLongLE();
      segment.timestamps[i] = in.readLongLE();
    }
    return segment;
  }
}

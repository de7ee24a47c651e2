package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The file {@code clean-stop}: how a clean stop left all partitions, so that the next start reads
 * this one file instead of every partition's tail, and so that what is missing at an end is told
 * from an unfinished commit. Written once, when every log is closed; removed for good before it is
 * believed. Little-endian.
 *
 * <pre>
 *  0  u32  magic "WSTP"
 *  4  u16  version (1)
 *  6  u16  size of this header (32)
 *  8  u32  bytes of what follows
 * 12  u32  partitions
 * 16  u64  0
 * 24  u32  CRC32C of what follows
 * 28  u32  CRC32C of bytes 0..27
 * 32  partitions:
 *     u64  incarnation
 *     u64  offset behind its last message
 *     u64  time of its last message
 *     u32  sealed segments; -1: only the end is noted, no base and no index follow
 *     u32  producers
 *     ...  u64 each: base of a sealed segment
 *     u64  base of the newest segment
 *     ...  its index ({@link IndexFile})
 *     ...  snapshot of the producers ({@link ProducerTable})
 * </pre>
 *
 * <p>Of a partition about which there is more to say (damage, left-overs, all in commit files) only
 * the end is noted, and its directory is read at the start. One that is read-only, or does not fit
 * into {@link #BYTES_MAX}, is left out.
 */
public final class CleanStop {

  /** Largest file: 64 MiB. */
  public static final int BYTES_MAX = 64 << 20;

  private static final int MAGIC = 0x50545357;
  private static final int VERSION = 1;
  private static final int HEADER_BYTES = 32;

  private CleanStop() {}

  /** One partition at the stop. */
  record State(
      long incarnation,
      long endOffset,
      long lastTimestamp,
      List<Segment> segments,
      byte[] producers) {}

  /**
   * How a log is now that it is closed, for the next start; {@code null} when nothing can be said
   * for sure, and without segments when there is more to say about them. Any thread.
   */
  static State stateOf(PartitionLog log, long lastTimestamp, ProducerTable producers) {
    if (log.endOffset() == 0
        || log.settings().durability() != Durability.POWER
        || log.readOnlyReason() != null) {
      return null;
    }
    boolean plain = log.isPlain();
    return new State(
        log.incarnation(),
        log.endOffset(),
        lastTimestamp,
        plain ? log.segmentList() : List.of(),
        plain ? producers.snapshot() : new byte[0]);
  }

  /** One partition as the file tells it; its bytes from the bases on are read when it is. */
  public record Partition(
      long incarnation,
      long endOffset,
      long lastTimestamp,
      int sealed,
      int producers,
      ByteBuf details) {

    long base(int number) {
      return details.getLongLE(number * Long.BYTES);
    }

    /** The newest segment, {@code null} when its index is not sound. */
    Segment newest(Path path) {
      ByteBuf in = details.duplicate().skipBytes((sealed + 1) * Long.BYTES);
      return IndexFile.read(in, path, incarnation, base(sealed));
    }

    int producersIndex() {
      return details.writerIndex() - producers * ProducerTable.ENTRY_BYTES;
    }
  }

  /** Writes the file durably. Every log is closed. Blocks. */
  public static void write(BlockingFiles disk, Path file, Collection<PartitionLog> logs)
      throws IOException {
    ByteBuf out = Unpooled.buffer(1 << 16);
    out.writeZero(HEADER_BYTES);
    int count = 0;
    for (PartitionLog log : logs) {
      State state = log.stopState();
      if (state != null && out.writerIndex() + bytes(state) <= BYTES_MAX) {
        write(state, out);
        count++;
      }
    }
    int end = out.writerIndex();
    out.writerIndex(0);
    out.writeIntLE(MAGIC);
    out.writeShortLE(VERSION);
    out.writeShortLE(HEADER_BYTES);
    out.writeIntLE(end - HEADER_BYTES);
    out.writeIntLE(count);
    out.writeLongLE(0);
    out.writeIntLE(Blocks.crc32c(out, HEADER_BYTES, end - HEADER_BYTES));
    out.writeIntLE(Blocks.crc32c(out, 0, HEADER_BYTES - 4));
    out.writerIndex(end);
    Blocks.padTo(out, Blocks.up(end));
    try (BlockingFiles.OpenFile open = disk.create(file)) {
      open.write(0, out.nioBuffer());
      open.force();
    }
    disk.syncDirectory(file.toAbsolutePath().getParent());
  }

  private static long bytes(State state) {
    return 40L + state.segments.size() * 8L + IndexFile.BYTES_MAX + state.producers.length;
  }

  private static void write(State state, ByteBuf out) {
    int sealed = state.segments.size() - 1;
    out.writeLongLE(state.incarnation);
    out.writeLongLE(state.endOffset);
    out.writeLongLE(state.lastTimestamp);
    out.writeIntLE(sealed);
    out.writeIntLE(state.producers.length / ProducerTable.ENTRY_BYTES);
    state.segments.forEach(segment -> out.writeLongLE(segment.base));
    if (sealed >= 0) {
      IndexFile.write(state.segments.get(sealed), state.incarnation, out);
    }
    out.writeBytes(state.producers);
  }

  /**
   * What a clean stop left, by incarnation; empty after a crash, and when the file is not sound. It
   * is removed, and believed only when that is durable. Blocks: start-up thread only.
   */
  public static Map<Long, Partition> take(BlockingFiles disk, Path file) {
    Map<Long, Partition> told = look(disk, file);
    if (told == null) {
      return Map.of();
    }
    try {
      disk.delete(file);
      disk.syncDirectory(file.toAbsolutePath().getParent());
      return told;
    } catch (IOException e) {
      return Map.of();
    }
  }

  /** True for a file that is there and not sound. Blocks. */
  public static boolean isDamaged(BlockingFiles disk, Path file) {
    try {
      ByteBuf content = readAll(disk, file);
      return content != null && !isSound(content);
    } catch (IOException e) {
      return true;
    }
  }

  /** What the file tells, empty when it is not sound; {@code null} when there is none. Blocks. */
  public static Map<Long, Partition> look(BlockingFiles disk, Path file) {
    try {
      ByteBuf content = readAll(disk, file);
      return content == null ? null : read(content);
    } catch (IOException e) {
      return Map.of();
    }
  }

  private static ByteBuf readAll(BlockingFiles disk, Path file) throws IOException {
    if (!disk.list(file.getParent()).contains(file)) {
      return null;
    }
    try (BlockingFiles.OpenFile open = disk.open(file)) {
      int size = (int) Math.min(BYTES_MAX + Blocks.BYTES, open.size());
      ByteBuf content = Unpooled.buffer(size);
      return content.writerIndex(open.read(0, content.nioBuffer(0, size)));
    }
  }

  private static Map<Long, Partition> read(ByteBuf in) {
    if (!isSound(in)) {
      return Map.of();
    }
    Map<Long, Partition> partitions = new HashMap<>();
    int count = in.getIntLE(12);
    in.readerIndex(HEADER_BYTES);
    for (int i = 0; i < count; i++) {
      long incarnation = in.readLongLE();
      long endOffset = in.readLongLE();
      long lastTimestamp = in.readLongLE();
      int sealed = in.readIntLE();
      int producers = in.readIntLE();
      int bases = (sealed + 1) * Long.BYTES;
      int index = sealed < 0 ? 0 : IndexFile.bytesAt(in, in.readerIndex() + bases);
      ByteBuf details = in.readSlice(bases + index + producers * ProducerTable.ENTRY_BYTES);
      partitions.put(
          incarnation,
          new Partition(incarnation, endOffset, lastTimestamp, sealed, producers, details));
    }
    return partitions;
  }

  private static boolean isSound(ByteBuf in) {
    return in.writerIndex() >= HEADER_BYTES
        && in.getIntLE(0) == MAGIC
        && in.getUnsignedShortLE(4) == VERSION
        && in.getIntLE(28) == Blocks.crc32c(in, 0, HEADER_BYTES - 4)
        && in.getIntLE(8) >= 0
        && in.getIntLE(8) <= in.writerIndex() - HEADER_BYTES
        && in.getIntLE(24) == Blocks.crc32c(in, HEADER_BYTES, in.getIntLE(8));
  }
}

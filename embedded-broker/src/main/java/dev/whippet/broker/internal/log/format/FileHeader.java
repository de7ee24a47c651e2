package dev.whippet.broker.internal.log.format;

import io.netty.buffer.ByteBuf;

/**
 * The first block of a segment or journal file; the second block repeats it, so that one torn block
 * or flipped bit does not hide the file. Little-endian.
 *
 * <pre>
 *  0  u32  magic: "WSEG" segment, "WJRN" journal, "WCMT" commit file
 *  4  u16  version of the file format: 2 for a journal, 1 for the others
 *  6  u16  size of this header (64)
 *  8  u64  id: partition incarnation, generation of the journal, or the commit file's serial
 * 16  u64  base: first message offset, or number of the first entry; commit
 *          file: the number that is its name
 * 24  u64  salt: random; every batch or entry of the file repeats it
 * 32  u64  created, microseconds since the Unix epoch
 * 40  u32  producers in the snapshot (segment)
 * 44  u32  bytes of the snapshot (segment)
 * 48  u32  CRC32C of the snapshot (segment)
 * 52  u32  flags: bit 0 = the file had its size before it was begun: what
 *           follows the commits may be what it held before (segment)
 * 56  u32  0
 * 60  u32  CRC32C of bytes 0..59
 * </pre>
 *
 * The snapshot follows in block 2, padded to a block; then commits. The salt tells data from bytes
 * that only look like it: what a file held before, and what a peer put into a payload.
 */
public record FileHeader(
    int magic,
    long id,
    long base,
    long salt,
    long createdMicros,
    int snapshotEntries,
    int snapshotBytes,
    int snapshotCrc,
    int flags) {

  public static final int SEGMENT = 0x47455357;
  public static final int JOURNAL = 0x4E524A57;
  public static final int COMMITS = 0x544D4357;
  public static final int VERSION = 1;

  /**
   * Of journals. What version 1 has not: partitions of a topic that are listed one by one, and
   * entries of users and groups.
   */
  public static final int JOURNAL_VERSION = 2;

  public static final int BYTES = 64;
  public static final int PREPARED = 1;

  /** Both copies. */
  public static final int COPIES_BYTES = 2 * Blocks.BYTES;

  /** True when old bytes may follow the commits. */
  public boolean isPrepared() {
    return (flags & PREPARED) != 0;
  }

  /** Where the first commit begins. */
  public long dataStart() {
    return COPIES_BYTES + Blocks.up((long) snapshotBytes);
  }

  /** Appends both copies, each padded to its block. */
  public void write(ByteBuf out) {
    for (int copy = 0; copy < 2; copy++) {
      int start = out.writerIndex();
      out.writeIntLE(magic);
      out.writeShortLE(versionOf(magic));
      out.writeShortLE(BYTES);
      out.writeLongLE(id);
      out.writeLongLE(base);
      out.writeLongLE(salt);
      out.writeLongLE(createdMicros);
      out.writeIntLE(snapshotEntries);
      out.writeIntLE(snapshotBytes);
      out.writeIntLE(snapshotCrc);
      out.writeIntLE(flags);
      out.writeIntLE(0);
      out.writeIntLE(Blocks.crc32c(out, start, BYTES - 4));
      Blocks.padTo(out, start + Blocks.BYTES);
    }
  }

  /** The header at {@code index}, {@code null} when it is not sound or of another kind or id. */
  public static FileHeader read(ByteBuf in, int index, int magic, long id) {
    FileHeader header = read(in, index, magic);
    return header == null || header.id != id ? null : header;
  }

  /** The header at {@code index}, of whatever id; {@code null} when it is not sound. */
  public static FileHeader read(ByteBuf in, int index, int magic) {
    if (!isSound(in, index, magic)
        || in.getUnsignedShortLE(index + 4) < VERSION
        || in.getUnsignedShortLE(index + 4) > versionOf(magic)) {
      return null;
    }
    FileHeader header =
        new FileHeader(
            magic,
            in.getLongLE(index + 8),
            in.getLongLE(index + 16),
            in.getLongLE(index + 24),
            in.getLongLE(index + 32),
            in.getIntLE(index + 40),
            in.getIntLE(index + 44),
            in.getIntLE(index + 48),
            in.getIntLE(index + 52));
    return header.snapshotBytes < 0 ? null : header;
  }

  /** True for a sound header that a later version of this software wrote. */
  public static boolean isNewer(ByteBuf in, int index, int magic) {
    return isSound(in, index, magic) && in.getUnsignedShortLE(index + 4) > versionOf(magic);
  }

  /** True for a sound header of an earlier version: the file is read, and not written on. */
  public static boolean isOlder(ByteBuf in, int index, int magic) {
    return isSound(in, index, magic) && in.getUnsignedShortLE(index + 4) < versionOf(magic);
  }

  private static boolean isSound(ByteBuf in, int index, int magic) {
    return in.writerIndex() - index >= BYTES
        && in.getIntLE(index) == magic
        && in.getIntLE(index + 60) == Blocks.crc32c(in, index, BYTES - 4);
  }

  private static int versionOf(int magic) {
    return magic == JOURNAL ? JOURNAL_VERSION : VERSION;
  }
}

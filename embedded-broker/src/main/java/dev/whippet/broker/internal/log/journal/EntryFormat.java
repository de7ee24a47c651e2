package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;

/**
 * The bytes of one entry, little-endian. Entries begin at multiples of 8 bytes inside a commit.
 *
 * <pre>
 *  0  u32  magic "WENT"
 *  4  u32  bytes of payload
 *  8  u64  salt of the file
 * 16  u64  number, counted through all generations
 * 24  u32  bytes from the start of the commit to this header, 0 for its first entry
 * 28  u16  kind: 0 entry, 1 part of the snapshot, 2 end of the snapshot
 * 30  u16  0
 * 32  u32  0
 * 36  u32  CRC32C of bytes 0..35, four zero bytes and the payload
 * 40       payload
 * </pre>
 */
final class EntryFormat {
  static final int HEADER_BYTES = 40;
  static final int KIND_ENTRY = 0;
  static final int KIND_SNAPSHOT = 1;
  static final int KIND_SNAPSHOT_END = 2;

  private static final int MAGIC = 0x544E4557;
  private static final int CRC_INDEX = 36;

  private EntryFormat() {}

  /** Header and payload, up to where the next entry may begin. */
  static int sizeOf(int payloadBytes) {
    return Blocks.upToStep(HEADER_BYTES + payloadBytes);
  }

  /** Appends one entry of the commit that begins at {@code commitStart} of {@code out}. */
  static void write(
      ByteBuf out, int commitStart, long salt, long number, int kind, byte[] payload) {
    int start = out.writerIndex();
    out.writeIntLE(MAGIC);
    out.writeIntLE(payload.length);
    out.writeLongLE(salt);
    out.writeLongLE(number);
    out.writeIntLE(start - commitStart);
    out.writeIntLE(kind);
    out.writeLongLE(0);
    out.writeBytes(payload);
    out.setIntLE(start + CRC_INDEX, crcOf(out, start, payload.length));
    Blocks.padTo(out, Blocks.upToStep(out.writerIndex()));
  }

  /** With the CRC field taken as zero, so that header and payload are one range. */
  private static int crcOf(ByteBuf bytes, int start, int payloadBytes) {
    int stored = bytes.getIntLE(start + CRC_INDEX);
    bytes.setIntLE(start + CRC_INDEX, 0);
    int crc = Blocks.crc32c(bytes, start, HEADER_BYTES + payloadBytes);
    bytes.setIntLE(start + CRC_INDEX, stored);
    return crc;
  }

  /** True when an entry, whole and unchanged, begins at {@code at}. */
  static boolean isSound(ByteBuf bytes, int at) {
    int end = bytes.writerIndex();
    if (at + HEADER_BYTES > end || bytes.getIntLE(at) != MAGIC) {
      return false;
    }
    int length = bytes.getIntLE(at + 4);
    return length >= 0
        && length <= Journal.ENTRY_BYTES_MAX
        && at + HEADER_BYTES + (long) length <= end
        && bytes.getIntLE(at + CRC_INDEX) == crcOf(bytes, at, length);
  }

  static byte[] payload(ByteBuf bytes, int at) {
    byte[] payload = new byte[bytes.getIntLE(at + 4)];
    bytes.getBytes(at + HEADER_BYTES, payload);
    return payload;
  }

  static long salt(ByteBuf bytes, int at) {
    return bytes.getLongLE(at + 8);
  }

  static long number(ByteBuf bytes, int at) {
    return bytes.getLongLE(at + 16);
  }

  /** Where the commit of the entry at {@code at} begins, as the entry says. */
  static int commitStart(ByteBuf bytes, int at) {
    return at - bytes.getIntLE(at + 24);
  }

  static int kind(ByteBuf bytes, int at) {
    return bytes.getUnsignedShortLE(at + 28);
  }
}

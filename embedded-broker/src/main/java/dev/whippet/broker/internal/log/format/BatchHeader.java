package dev.whippet.broker.internal.log.format;

import io.netty.buffer.ByteBuf;
import java.util.SplittableRandom;

/**
 * What stands before the records of a stored batch. Mutable: one object decodes many. Little-endian
 * but for the producer id, which is 16 opaque bytes.
 *
 * <pre>
 *   0  u32  magic "WBAT"
 *   4  u8   format of the records: 1 = iggy-classic.md 5.1 with 64-byte headers
 *   5  u8   version of this header (1)
 *   6  u16  size of this header (128)
 *   8  u32  bytes of records that follow
 *  12  u32  CRC32C of those
 *  16  u64  partition incarnation
 *  24  u64  salt of the file
 *  32  u64  offset of the first record
 *  40  u32  records
 *  44  u32  user that sent them
 *  48  16   producer id, zeros when sent without one
 *  64  u16  channel
 *  66  u16  flags: bit 0 = published, the sequence fields hold
 *  68  u32  epoch
 *  72  u64  first sequence
 *  80  u64  last sequence
 *  88  u64  time of the append, never below that of the batch before
 *  96  u64  smallest origin timestamp of the records
 * 104  u64  largest
 * 112  u32  bytes from the partition's first batch of this commit to this header
 * 116  u32  bytes from the start of the commit to this header; segment: 0
 * 120  u32  0
 * 124  u32  CRC32C of bytes 0..123
 * </pre>
 */
public final class BatchHeader {
  public static final int BYTES = 128;
  public static final int MAGIC = 0x54414257;
  public static final int FORMAT = 1;
  public static final int VERSION = 1;

  /** iggy-classic.md 5.1. */
  public static final int RECORD_HEADER_BYTES = 64;

  /** Where the fields stand that a reader needs of a batch in memory. */
  public static final int BODY_BYTES_INDEX = 8;

  public static final int BASE_INDEX = 32;
  public static final int COUNT_INDEX = 40;
  public static final int TIME_INDEX = 88;

  private static final int OFFSET_INDEX = 24;
  private static final int TIMESTAMP_INDEX = 32;
  private static final int ORIGIN_INDEX = 40;
  private static final int HEADERS_LENGTH_INDEX = 48;
  private static final int PAYLOAD_LENGTH_INDEX = 52;

  public int bodyBytes;
  public int bodyCrc;
  public long incarnation;
  public long salt;
  public long baseOffset;
  public int count;
  public int userId;
  public long producerHigh;
  public long producerLow;
  public int channel;
  public boolean published;
  public int epoch;
  public long firstSequence;
  public long lastSequence;
  public long timestamp;
  public long originFirst;
  public long originLast;
  public int commitOffset;
  public int sharedOffset;

  public long endOffset() {
    return baseOffset + count;
  }

  /** Header and records, up to where the next batch may begin. */
  public int totalBytes() {
    return Blocks.upToStep(BYTES + bodyBytes);
  }

  public Producer producer() {
    return new Producer(userId, producerHigh, producerLow, channel);
  }

  /**
   * Gives records their offset, time, id (a random UUIDv4 where the sender left it to us) and
   * checksum in place, and takes up what the header says about them.
   */
  public void stamp(ByteBuf records, int count, SplittableRandom ids) {
    this.count = count;
    bodyBytes = records.readableBytes();
    originFirst = -1L;
    originLast = 0;
    int index = records.readerIndex();
    Blocks.Crc crc = new Blocks.Crc(records, index);
    for (int i = 0; i < count; i++) {
      int size = recordBytes(records, index);
      if (size < RECORD_HEADER_BYTES || size > records.writerIndex() - index) {
        throw new IllegalArgumentException("record " + i + " of " + count + " leaves its batch");
      }
      if (records.getLong(index + 8) == 0 && records.getLong(index + 16) == 0) {
        records.setLong(index + 8, ids.nextLong() & ~0xF000L | 0x4000L);
        records.setLong(index + 16, ids.nextLong() & ~(3L << 62) | 1L << 63);
      }
      records.setLongLE(index + OFFSET_INDEX, baseOffset + i);
      records.setLongLE(index + TIMESTAMP_INDEX, timestamp);
      long origin = records.getLongLE(index + ORIGIN_INDEX);
      originFirst = Long.compareUnsigned(origin, originFirst) < 0 ? origin : originFirst;
      originLast = Long.compareUnsigned(origin, originLast) > 0 ? origin : originLast;
      records.setLongLE(index, checksum(records, index + 8, size - 8));
      index += size;
      crc.follow(index);
    }
    if (index != records.writerIndex()) {
      throw new IllegalArgumentException("bytes behind the last of " + count + " records");
    }
    bodyCrc = crc.upTo(index);
  }

  /** Size of the record at {@code index}, from its own two lengths. */
  public static int recordBytes(ByteBuf records, int index) {
    return RECORD_HEADER_BYTES
        + records.getIntLE(index + HEADERS_LENGTH_INDEX)
        + records.getIntLE(index + PAYLOAD_LENGTH_INDEX);
  }

  /** XXH3-64, iggy-classic.md 5.5. */
  public static long checksum(ByteBuf bytes, int index, int length) {
    return Xxh3.hash(bytes, index, length);
  }

  public void write(ByteBuf out) {
    int start = out.writerIndex();
    out.writeIntLE(MAGIC);
    out.writeByte(FORMAT);
    out.writeByte(VERSION);
    out.writeShortLE(BYTES);
    out.writeIntLE(bodyBytes);
    out.writeIntLE(bodyCrc);
    out.writeLongLE(incarnation);
    out.writeLongLE(salt);
    out.writeLongLE(baseOffset);
    out.writeIntLE(count);
    out.writeIntLE(userId);
    out.writeLong(producerHigh);
    out.writeLong(producerLow);
    out.writeShortLE(channel);
    out.writeShortLE(published ? 1 : 0);
    out.writeIntLE(epoch);
    out.writeLongLE(firstSequence);
    out.writeLongLE(lastSequence);
    out.writeLongLE(timestamp);
    out.writeLongLE(originFirst);
    out.writeLongLE(originLast);
    out.writeIntLE(commitOffset);
    out.writeIntLE(sharedOffset);
    out.writeIntLE(0);
    out.writeIntLE(Blocks.crc32c(out, start, BYTES - 4));
  }

  /** Takes up the header at {@code index}; false when the bytes there are none. */
  public boolean read(ByteBuf in, int index) {
    if (in.getIntLE(index) != MAGIC
        || in.getIntLE(index + BYTES - 4) != Blocks.crc32c(in, index, BYTES - 4)
        || in.getByte(index + 4) != FORMAT
        || in.getByte(index + 5) != VERSION) {
      return false;
    }
    bodyBytes = in.getIntLE(index + 8);
    bodyCrc = in.getIntLE(index + 12);
    incarnation = in.getLongLE(index + 16);
    salt = in.getLongLE(index + 24);
    baseOffset = in.getLongLE(index + 32);
    count = in.getIntLE(index + 40);
    userId = in.getIntLE(index + 44);
    producerHigh = in.getLong(index + 48);
    producerLow = in.getLong(index + 56);
    channel = in.getUnsignedShortLE(index + 64);
    published = (in.getShortLE(index + 66) & 1) != 0;
    epoch = in.getIntLE(index + 68);
    firstSequence = in.getLongLE(index + 72);
    lastSequence = in.getLongLE(index + 80);
    timestamp = in.getLongLE(index + 88);
    originFirst = in.getLongLE(index + 96);
    originLast = in.getLongLE(index + 104);
    commitOffset = in.getIntLE(index + 112);
    sharedOffset = in.getIntLE(index + 116);
    return count > 0 && bodyBytes >= (long) count * RECORD_HEADER_BYTES && baseOffset >= 0;
  }

  /** True when the records at {@code index} are the ones this header was written for. */
  public boolean hasSoundBody(ByteBuf in, int index) {
    return Blocks.crc32c(in, index, bodyBytes) == bodyCrc;
  }
}

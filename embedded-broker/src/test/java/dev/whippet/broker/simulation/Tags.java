package dev.whippet.broker.simulation;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;

/**
 * What the simulated clients send: a record's payload is its tag, and bytes that follow from it, so
 * that an invented or mixed-up record can't pass.
 *
 * <pre>
 *   tag   0 | number of the batch, 47 bits | message of the batch, 16 bits     sent
 *         1 | producer, 15 bits | partition, 16 bits | sequence, 32 bits       published
 * </pre>
 */
public final class Tags {
  private static final int RECORD_HEADER_BYTES = 64;
  private static final int TAG_BYTES = 8;
  private static final long PUBLISHED = 1L << 63;

  private Tags() {}

  public static long sent(long batch, int message) {
    return batch << 16 | message;
  }

  public static long published(int producer, int partition, long sequence) {
    return PUBLISHED | (long) producer << 48 | (long) partition << 32 | sequence;
  }

  static boolean isPublished(long tag) {
    return tag < 0;
  }

  public static long batchOf(long sent) {
    return sent >>> 16;
  }

  static int producerOf(long published) {
    return (int) (published >>> 48) & 0x7fff;
  }

  static long sequenceOf(long published) {
    return published & 0xffff_ffffL;
  }

  /** Most are small; some fill a block, a few are larger than what goes through a commit file. */
  public static int payloadBytes(long tag) {
    long chance = mixed(tag);
    int kind = (int) (chance & 63);
    int size = (int) (chance >>> 8 & 0xffff);
    if (kind == 0) {
      return TAG_BYTES + 9_000 + size % 12_000;
    }
    if (kind < 6) {
      return TAG_BYTES + 1_000 + size % 4_000;
    }
    return TAG_BYTES + size % 200;
  }

  private static byte filler(long tag, int index) {
    return (byte) (tag + 31 * index + (index >>> 8));
  }

  private static long mixed(long tag) {
    long value = tag * 0x9E3779B97F4A7C15L;
    value = (value ^ (value >>> 29)) * 0xBF58476D1CE4E5B9L;
    return value ^ (value >>> 32);
  }

  /** Records as the wire carries them. */
  public static ByteBuf records(ByteBufAllocator allocator, long[] tags) {
    int size = 0;
    for (long tag : tags) {
      size += RECORD_HEADER_BYTES + payloadBytes(tag);
    }
    ByteBuf out = allocator.directBuffer(size);
    for (long tag : tags) {
      int bytes = payloadBytes(tag);
      out.writeZero(52).writeIntLE(bytes).writeZero(8);
      out.writeLongLE(tag);
      for (int i = TAG_BYTES; i < bytes; i++) {
        out.writeByte(filler(tag, i));
      }
    }
    return out;
  }

  /** The tag of the record at {@code index}, or why it is none of ours, as an exception. */
  static long check(ByteBuf in, int index, int recordBytes) {
    long tag = in.getLongLE(index + RECORD_HEADER_BYTES);
    int bytes = payloadBytes(tag);
    if (recordBytes != RECORD_HEADER_BYTES + bytes) {
      throw new AssertionError("a record that nobody sent: " + recordBytes + " bytes");
    }
    for (int i = TAG_BYTES; i < bytes; i++) {
      if (in.getByte(index + RECORD_HEADER_BYTES + i) != filler(tag, i)) {
        throw new AssertionError("a record with bytes that nobody sent");
      }
    }
    return tag;
  }
}

package dev.whippet.broker.internal.wire;

import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;

/**
 * Checks message records (iggy-classic.md 5.1) in the order of 5.3, message by message; the first
 * fault decides.
 *
 * <pre>
 * no message                                             4009
 * index entry: first field not 0 4031, last not 0 4032   (send_messages only)
 * record outside of the data, or cut                     4033
 * payload too big 4022, user headers too big 4017
 * offset field below the one before                      4100
 * index position below the one before                    10011 (send_messages only)
 * records do not fill the data                           4036
 * </pre>
 *
 * <p>After it, records of the sizes in their headers stand back to back from the first to the last
 * byte. Reads only between the given positions and the writer index. Stateless; any thread.
 */
final class BatchValidator {
  private static final int OFFSET_AT = 24;
  private static final int HEADERS_LENGTH_AT = 48;
  private static final int PAYLOAD_LENGTH_AT = 52;
  private static final int POSITION_AT = 4;
  private static final int TIMESTAMP_AT = 8;

  private BatchValidator() {}

  /**
   * Records with index entries, which say where each record ends. The last one ends with the data,
   * whatever its entry says.
   *
   * @param indexAt position of {@code count} index entries, all inside of the buffer
   * @param recordsAt position of the first record, where the index ends
   */
  static void indexed(ByteBuf in, int indexAt, int recordsAt, int count) throws Refusal {
    requireMessages(count);
    long dataBytes = in.writerIndex() - recordsAt;
    long start = 0;
    long sum = 0;
    long offsetBefore = 0;
    long positionBefore = 0;
    for (int i = 0; i < count; i++) {
      int entry = indexAt + i * Limits.INDEX_ENTRY_BYTES;
      require(in.getIntLE(entry) == 0, Status.NON_ZERO_OFFSET);
      require(in.getLongLE(entry + TIMESTAMP_AT) == 0, Status.NON_ZERO_TIMESTAMP);
      long position = in.getUnsignedIntLE(entry + POSITION_AT);
      long end = i == count - 1 ? dataBytes : position;
      require(end <= dataBytes, Status.MISSING_INDEX);
      sum += record(in, recordsAt + (int) start, end - start);
      offsetBefore = offset(in, recordsAt + (int) start, offsetBefore);
      require(position >= positionBefore, Status.CANNOT_READ_INDEX_POSITION);
      positionBefore = position;
      start = end;
    }
    require(sum == dataBytes, Status.INVALID_MESSAGES_SIZE);
  }

  /** Records alone: each ends where its own lengths say. */
  static void plain(ByteBuf in, int recordsAt, long count) throws Refusal {
    requireMessages(count);
    int end = in.writerIndex();
    int at = recordsAt;
    long offsetBefore = 0;
    for (long i = 0; i < count; i++) {
      long size = record(in, at, end - at);
      offsetBefore = offset(in, at, offsetBefore);
      at += (int) size;
    }
    require(at == end, Status.INVALID_MESSAGES_SIZE);
  }

  private static void requireMessages(long count) throws Refusal {
    require(count > 0, Status.INVALID_MESSAGES_COUNT);
  }

  /** The size of the record at {@code at} by its own lengths, not above {@code bytesMax}. */
  private static long record(ByteBuf in, int at, long bytesMax) throws Refusal {
    require(bytesMax >= Limits.MESSAGE_HEADER_BYTES, Status.MISSING_INDEX);
    long headersBytes = in.getUnsignedIntLE(at + HEADERS_LENGTH_AT);
    long payloadBytes = in.getUnsignedIntLE(at + PAYLOAD_LENGTH_AT);
    long size = Limits.MESSAGE_HEADER_BYTES + payloadBytes + headersBytes;
    require(size <= bytesMax, Status.MISSING_INDEX);
    require(payloadBytes <= Limits.MESSAGE_PAYLOAD_BYTES_MAX, Status.TOO_BIG_MESSAGE_PAYLOAD);
    require(headersBytes <= Limits.USER_HEADERS_BYTES_MAX, Status.TOO_BIG_USER_HEADERS);
    return size;
  }

  /** The offset field of the record, which must not be below the one before. */
  private static long offset(ByteBuf in, int at, long offsetBefore) throws Refusal {
    long offset = in.getLongLE(at + OFFSET_AT);
    require(Long.compareUnsigned(offset, offsetBefore) >= 0, Status.INVALID_OFFSET);
    return offset;
  }

  private static void require(boolean condition, int status) throws Refusal {
    if (!condition) {
      throw new Refusal(status);
    }
  }
}

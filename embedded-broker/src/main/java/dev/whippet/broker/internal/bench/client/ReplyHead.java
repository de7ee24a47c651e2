package dev.whippet.broker.internal.bench.client;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The last reply of a connection: its status, its length, and the first bytes of its payload; the
 * rest was read and forgotten. Overwritten by the next reply.
 *
 * <pre>
 * payload of a poll:  u32 partition | u64 current offset | u32 count | records
 * record:             0 checksum | 8 id | 24 offset | 32 timestamp | 40 origin timestamp | ...
 * </pre>
 */
public final class ReplyHead {

  /** Enough for the head of a poll and the header of its first record. */
  static final int BYTES = 16 + 64;

  private static final int CURRENT_OFFSET = 4;
  private static final int COUNT = 12;
  private static final int FIRST_RECORD = 16;

  final ByteBuffer bytes = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
  int status;
  int length;

  /** The reply's status; 0 is good. */
  public int status() {
    return status;
  }

  /** Bytes of its payload. */
  public int length() {
    return length;
  }

  /** Messages in the answer to a poll. */
  public int polledCount() {
    return length < FIRST_RECORD ? 0 : bytes.getInt(COUNT);
  }

  /** Offset of the partition's newest message, in the answer to a poll; 0 when it is empty. */
  public long currentOffset() {
    return length < FIRST_RECORD ? 0 : bytes.getLong(CURRENT_OFFSET);
  }

  /** Offset of the first polled message; asked only when there is one. */
  public long firstOffset() {
    return bytes.getLong(FIRST_RECORD + 24);
  }

  /** Origin timestamp of the first polled message; asked only when there is one. */
  public long firstOriginMicros() {
    return bytes.getLong(FIRST_RECORD + 40);
  }
}

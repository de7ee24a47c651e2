package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;

/**
 * A batch in memory on its way into a segment.
 *
 * @param header what it says for itself; place and salt are those of where it was written last
 * @param memory its records stand here; one reference is the batch's
 * @param index of the first record
 * @param space what it takes up of a commit file; {@code null} when it is in none
 */
record Batch(BatchHeader header, ByteBuf memory, int index, CommitSpace space) {

  /** At most this part of what stays in memory is not the batch. */
  private static final int WASTE_SHARE = 8;

  /**
   * Appends header and records; says where the header begins.
   *
   * @param runStart index of the first of the partition's batches in this commit
   * @param shared true when the commit begins at index 0 and belongs to several partitions
   */
  int write(ByteBuf out, long salt, int runStart, boolean shared) {
    int at = out.writerIndex();
    header.salt = salt;
    header.commitOffset = at - runStart;
    header.sharedOffset = shared ? at : 0;
    header.write(out);
    out.writeBytes(memory, index, header.bodyBytes);
    out.writeZero(header.totalBytes() - (out.writerIndex() - at));
    return at;
  }

  /**
   * True when header and records fill whole blocks where the records stand already, and not too
   * much would be kept in memory for that.
   */
  boolean hasRoomAround() {
    int start = index - BatchHeader.BYTES;
    int bytes = Blocks.up(header.totalBytes());
    return space == null
        && start >= 0
        && start <= bytes / WASTE_SHARE
        && start + bytes <= memory.capacity()
        && Blocks.isAligned(memory, start);
  }

  /** These blocks, empty; a new reference. */
  ByteBuf blocksInPlace() {
    int bytes = Blocks.up(header.totalBytes());
    return memory.retainedSlice(index - BatchHeader.BYTES, bytes).clear();
  }

  /** Completes {@link #blocksInPlace}. */
  void writeInPlace(ByteBuf out, long salt) {
    header.salt = salt;
    header.commitOffset = 0;
    header.sharedOffset = 0;
    header.write(out);
    out.writerIndex(BatchHeader.BYTES + header.bodyBytes);
  }

  void release() {
    memory.release();
  }
}

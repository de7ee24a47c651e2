package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.format.BatchHeader;
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

  void release() {
    memory.release();
  }
}

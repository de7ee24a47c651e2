package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;

/** The batches of one segment, in order, read in pieces of 1 MiB, or a batch where it is larger. */
final class SegmentBatches implements AutoCloseable {
  private static final int WINDOW_BYTES = 1 << 20;

  private final BlockingFiles.OpenFile file;
  private final SegmentWalk walk;
  private final long size;
  private ByteBuf window = Unpooled.EMPTY_BUFFER;
  private long windowStart;

  SegmentBatches(BlockingFiles disk, Segment segment, long incarnation, long fromOffset)
      throws IOException {
    this.file = disk.open(segment.path);
    this.size = Math.min(file.size(), segment.length);
    this.walk =
        fromOffset <= segment.base
            ? new SegmentWalk(
                incarnation,
                segment.salt,
                segment.dataStart,
                segment.base,
                segment.endOffset,
                SegmentWalk.NO_BODIES)
            : segment.walkToOffset(fromOffset, incarnation);
  }

  /** Moves to the next batch with a sound header and loads its records; false at the end. */
  boolean next() throws IOException {
    while (true) {
      switch (walk.next(window, windowStart, size)) {
        case LOAD -> load(walk.position(), walk.loadBytes());
        case END -> {
          return false;
        }
        case BATCH -> {
          load(walk.position(), BatchHeader.BYTES + walk.header.bodyBytes);
          return true;
        }
      }
    }
  }

  private void load(long position, int length) throws IOException {
    if (position >= windowStart && position + length <= windowStart + window.writerIndex()) {
      return;
    }
    if (window.capacity() < Math.max(WINDOW_BYTES, length)) {
      window = Unpooled.buffer(Math.max(WINDOW_BYTES, length));
    }
    windowStart = position;
    window.clear();
    window.writerIndex(file.read(position, window.nioBuffer(0, window.capacity())));
  }

  BatchHeader header() {
    return walk.header;
  }

  long position() {
    return walk.position();
  }

  long gap() {
    return walk.gap();
  }

  long gapFirst() {
    return walk.gapFirst();
  }

  long expected() {
    return walk.expected();
  }

  ByteBuf window() {
    return window;
  }

  /** Index of the first record in the window. */
  int recordsIndex() {
    return (int) (walk.position() - windowStart) + BatchHeader.BYTES;
  }

  boolean hasSoundRecords() {
    return recordsIndex() + walk.header.bodyBytes <= window.writerIndex()
        && walk.header.hasSoundBody(window, recordsIndex());
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.engine.SegmentCache;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * One walk through the durable batches of a segment: gets from the loop's {@link SegmentCache} what
 * {@link SegmentWalk} asks for and shows each sound batch to a visitor. Ends at once when all of it
 * is in memory, else later. The segment is in use from the first load to the end. Owner loop only;
 * slices that the visitor takes live on.
 */
final class ColdRead {

  /** Sees batches in order. */
  interface Visitor {
    /**
     * A sound batch at {@code walk.position()}; its records begin at {@code bodyIndex} when the
     * walk loads bodies.
     *
     * @return false to stop
     */
    boolean batch(BatchHeader header, ByteBuf window, int bodyIndex);

    /** After the last batch; {@code stopped} tells that the visitor wanted no more. */
    void ended(boolean stopped, IOException failure);
  }

  private final LogLoop loop;
  private final Segment segment;
  private final Segment after;
  private final SegmentWalk walk;
  private final Visitor visitor;
  private boolean using;
  private ByteBuf window;
  private long windowStart;
  private long limit;

  /**
   * @param after the segment that follows, {@code null} if the visitor will not go on there
   */
  ColdRead(LogLoop loop, Segment segment, Segment after, SegmentWalk walk, Visitor visitor) {
    this.loop = loop;
    this.segment = segment;
    this.after = after;
    this.walk = walk;
    this.visitor = visitor;
    this.limit = segment.length;
  }

  void start() {
    walkOn();
  }

  private void walkOn() {
    while (true) {
      switch (walk.next(window, windowStart, limit)) {
        case LOAD -> {
          if (!find()) {
            load();
            return;
          }
        }
        case BATCH -> {
          int body = (int) (walk.position() - windowStart) + BatchHeader.BYTES;
          if (!visitor.batch(walk.header, window, body)) {
            end(true, null);
            return;
          }
        }
        case END -> {
          end(false, null);
          return;
        }
      }
    }
  }

  private boolean find() {
    SegmentCache.Piece piece = loop.cache.find(segment, walk.position(), walk.loadBytes(), after);
    if (piece != null) {
      show(piece);
    }
    return piece != null;
  }

  private void load() {
    if (using) {
      loop.cache.load(segment, walk.position(), walk.loadBytes(), after, this::loaded);
      return;
    }
    segment.use(
        loop.files,
        (file, failure) -> {
          if (failure != null) {
            end(false, failure);
          } else {
            using = true;
            load();
          }
        });
  }

  private void loaded(SegmentCache.Piece piece, IOException failure) {
    if (failure != null) {
      end(false, failure);
      return;
    }
    long needed = walk.position() + walk.loadBytes();
    show(piece);
    if (windowStart + window.writerIndex() < needed) {
      // The file is shorter than it was: what is missing is found missing by the offsets.
      limit = windowStart + window.writerIndex();
    }
    walkOn();
  }

  private void show(SegmentCache.Piece piece) {
    releaseWindow();
    window = piece.bytes().retain();
    windowStart = piece.start;
  }

  private void end(boolean stopped, IOException failure) {
    releaseWindow();
    if (using) {
      segment.release();
    }
    visitor.ended(stopped, failure);
  }

  private void releaseWindow() {
    if (window != null) {
      window.release();
      window = null;
    }
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Reads the end of a segment back from the disk, from the last batch of its index on, records
 * included: is what was acknowledged there? Memory: one range of {@value #RANGE_BYTES} bytes, or
 * one batch where that is larger. Owner loop only.
 */
final class TailCheck {
  private static final int RANGE_BYTES = 256 << 10;

  private final LogLoop loop;
  private final Segment segment;
  private final SegmentWalk walk;
  private final Consumer<String> done;
  private AsyncFile file;
  private ByteBuf window;
  private long windowStart;
  private boolean gap;

  private TailCheck(LogLoop loop, Segment segment, SegmentWalk walk, Consumer<String> done) {
    this.loop = loop;
    this.segment = segment;
    this.walk = walk;
    this.done = done;
  }

  /** Ends with {@code null}, or with what is wrong. No segment, or an empty one, is sound. */
  static void run(LogLoop loop, long incarnation, Segment segment, Consumer<String> done) {
    if (segment == null || segment.firstTimestamp < 0) {
      done.accept(null);
      return;
    }
    SegmentWalk walk = segment.walkToOffset(segment.endOffset - 1, incarnation);
    new TailCheck(loop, segment, walk, done).start();
  }

  private void start() {
    segment.use(
        loop.files,
        (opened, failure) -> {
          if (failure != null) {
            done.accept(failure.toString());
          } else {
            file = opened;
            walkOn();
          }
        });
  }

  private void walkOn() {
    SegmentWalk.Step step = walk.next(window, windowStart, segment.length);
    while (step == SegmentWalk.Step.BATCH) {
      gap |= walk.gap() > 0;
      step = walk.next(window, windowStart, segment.length);
    }
    if (step == SegmentWalk.Step.LOAD) {
      load();
    } else {
      end(
          gap || walk.expected() != segment.endOffset
              ? segment.path + ": offset " + walk.expected() + " can't be read back"
              : null);
    }
  }

  private void load() {
    releaseWindow();
    windowStart = Blocks.down(walk.position());
    long needed = walk.position() - windowStart + walk.loadBytes();
    long length = Math.min(Math.max(Blocks.up(needed), RANGE_BYTES), segment.length - windowStart);
    try {
      window = loop.allocateBlocks((int) Blocks.up(length));
    } catch (OutOfMemoryError e) {
      end("no memory to read the end of " + segment.path + " back: " + e);
      return;
    }
    file.read(windowStart, window, window.capacity(), (count, failure) -> loaded(failure));
  }

  private void loaded(IOException failure) {
    if (failure != null) {
      end(failure.toString());
    } else if (windowStart + window.writerIndex() < walk.position() + walk.loadBytes()) {
      end(segment.path + " is shorter than " + segment.length + " bytes");
    } else {
      walkOn();
    }
  }

  private void end(String wrong) {
    releaseWindow();
    segment.release();
    done.accept(wrong);
  }

  private void releaseWindow() {
    if (window != null) {
      window.release();
      window = null;
    }
  }
}

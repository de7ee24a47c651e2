package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Collection;

/**
 * Reads everything back that start-up took on trust, every record with its checksum, once and
 * slowly: at most {@link #BYTES_PER_SECOND} a loop. What is damaged is reported once, and stays
 * where it is: readers check what they read and skip it. Segments that leave meanwhile are left
 * out. Memory: one range of 256 KiB, or one batch where that is larger, and only while it is read.
 *
 * <p>Owner loop only.
 */
public final class Scrub {

  /** How much of the disk it takes: 4 MiB a second. */
  public static final long BYTES_PER_SECOND = 4 << 20;

  private static final int RANGE_BYTES = 256 << 10;
  private static final long MICROS_PER_SECOND = 1_000_000;

  /** A segment, as far as it was filled when the scrub began. */
  private record Target(PartitionLog log, Segment segment, long endOffset, long length) {}

  private final LogLoop loop;
  private final ArrayDeque<Target> targets = new ArrayDeque<>();
  private Target target;
  private SegmentWalk walk;
  private ByteBuf window;
  private long windowStart;
  private volatile boolean stopped;

  private Scrub(LogLoop loop) {
    this.loop = loop;
  }

  /** Begins with all that {@code logs}, which are of this loop, hold now. */
  public static Scrub start(LogLoop loop, Collection<PartitionLog> logs) {
    Scrub scrub = new Scrub(loop);
    for (PartitionLog log : logs) {
      for (Segment segment : log.segmentList()) {
        if (segment.firstTimestamp >= 0) {
          scrub.targets.add(new Target(log, segment, segment.endOffset, segment.length));
        }
      }
    }
    scrub.pause(RANGE_BYTES);
    return scrub;
  }

  /** Reads nothing more; what is under way ends. Any thread. */
  public void stop() {
    stopped = true;
  }

  /** True when all was read, or it was stopped. */
  public boolean isDone() {
    return stopped || target == null && targets.isEmpty();
  }

  private void pause(long bytesRead) {
    loop.clock.after(bytesRead * MICROS_PER_SECOND / BYTES_PER_SECOND, this::goOn);
  }

  private void goOn() {
    if (target == null) {
      target = targets.poll();
      walk = target == null ? null : walkOf(target);
    }
    if (target == null || stopped) {
      return;
    }
    if (target.log.isClosed() || !target.log.segmentList().contains(target.segment)) {
      target = null;
      pause(Blocks.BYTES);
      return;
    }
    target.segment.use(
        loop.files,
        (file, failure) -> {
          if (failure == null) {
            load(file);
          } else {
            leaveOut();
          }
        });
  }

  private static SegmentWalk walkOf(Target target) {
    Segment segment = target.segment;
    return new SegmentWalk(
        target.log.incarnation(),
        segment.salt,
        segment.dataStart,
        segment.base,
        target.endOffset,
        0);
  }

  /** What can't be opened now, or not be held in memory, is found by its readers. */
  private void leaveOut() {
    target = null;
    pause(RANGE_BYTES);
  }

  private void load(AsyncFile file) {
    windowStart = Blocks.down(walk.position());
    long needed = walk.position() - windowStart + Math.max(walk.loadBytes(), BatchHeader.BYTES);
    long length = Math.max(Blocks.up(needed), RANGE_BYTES);
    length = Math.min(length, Math.max(Blocks.BYTES, target.length - windowStart));
    try {
      window = loop.allocateBlocks((int) Blocks.up(length));
    } catch (OutOfMemoryError e) {
      target.segment.release();
      leaveOut();
      return;
    }
    file.read(
        windowStart,
        window,
        window.capacity(),
        (count, failure) -> {
          target.segment.release();
          if (failure != null || count == 0) {
            lost(walk.position(), walk.expected(), target.endOffset - walk.expected());
            endTarget();
          } else {
            walkOn(count);
          }
          window.release();
          window = null;
        });
  }

  /** Through what is loaded; what is not is the next turn's. */
  private void walkOn(int loaded) {
    while (true) {
      switch (walk.next(window, windowStart, target.length)) {
        case BATCH -> lost(walk.position(), walk.gapFirst(), walk.gap());
        case LOAD -> {
          if (loaded < window.capacity()) { // the file ends where more should be
            lost(walk.position(), walk.expected(), target.endOffset - walk.expected());
            target = null;
          }
          pause(loaded);
          return;
        }
        case END -> {
          lost(walk.position(), walk.expected(), target.endOffset - walk.expected());
          endTarget();
          return;
        }
      }
    }
  }

  private void endTarget() {
    target = null;
    pause(RANGE_BYTES);
  }

  private void lost(long position, long first, long count) {
    if (count > 0) {
      target.log.foundDamage(target.segment, position, first, count);
    }
  }
}

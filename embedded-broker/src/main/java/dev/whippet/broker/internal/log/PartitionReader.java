package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Reads of one partition: from the tail in memory where that reaches back far enough, else from the
 * segments by asynchronous reads. Sees the durable end and nothing beyond. A damaged batch is never
 * served: a read goes on behind it, and the gap is reported once. Owner loop only.
 */
final class PartitionReader {
  private static final int DAMAGE_NOTED_MAX = 1024;

  private final LogLoop loop;
  private final PartitionLog log;

  /** First offsets of gaps that were reported. */
  private final Set<Long> gapsNoted = new HashSet<>();

  /** A sealed segment kept open for the consumer that reads it. */
  private Segment warm;

  private int reading;

  PartitionReader(LogLoop loop, PartitionLog log) {
    this.loop = loop;
    this.log = log;
  }

  /** Recovery has reported these. */
  void noted(Set<Long> gaps) {
    gapsNoted.addAll(gaps);
  }

  boolean isIdle() {
    return reading == 0;
  }

  /**
   * Records from {@code fromOffset} (or the first retained one) up to the durable end, at most
   * {@code countMax} and about {@code bytesMax}; at least one when there is one, however large.
   * Damaged batches are skipped and reported.
   */
  void read(long fromOffset, int countMax, int bytesMax, LogCallback<Records> done) {
    long from = Math.max(fromOffset, log.firstOffset());
    if (from >= log.endOffset() || countMax <= 0) {
      done.done(Records.NONE, null);
    } else {
      reading++;
      readOn(new Records.Collector(loop.allocator, from, countMax, bytesMax), bytesMax, done);
    }
  }

  private void readOn(Records.Collector collector, int bytesMax, LogCallback<Records> done) {
    if (collector.isFull() || collector.next() >= log.endOffset()) {
      endRead(collector, done);
    } else if (collector.next() >= log.tail().start()) {
      log.tail().collect(collector);
      endRead(collector, done);
    } else {
      readCold(segmentAt(collector.next()), collector, bytesMax, done);
    }
  }

  private void readCold(
      int at, Records.Collector collector, int bytesMax, LogCallback<Records> done) {
    List<Segment> segments = log.segmentList();
    Segment segment = segments.get(at);
    SegmentWalk walk = segment.walkToOffset(collector.next(), log.incarnation());
    // Not the segment's own end: a segment of which nothing is left is not in the list.
    long end = at + 1 < segments.size() ? segments.get(at + 1).base : log.endOffset();
    ColdRead.Visitor visitor =
        new ColdRead.Visitor() {
          @Override
          public boolean batch(BatchHeader header, ByteBuf window, int bodyIndex) {
            noteGap(segment, walk.position(), walk.gapFirst(), walk.gap());
            return collector.take(header, window, bodyIndex);
          }

          @Override
          public void ended(boolean stopped, IOException failure) {
            if (failure != null) {
              failRead(collector, failure, done);
              return;
            }
            keepWarm(segment);
            if (!stopped) {
              noteGap(segment, walk.position(), walk.expected(), end - walk.expected());
              collector.skipTo(end);
            }
            if (stopped) {
              endRead(collector, done);
            } else {
              readOn(collector, bytesMax, done);
            }
          }
        };
    new ColdRead(loop, segment, walk, bytesMax, visitor).start();
  }

  private int segmentAt(long offset) {
    List<Segment> segments = log.segmentList();
    int low = 0;
    int high = segments.size() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (segments.get(middle).base <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  private void endRead(Records.Collector collector, LogCallback<Records> done) {
    done.done(collector.toRecords(), null);
    notReading();
  }

  /** What was found before the disk refused is served; the next read will tell. */
  private void failRead(
      Records.Collector collector, IOException failure, LogCallback<Records> done) {
    if (collector.count() > 0) {
      endRead(collector, done);
      return;
    }
    collector.release();
    done.done(null, new LogFailure(LogFailure.Reason.READ_FAILED, failure.toString()));
    notReading();
  }

  private void notReading() {
    reading--;
    log.endIfQuiet();
  }

  private void keepWarm(Segment segment) {
    if (segment == warm || log.isClosed()) {
      return;
    }
    segment.use(
        loop.files,
        (file, failure) -> {
          if (failure == null && log.isClosed()) {
            segment.release();
          } else if (failure == null) {
            releaseWarm();
            warm = segment;
          }
        });
  }

  /** It leaves: nobody may go on using it without need. */
  void forget(Segment segment) {
    if (segment == warm) {
      releaseWarm();
    }
  }

  void releaseWarm() {
    if (warm != null) {
      warm.release();
      warm = null;
    }
  }

  private void noteGap(Segment segment, long position, long first, long count) {
    if (count > 0 && gapsNoted.size() < DAMAGE_NOTED_MAX && gapsNoted.add(first)) {
      loop.damage.accept(
          new Damage(
              Damage.Kind.LOST,
              segment.path,
              position,
              0,
              first,
              count,
              "messages are damaged or missing; readers skip them"));
    }
  }

  /**
   * Offset of the first message stored at or after the time; {@link #endOffset} when none is. Times
   * are unsigned.
   */
  void offsetAtOrAfter(long timestampMicros, LogCallback<Long> done) {
    List<Segment> segments = log.segmentList();
    if (timestampMicros < 0 || segments.isEmpty()) {
      done.done(log.endOffset(), null);
      return;
    }
    long hot = log.tail().offsetAtOrAfter(timestampMicros);
    if (hot >= 0) {
      done.done(hot, null);
      return;
    }
    int at = segments.size() - 1;
    while (at > 0 && isYounger(segments.get(at), timestampMicros)) {
      at--;
    }
    reading++;
    searchTime(segments.get(at), timestampMicros, done);
  }

  /** True when what is searched for can't be behind its first batch. */
  private static boolean isYounger(Segment segment, long timestampMicros) {
    return segment.firstTimestamp < 0 || segment.firstTimestamp >= timestampMicros;
  }

  private void searchTime(Segment segment, long timestampMicros, LogCallback<Long> done) {
    SegmentWalk walk = segment.walkToTime(timestampMicros, log.incarnation());
    long[] found = {segment.endOffset};
    ColdRead.Visitor visitor =
        new ColdRead.Visitor() {
          @Override
          public boolean batch(BatchHeader header, ByteBuf window, int bodyIndex) {
            if (header.timestamp >= timestampMicros) {
              found[0] = header.baseOffset;
              return false;
            }
            return true;
          }

          @Override
          public void ended(boolean stopped, IOException failure) {
            if (failure != null) {
              done.done(null, new LogFailure(LogFailure.Reason.READ_FAILED, failure.toString()));
            } else {
              keepWarm(segment);
              done.done(found[0], null);
            }
            notReading();
          }
        };
    new ColdRead(loop, segment, walk, 0, visitor).start();
  }

  /**
   * One asynchronous walk through the durable batches of a segment: loads block-aligned ranges as
   * {@link SegmentWalk} asks for them and shows each sound batch to a visitor. Memory: one range of
   * at most {@link #RANGE_BYTES_MAX}, or one batch where that is larger; slices that the visitor
   * takes live on. Owner loop only.
   */
  private static final class ColdRead {

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

    static final int RANGE_BYTES_MAX = 1 << 20;
    private static final int RANGE_BYTES_MIN = 64 << 10;

    private final LogLoop loop;
    private final Segment segment;
    private final SegmentWalk walk;
    private final Visitor visitor;
    private final int rangeBytes;
    private AsyncFile file;
    private ByteBuf window;
    private long windowStart;
    private long limit;

    /**
     * @param bytesWanted about how much the visitor wants; decides how much is loaded at once
     */
    ColdRead(LogLoop loop, Segment segment, SegmentWalk walk, long bytesWanted, Visitor visitor) {
      this.loop = loop;
      this.segment = segment;
      this.walk = walk;
      this.visitor = visitor;
      this.rangeBytes =
          (int) Blocks.up(Math.max(RANGE_BYTES_MIN, Math.min(RANGE_BYTES_MAX, bytesWanted)));
      this.limit = segment.length;
    }

    void start() {
      segment.use(
          loop.files,
          (opened, failure) -> {
            file = opened;
            if (failure != null) {
              visitor.ended(false, failure);
            } else {
              walkOn();
            }
          });
    }

    private void walkOn() {
      while (true) {
        switch (walk.next(window, windowStart, limit)) {
          case LOAD -> {
            load();
            return;
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

    private void load() {
      releaseWindow();
      windowStart = Blocks.down(walk.position());
      long needed = walk.position() - windowStart + walk.loadBytes();
      long length = Math.min(Math.max(Blocks.up(needed), rangeBytes), limit - windowStart);
      try {
        window = loop.allocateBlocks((int) Blocks.up(length));
      } catch (OutOfMemoryError e) {
        end(false, new IOException("no memory to read " + segment.path, e));
        return;
      }
      file.read(
          windowStart,
          window,
          window.capacity(),
          (count, failure) -> {
            if (failure != null) {
              end(false, failure);
              return;
            }
            if (count < needed) {
              // The file is shorter than it was: what is missing is found missing by the offsets.
              limit = windowStart + count;
            }
            walkOn();
          });
    }

    private void end(boolean stopped, IOException failure) {
      releaseWindow();
      segment.release();
      visitor.ended(stopped, failure);
    }

    private void releaseWindow() {
      if (window != null) {
        window.release();
        window = null;
      }
    }
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
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

  /** True while nothing is known to be missing. */
  boolean foundNoGap() {
    return gapsNoted.isEmpty();
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
      readOn(new Records.Collector(loop.allocator, from, countMax, bytesMax), done);
    }
  }

  private void readOn(Records.Collector collector, LogCallback<Records> done) {
    collector.skipTo(log.firstOffset()); // retention may have taken what was wanted meanwhile
    if (collector.isFull() || collector.next() >= log.endOffset()) {
      endRead(collector, done);
    } else if (collector.next() >= log.tail().start()) {
      log.tail().collect(collector);
      endRead(collector, done);
    } else {
      readCold(segmentAt(collector.next()), collector, done);
    }
  }

  private void readCold(int at, Records.Collector collector, LogCallback<Records> done) {
    List<Segment> segments = log.segmentList();
    Segment segment = segments.get(at);
    SegmentWalk walk = segment.walkToOffset(collector.next(), log.incarnation());
    Segment after = at + 1 < segments.size() ? segments.get(at + 1) : null;
    // Not the segment's own end: a segment of which nothing is left is not in the list. Behind the
    // last one comes what is in memory only.
    long end = after == null ? Math.min(log.endOffset(), log.tail().start()) : after.base;
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
            if (!stopped) {
              noteGap(segment, walk.position(), walk.expected(), end - walk.expected());
              collector.skipTo(end);
            }
            if (stopped) {
              endRead(collector, done);
            } else {
              readOn(collector, done);
            }
          }
        };
    new ColdRead(loop, segment, after, walk, visitor).start();
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

  /** Gives up what is kept of the partition's segments; nothing reads them. */
  void releaseSegments() {
    log.segmentList().forEach(loop.cache::forget);
  }

  void noteGap(Segment segment, long position, long first, long count) {
    if (count <= 0) {
      return;
    }
    loop.cache.forget(segment); // the next reader asks the disk again
    if (gapsNoted.size() < DAMAGE_NOTED_MAX && gapsNoted.add(first)) {
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
    if (timestampMicros < 0) {
      done.done(log.endOffset(), null);
      return;
    }
    long hot = log.tail().offsetAtOrAfter(timestampMicros);
    if (hot < 0 && segments.isEmpty()) {
      hot = Math.min(log.endOffset(), log.tail().start());
    }
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
              done.done(found[0], null);
            }
            notReading();
          }
        };
    new ColdRead(loop, segment, null, walk, visitor).start();
  }
}

package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;

/**
 * The newest commits of one partition, kept in memory for consumers that keep up; a gapless end of
 * the log. The loop's {@link Budget} bounds all tails together, oldest commit first out. Owner loop
 * only; slices handed out live on.
 *
 * <pre>
 *   oldest                                      {@link #keepFrom}                newest
 *   | in a segment too: goes when memory is needed | only here and in a commit file: stays |
 * </pre>
 */
public final class HotTail {

  /** One commit as it was written: batches at {@code positions} of {@code buffer}. */
  private static final class Commit {
    final HotTail owner;
    final ByteBuf buffer;
    final int[] positions;
    final long base;
    final long end;

    Commit(HotTail owner, ByteBuf buffer, int[] positions, long base, long end) {
      this.owner = owner;
      this.buffer = buffer;
      this.positions = positions;
      this.base = base;
      this.end = end;
    }
  }

  /** Bytes of all tails of a loop. */
  public static final class Budget {
    private final long bytesMax;
    private final Runnable grown;
    private final ArrayDeque<Commit> oldestFirst = new ArrayDeque<>();
    private long bytes;
    private long heldBytes;
    private boolean used;

    Budget(long bytesMax, Runnable grown) {
      this.bytesMax = bytesMax;
      this.grown = grown;
    }

    /** It may go from now on. */
    private void add(Commit commit) {
      oldestFirst.add(commit);
      bytes += commit.buffer.capacity();
      shrinkTo(bytesMax);
      grown.run();
    }

    /** Gives up the oldest commits that may go until no more than {@code bytesLeft} are left. */
    void shrinkTo(long bytesLeft) {
      while (bytes > bytesLeft && !oldestFirst.isEmpty()) {
        Commit oldest = oldestFirst.remove();
        bytes -= oldest.buffer.capacity();
        oldest.owner.dropFirst(oldest);
      }
    }

    /** Slow (looks at all), for partitions that end. */
    private void removeAll(HotTail owner) {
      oldestFirst.removeIf(
          commit -> {
            if (commit.owner == owner) {
              bytes -= commit.buffer.capacity();
            }
            return commit.owner == owner;
          });
    }

    /** Gives up half when nobody came since the last call. */
    void idle() {
      if (!used) {
        shrinkTo(bytes < IDLE_BYTES ? 0 : bytes / 2);
      }
      used = false;
    }

    /** Of commits that may go. */
    long bytes() {
      return bytes;
    }

    /** Of commits that must stay. */
    long heldBytes() {
      return heldBytes;
    }
  }

  /** Less than this is given up at once by a loop that is idle. */
  private static final long IDLE_BYTES = 1 << 20;

  private final Budget budget;
  private final BatchHeader header = new BatchHeader();
  private Commit[] ring = new Commit[8];
  private int first;
  private int size;

  /** How many of the oldest may go. */
  private int free;

  private long keepFrom = Long.MAX_VALUE;

  public HotTail(Budget budget) {
    this.budget = budget;
  }

  /** Keeps a durable commit; takes over the reference. */
  public void add(ByteBuf buffer, int[] positions, long base, long end) {
    if (size == ring.length) {
      Commit[] larger = new Commit[2 * size];
      for (int i = 0; i < size; i++) {
        larger[i] = at(i);
      }
      ring = larger;
      first = 0;
    }
    ring[(first + size) & (ring.length - 1)] = new Commit(this, buffer, positions, base, end);
    size++;
    budget.used = true;
    budget.heldBytes += buffer.capacity();
    letGo();
  }

  /**
   * Messages from {@code offset} on are nowhere else yet and stay in memory; {@link Long#MAX_VALUE}
   * (so it begins) when all are in a segment.
   */
  public void keepFrom(long offset) {
    keepFrom = offset;
    letGo();
  }

  private void letGo() {
    while (free < size && at(free).end <= keepFrom) {
      Commit commit = at(free++);
      budget.heldBytes -= commit.buffer.capacity();
      budget.add(commit);
    }
  }

  private void dropFirst(Commit expected) {
    assert at(0) == expected;
    ring[first] = null;
    first = (first + 1) & (ring.length - 1);
    size--;
    free--;
    expected.buffer.release();
  }

  private Commit at(int index) {
    return ring[(first + index) & (ring.length - 1)];
  }

  /** Offset of the oldest message in memory; {@link Long#MAX_VALUE} when there is none. */
  public long start() {
    return size == 0 ? Long.MAX_VALUE : at(0).base;
  }

  /** Collects from {@code collector.next()}, which is not below {@link #start()}. */
  public void collect(Records.Collector collector) {
    budget.used = true;
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (at(middle).end <= collector.next()) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    for (int i = low; i < size; i++) {
      Commit commit = at(i);
      int batch = i == low ? batchWith(commit, collector.next()) : 0;
      for (; batch < commit.positions.length; batch++) {
        int position = commit.positions[batch];
        header.baseOffset = commit.buffer.getLongLE(position + BatchHeader.BASE_INDEX);
        header.count = commit.buffer.getIntLE(position + BatchHeader.COUNT_INDEX);
        header.bodyBytes = commit.buffer.getIntLE(position + BatchHeader.BODY_BYTES_INDEX);
        if (!collector.take(header, commit.buffer, position + BatchHeader.BYTES)) {
          return;
        }
      }
    }
  }

  /** Index of the last batch that begins at or below the offset, 0 when there is none. */
  private static int batchWith(Commit commit, long offset) {
    int low = 0;
    int high = commit.positions.length - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      int position = commit.positions[middle];
      if (commit.buffer.getLongLE(position + BatchHeader.BASE_INDEX) <= offset) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Base of the first batch at or after the time, -1 when that is not in memory for certain. */
  public long offsetAtOrAfter(long timestampMicros) {
    if (size == 0 || timeOf(at(0), at(0).positions[0]) >= timestampMicros) {
      return -1;
    }
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      Commit commit = at(middle);
      if (timeOf(commit, commit.positions[commit.positions.length - 1]) < timestampMicros) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == size) {
      return at(size - 1).end;
    }
    Commit commit = at(low);
    int batch = 0;
    while (timeOf(commit, commit.positions[batch]) < timestampMicros) {
      batch++;
    }
    return commit.buffer.getLongLE(commit.positions[batch] + BatchHeader.BASE_INDEX);
  }

  private static long timeOf(Commit commit, int position) {
    return commit.buffer.getLongLE(position + BatchHeader.TIME_INDEX);
  }

  /** Forgets everything. */
  public void clear() {
    budget.removeAll(this);
    for (int i = 0; i < size; i++) {
      budget.heldBytes -= i < free ? 0 : at(i).buffer.capacity();
      at(i).buffer.release();
    }
    ring = new Commit[8];
    first = 0;
    size = 0;
    free = 0;
  }
}

package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;

/**
 * The newest commits of one partition, kept in memory for consumers that keep up; a gapless end of
 * the log. The loop's {@link Budget} bounds all tails together, oldest commit first out. Owner loop
 * only; slices handed out live on.
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
    private final ArrayDeque<Commit> oldestFirst = new ArrayDeque<>();
    private long bytes;

    Budget(long bytesMax) {
      this.bytesMax = bytesMax;
    }

    private void add(Commit commit) {
      oldestFirst.add(commit);
      bytes += commit.buffer.capacity();
      while (bytes > bytesMax) {
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
              commit.buffer.release();
            }
            return commit.owner == owner;
          });
    }

    long bytes() {
      return bytes;
    }
  }

  private final Budget budget;
  private Commit[] ring = new Commit[8];
  private int first;
  private int size;

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
    Commit commit = new Commit(this, buffer, positions, base, end);
    ring[(first + size) & (ring.length - 1)] = commit;
    size++;
    budget.add(commit);
  }

  private void dropFirst(Commit expected) {
    assert at(0) == expected;
    ring[first] = null;
    first = (first + 1) & (ring.length - 1);
    size--;
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
    BatchHeader header = new BatchHeader();
    for (int i = low; i < size; i++) {
      Commit commit = at(i);
      for (int position : commit.positions) {
        header.baseOffset = commit.buffer.getLongLE(position + 32);
        header.count = commit.buffer.getIntLE(position + 40);
        header.bodyBytes = commit.buffer.getIntLE(position + 8);
        if (!collector.take(header, commit.buffer, position + BatchHeader.BYTES)) {
          return;
        }
      }
    }
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
    return commit.buffer.getLongLE(commit.positions[batch] + 32);
  }

  private static long timeOf(Commit commit, int position) {
    return commit.buffer.getLongLE(position + 88);
  }

  /** Forgets everything. */
  public void clear() {
    budget.removeAll(this);
    ring = new Commit[8];
    first = 0;
    size = 0;
  }
}

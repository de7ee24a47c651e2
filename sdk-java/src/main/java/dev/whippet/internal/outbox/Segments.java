package dev.whippet.internal.outbox;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments that hold unacknowledged records, oldest first, and the counters over them.
 *
 * <p>All state is guarded by this; no file is touched under the lock. The newest segment is never
 * released, because it holds the newest facts.
 */
final class Segments {
  private final List<Segment> live = new ArrayList<>();
  private final ArrayDeque<Segment> released = new ArrayDeque<>();
  private long liveRecords;
  private long liveBytes;
  private long fileBytes;

  private volatile long acknowledged;
  private volatile long backlogRecords;
  private volatile long backlogBytes;
  private volatile long stored;

  // ---- store thread, recovery

  synchronized void acknowledgedBefore(long sequence) {
    acknowledged = sequence;
    stored = Math.max(stored, sequence);
  }

  /** A segment whose header and first commit are on stable storage. */
  synchronized void add(Segment segment) {
    live.add(segment);
    liveRecords += segment.count;
    liveBytes += segment.used;
    stored = Math.max(stored, segment.last);
    sweep();
  }

  /** More of the newest segment is on stable storage. */
  synchronized void grow(Segment segment, long used, long last, long count) {
    liveRecords += count;
    liveBytes += used - segment.used;
    segment.count += count;
    segment.last = last;
    segment.used = used;
    stored = Math.max(stored, last);
    sweep();
  }

  synchronized void seal(Segment segment) {
    segment.sealed = true;
    sweep();
  }

  /** Every sequence up to here is stored or was reported as failed. */
  synchronized void settle(long sequence) {
    stored = Math.max(stored, sequence);
  }

  /** Takes segments that a durable cursor allows to recycle. */
  synchronized List<Segment> takeReleased(long durableAcknowledged) {
    List<Segment> taken = new ArrayList<>();
    while (!released.isEmpty() && released.peek().last <= durableAcknowledged) {
      taken.add(released.poll());
    }
    return taken;
  }

  synchronized boolean anyReleased() {
    return !released.isEmpty();
  }

  synchronized void fileBytes(long difference) {
    fileBytes += difference;
  }

  // ---- any thread

  synchronized void acknowledge(long upToSequence) {
    acknowledged = Math.max(acknowledged, Math.min(upToSequence, stored));
    sweep();
  }

  /** The first segment with a sequence above; null if there is none. */
  synchronized Segment after(long sequence) {
    int low = 0;
    int high = live.size();
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (live.get(middle).last > sequence) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low < live.size() ? live.get(low) : null;
  }

  /**
   * Records of a segment turned out to be lost.
   *
   * @return false if they were counted before
   */
  synchronized boolean lose(Segment segment, long first, long last) {
    if (last <= segment.lossReportedTo) {
      return false;
    }
    long lost = Math.min(last - Math.max(first - 1, segment.lossReportedTo), segment.count);
    segment.lossReportedTo = last;
    segment.count -= lost;
    if (!segment.released) {
      liveRecords -= lost;
    }
    sweep();
    return true;
  }

  /** Nothing sound stands in a sealed segment behind this sequence. */
  synchronized void cut(Segment segment, long last) {
    segment.last = Math.max(segment.previousSequence, last);
    sweep();
  }

  long acknowledged() {
    return acknowledged;
  }

  long stored() {
    return stored;
  }

  long backlogRecords() {
    return backlogRecords;
  }

  long backlogBytes() {
    return backlogBytes;
  }

  synchronized long bytesOnDisk() {
    return fileBytes;
  }

  private void sweep() {
    int free = 0;
    while (free < live.size() - 1 && live.get(free).sealed && live.get(free).last <= acknowledged) {
      Segment segment = live.get(free++);
      segment.released = true;
      liveRecords -= segment.count;
      liveBytes -= segment.used;
      released.add(segment);
    }
    live.subList(0, free).clear();
    long records = liveRecords;
    long bytes = liveBytes;
    if (!live.isEmpty()) {
      Segment first = live.get(0);
      long open = Math.max(0, first.last - Math.max(acknowledged, first.previousSequence));
      records -= Math.max(0, first.count - open);
      if (first.last <= acknowledged) {
        bytes -= first.used;
      }
    }
    backlogRecords = records;
    backlogBytes = bytes;
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The segments of one channel that hold unacknowledged records, oldest first, the counters over
 * them, and what may have been sent.
 *
 * <p>A drop of the oldest records has two steps: {@link #beginDrop} keeps them from being sent or
 * acknowledged from now on, {@link #endDrop}, when the gap is on the disk, moves the cursor over
 * them.
 *
 * <p>All state is guarded by this; no file is touched under the lock. The newest segment is never
 * released, because it holds the newest facts.
 */
final class Segments {
  final int channel;
  private final List<Segment> live = new ArrayList<>();
  private final ArrayDeque<Segment> released = new ArrayDeque<>();
  private long liveRecords;
  private long liveBytes;

  /** Records up to here may have been sent. */
  private long claimed;

  /** Where acknowledgements would have moved the cursor, were there no drop under way. */
  private long wanted;

  private boolean dropping;
  private volatile long droppedTo;
  private volatile long acknowledged;
  private volatile long backlogRecords;
  private volatile long backlogBytes;
  private volatile long stored;

  Segments(int channel) {
    this.channel = channel;
    this.acknowledged = Channel.base(channel);
    this.stored = acknowledged;
    this.claimed = acknowledged;
    this.droppedTo = acknowledged;
  }

  // ---- store thread, recovery

  synchronized void acknowledgedBefore(long sequence, long claimedBefore) {
    acknowledged = sequence;
    claimed = claimedBefore;
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

  // ---- drops

  /** The segment with the oldest record that waits; null if there is none. */
  synchronized Segment oldest() {
    return after(Math.max(acknowledged, droppedTo));
  }

  /** Records up to here are on their way out; returns up to where they may have been sent. */
  synchronized long beginDrop(long last) {
    dropping = true;
    droppedTo = Math.max(droppedTo, last);
    sweep();
    return claimed;
  }

  /** The gap of all drops begun is on the disk. */
  synchronized void endDrop() {
    if (dropping) {
      dropping = false;
      acknowledge(Math.max(wanted, droppedTo));
    }
  }

  /** These records are sent now, or soon; false if one of them is dropped. */
  synchronized boolean claim(long first, long last) {
    if (first <= droppedTo) {
      return false;
    }
    claimed = Math.max(claimed, last);
    return true;
  }

  /** The serial of the newest segment; 0 if there is none. */
  synchronized long newestSerial() {
    return live.isEmpty() ? 0 : live.get(live.size() - 1).serial;
  }

  long droppedTo() {
    return droppedTo;
  }

  synchronized long claimed() {
    return claimed;
  }

  // ---- any thread

  synchronized void acknowledge(long upToSequence) {
    if (dropping) {
      wanted = Math.max(wanted, upToSequence);
      return;
    }
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
    long passed = Math.max(acknowledged, droppedTo);
    for (Segment segment : live) {
      long open = Math.max(0, segment.last - Math.max(passed, segment.previousSequence));
      records -= Math.max(0, segment.count - open);
      if (segment.last > passed) {
        break;
      }
      bytes -= segment.used;
    }
    backlogRecords = records;
    backlogBytes = bytes;
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.OutboxException.Reason;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was sent and waits for the disk: two halves of memory for each channel. Producers copy
 * framed records into one while the store thread writes the other; {@link #take} swaps them.
 * Sequences are given here, in the order of the bytes.
 *
 * <p>All state is guarded by {@code lock}; nothing under it waits for a disk. Limits: bytes of a
 * half, of all channels together; count of records in all; the backlog's bytes and records; and the
 * sequences reserved.
 */
final class Ring {
  /** A half is allocated this large, and doubles up to its limit. */
  private static final int BATCH_BYTES_FIRST = 16 * 1024;

  /** One half of one channel: records back to back, behind room for a commit header. */
  static final class Batch {
    byte[] bytes;
    int end;
    int count;
    long firstSequence;
    long lastSequence;

    /** Messages that came while there was no room; their sequences are not among the bytes. */
    final ArrayList<GapReport> refused = new ArrayList<>();

    void clear() {
      end = Format.COMMIT_BYTES;
      count = 0;
      refused.clear();
    }

    int size() {
      return end - Format.COMMIT_BYTES;
    }

    boolean isEmpty() {
      return count == 0 && refused.isEmpty();
    }

    void refuse(GapReport more) {
      int newest = refused.size() - 1;
      if (newest >= 0 && refused.get(newest).continuesWith(more)) {
        refused.set(newest, refused.get(newest).and(more));
      } else {
        refused.add(more);
      }
      lastSequence = more.lastSequence();
    }
  }

  /** All that waited when the store thread took it; its own until the next. */
  static final class Round {
    final Batch[] batches = new Batch[Channel.COUNT];
    int count;
    long bytes;

    /** No work came within the time given to {@link #take}. */
    boolean timedOut;

    /** The outbox is closing, and nothing more will come. */
    boolean closing;

    Round() {
      for (int c = 0; c < Channel.COUNT; c++) {
        batches[c] = new Batch();
      }
      clear();
    }

    void clear() {
      for (Batch batch : batches) {
        batch.clear();
      }
      count = 0;
      bytes = 0;
      timedOut = false;
      closing = false;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final OutboxConfig config;
  private final Segments[] segments;
  private final long[] next = new long[Channel.COUNT];
  private final long[] reserved = new long[Channel.COUNT];

  /** The channel of each lane that takes what is sent. */
  private final int[] turn = new int[Channel.LANES];

  private Round filling = new Round();
  private Round written = new Round();
  private int writing;
  private long writingBytes;
  private boolean anyRefused;
  private boolean poked;

  /** The store thread waits without end: it must be told that there is idle work. */
  private boolean patient;

  private boolean closed;
  private Throwable broken;

  Ring(OutboxConfig config, Segments[] segments, long[] lastSequences, Meta meta, int[] turn) {
    this.config = config;
    this.segments = segments;
    for (int c = 0; c < Channel.COUNT; c++) {
      next[c] = lastSequences[c] + 1;
      reserved[c] = meta.reserved.get(c);
    }
    System.arraycopy(turn, 0, this.turn, 0, turn.length);
  }

  // ---- producers

  long send(Entry entry) throws OutboxException {
    long body = entry.bodyBytes();
    if (body > config.recordBytesMax()) {
      throw new OutboxException(
          Reason.TOO_LARGE,
          "record has " + body + " bytes, limit recordBytesMax " + config.recordBytesMax());
    }
    int length = (int) Format.recordLength(body);
    lock.lock();
    try {
      boolean taken = awaitRoom(entry, length);
      int channel = turn[entry.lane];
      Batch batch = filling.batches[channel];
      if (filling.count == 0 && !anyRefused || config.commitIntervalNanos() > 0 && isHalfFull()) {
        work.signal();
      }
      if (!taken) {
        return refuse(entry, batch, channel, length);
      }
      if (batch.count == 0) {
        batch.firstSequence = next[channel];
      }
      reserveBytes(batch, length);
      entry.write(batch.bytes, batch.end, length, next[channel]);
      batch.end += length;
      batch.count++;
      batch.lastSequence = next[channel];
      filling.count++;
      filling.bytes += length;
      return next[channel]++;
    } finally {
      lock.unlock();
    }
  }

  private long refuse(Entry entry, Batch batch, int channel, int length) {
    long sequence = next[channel]++;
    long now = TimeUnit.MICROSECONDS.toMillis(entry.originTimestampMicros);
    batch.refuse(GapReport.drop(GapReport.Reason.REFUSED, sequence, sequence, 1, length, now));
    anyRefused = true;
    return sequence;
  }

  /** False: there is none, and the message at hand is to be dropped. */
  private boolean awaitRoom(Entry entry, int length) throws OutboxException {
    long left = entry.report ? 0 : config.blockNanos();
    for (; ; ) {
      if (closed) {
        throw new OutboxException(Reason.CLOSED, "outbox is closed", broken);
      }
      int channel = turn[entry.lane];
      if (next[channel] > reserved[channel]) {
        throwIfOver(left, "sequences can't be reserved, is the disk full?");
      } else {
        String bound = boundReached(entry, length);
        if (bound == null) {
          return true;
        }
        if (config.overflow().drops() && !entry.report) {
          return false;
        }
        throwIfOver(left, bound);
      }
      try {
        left = room.awaitNanos(left);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new OutboxException(Reason.INTERRUPTED, "interrupted while waiting for room");
      }
    }
  }

  private static void throwIfOver(long left, String bound) throws OutboxException {
    if (left <= 0) {
      throw new OutboxException(Reason.FULL, "outbox is full: " + bound);
    }
  }

  private String boundReached(Entry entry, int length) {
    if (filling.bytes + length > config.ringBytes() / 2 - Format.COMMIT_BYTES) {
      return "ringBytes " + config.ringBytes();
    }
    if (filling.count + writing >= config.ringRecords()) {
      return "ringRecords " + config.ringRecords();
    }
    if (entry.report || config.overflow() == OutboxConfig.Overflow.DROP_OLDEST) {
      return null; // the store thread makes room
    }
    long bytes = writingBytes + filling.bytes + length;
    long records = writing + filling.count;
    for (Segments channel : segments) {
      bytes += channel.backlogBytes();
      records += channel.backlogRecords();
    }
    if (bytes > config.backlogBytesMax()) {
      return "backlogBytesMax " + config.backlogBytesMax();
    }
    return records >= config.backlogRecordsMax()
        ? "backlogRecordsMax " + config.backlogRecordsMax()
        : null;
  }

  private void reserveBytes(Batch batch, int length) {
    int needed = batch.end + length;
    if (batch.bytes == null || batch.bytes.length < needed) {
      int size = batch.bytes == null ? BATCH_BYTES_FIRST : batch.bytes.length;
      while (size < needed) {
        size *= 2;
      }
      size = Math.min(size, config.ringBytes() / 2);
      batch.bytes = batch.bytes == null ? new byte[size] : Arrays.copyOf(batch.bytes, size);
    }
  }

  /** What is sent from now on in this lane takes its other channel. */
  void turn(int lane) {
    lock.lock();
    try {
      turn[lane] ^= 1;
    } finally {
      lock.unlock();
    }
  }

  /** The channel that takes what is sent in a lane. */
  int channelOf(int lane) {
    lock.lock();
    try {
      return turn[lane];
    } finally {
      lock.unlock();
    }
  }

  // ---- store thread

  /**
   * Waits for work, and takes all of it. The round is the caller's until the next call.
   *
   * @param nanos how long; negative means as long as it takes
   * @param gatherNanos how long to let more come, once there is some, unless somebody waits for it
   */
  Round take(long nanos, long gatherNanos) {
    lock.lock();
    try {
      long left = nanos;
      boolean inTime = true;
      patient = nanos < 0;
      while (filling.count == 0 && !anyRefused && !poked && !closed && inTime) {
        try {
          if (nanos < 0) {
            work.await();
          } else {
            left = work.awaitNanos(left);
            inTime = left > 0;
          }
        } catch (InterruptedException ignored) {
          poked = true; // nobody may interrupt this thread; if one does, look around and go on
        }
      }
      gather(gatherNanos);
      Round taken = filling;
      filling = written;
      filling.clear();
      written = taken;
      writing = taken.count;
      writingBytes = taken.bytes;
      taken.timedOut = !inTime && taken.count == 0 && !anyRefused && !poked;
      taken.closing = closed;
      anyRefused = false;
      poked = false;
      patient = false;
      room.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  private void gather(long nanos) {
    long left = nanos;
    while (left > 0 && filling.count > 0 && !poked && !closed && !isHalfFull()) {
      try {
        left = work.awaitNanos(left);
      } catch (InterruptedException ignored) {
        left = 0;
      }
    }
  }

  private boolean isHalfFull() {
    return filling.bytes > config.ringBytes() / 4 || filling.count > config.ringRecords() / 4;
  }

  /** What was taken of a channel is in the segments' counters now, or has failed. */
  void settled(int channel) {
    lock.lock();
    try {
      Batch batch = written.batches[channel];
      writing -= batch.count;
      writingBytes -= batch.size();
      batch.clear();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void reserved(Meta meta) {
    lock.lock();
    try {
      for (int c = 0; c < Channel.COUNT; c++) {
        reserved[c] = meta.reserved.get(c);
      }
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean hasWork() {
    lock.lock();
    try {
      return filling.count > 0 || anyRefused || closed;
    } finally {
      lock.unlock();
    }
  }

  /** Nothing is sent for a while: large halves are given back. */
  void rest() {
    lock.lock();
    try {
      for (int c = 0; c < Channel.COUNT; c++) {
        rest(filling.batches[c]);
        rest(written.batches[c]);
      }
    } finally {
      lock.unlock();
    }
  }

  private static void rest(Batch batch) {
    if (batch.isEmpty() && batch.bytes != null && batch.bytes.length > BATCH_BYTES_FIRST) {
      batch.bytes = null;
    }
  }

  // ---- any thread

  /** Makes {@link #take} return. */
  void poke() {
    lock.lock();
    try {
      poked = true;
      work.signal();
    } finally {
      lock.unlock();
    }
  }

  /** There may be room, and the cursor is to be kept some time. */
  void acknowledged() {
    lock.lock();
    try {
      room.signalAll();
      if (patient) {
        poked = true;
        work.signal();
      }
    } finally {
      lock.unlock();
    }
  }

  /** No more sends; take returns what is left. */
  void close(Throwable cause) {
    lock.lock();
    try {
      closed = true;
      broken = broken == null ? cause : broken;
      work.signalAll();
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  long lastSequence(int channel) {
    lock.lock();
    try {
      return next[channel] - 1;
    } finally {
      lock.unlock();
    }
  }

  /** Records of a lane that wait for the disk. */
  long waitingRecords(int lane) {
    lock.lock();
    try {
      long records = 0;
      for (int c = 2 * lane; c < 2 * lane + 2; c++) {
        records += filling.batches[c].count + written.batches[c].count;
      }
      return records;
    } finally {
      lock.unlock();
    }
  }

  long waitingBytes() {
    lock.lock();
    try {
      return filling.bytes + writingBytes;
    } finally {
      lock.unlock();
    }
  }
}

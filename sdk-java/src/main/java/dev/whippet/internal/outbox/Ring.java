package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.OutboxException.Reason;
import java.util.Arrays;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * What was sent and waits for the disk: two halves of memory. Producers copy framed records into
 * one while the store thread writes the other; {@link #take} swaps them. Sequences are given here,
 * in the order of the bytes.
 *
 * <p>All state is guarded by {@code lock}; nothing under it waits for a disk. Limits: bytes of a
 * half, count of records in both, the backlog's bytes and records, and the sequences reserved.
 */
final class Ring {
  /** A half is allocated this large, and doubles up to its limit. */
  private static final int BATCH_BYTES_FIRST = 16 * 1024;

  /** One half: records back to back, behind room for a commit header. */
  static final class Batch {
    byte[] bytes;
    int end;
    int count;
    long firstSequence;

    /** No work came within the time given to {@link #take}. */
    boolean timedOut;

    /** The outbox is closing, and nothing more will come. */
    boolean closing;

    void clear() {
      end = Format.COMMIT_BYTES;
      count = 0;
      timedOut = false;
      closing = false;
    }

    int size() {
      return end - Format.COMMIT_BYTES;
    }

    long lastSequence() {
      return firstSequence + count - 1;
    }
  }

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final Condition room = lock.newCondition();
  private final OutboxConfig config;
  private final Segments segments;
  private Batch filling = new Batch();
  private Batch written = new Batch();
  private int writing;
  private int writingRecords;
  private long next;
  private long reserved;
  private boolean poked;

  /** The store thread waits without end: it must be told that there is idle work. */
  private boolean patient;

  private boolean closed;
  private Throwable broken;

  Ring(OutboxConfig config, Segments segments, long next, long reserved) {
    this.config = config;
    this.segments = segments;
    this.next = next;
    this.reserved = reserved;
    filling.clear();
    written.clear();
  }

  // ---- producers

  long send(Entry entry) throws OutboxException {
    long body = (long) entry.key.length + entry.headers.length + entry.payloadLength;
    if (body > config.recordBytesMax()) {
      throw new OutboxException(
          Reason.TOO_LARGE,
          "record has " + body + " bytes, limit recordBytesMax " + config.recordBytesMax());
    }
    int length = (int) Format.recordLength(body);
    lock.lock();
    try {
      awaitRoom(length);
      if (filling.count == 0) {
        filling.firstSequence = next;
        work.signal();
      }
      reserveBytes(filling, length);
      Format.putMessage(filling.bytes, filling.end, length, entry, next);
      filling.end += length;
      filling.count++;
      return next++;
    } finally {
      lock.unlock();
    }
  }

  private void awaitRoom(int length) throws OutboxException {
    long left = config.blockNanos();
    for (; ; ) {
      if (closed) {
        throw new OutboxException(Reason.CLOSED, "outbox is closed", broken);
      }
      String bound = boundReached(length);
      if (bound == null) {
        return;
      }
      if (left <= 0) {
        throw new OutboxException(Reason.FULL, "outbox is full: " + bound);
      }
      try {
        left = room.awaitNanos(left);
      } catch (InterruptedException interrupted) {
        Thread.currentThread().interrupt();
        throw new OutboxException(Reason.INTERRUPTED, "interrupted while waiting for room");
      }
    }
  }

  private String boundReached(int length) {
    if (filling.end + length > config.ringBytes() / 2) {
      return "ringBytes " + config.ringBytes();
    }
    if (filling.count + writingRecords >= config.ringRecords()) {
      return "ringRecords " + config.ringRecords();
    }
    if (segments.backlogBytes() + writing + filling.size() + length > config.backlogBytesMax()) {
      return "backlogBytesMax " + config.backlogBytesMax();
    }
    if (segments.backlogRecords() + writingRecords + filling.count >= config.backlogRecordsMax()) {
      return "backlogRecordsMax " + config.backlogRecordsMax();
    }
    return next > reserved ? "sequences can't be reserved, is the disk full?" : null;
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

  // ---- store thread

  /**
   * Waits for work, and takes all of it. The batch is the caller's until the next call.
   *
   * @param nanos how long; negative means as long as it takes
   */
  Batch take(long nanos) {
    lock.lock();
    try {
      long left = nanos;
      boolean inTime = true;
      patient = nanos < 0;
      while (filling.count == 0 && !poked && !closed && inTime) {
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
      Batch taken = filling;
      filling = written;
      filling.clear();
      written = taken;
      writing = taken.size();
      writingRecords = taken.count;
      taken.timedOut = !inTime && taken.count == 0 && !poked;
      taken.closing = closed;
      poked = false;
      patient = false;
      room.signalAll();
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** What was taken is in the segments' counters now, or has failed. */
  void settled() {
    lock.lock();
    try {
      writing = 0;
      writingRecords = 0;
      room.signalAll();
    } finally {
      lock.unlock();
    }
  }

  void reserved(long upToSequence) {
    lock.lock();
    try {
      reserved = upToSequence;
      room.signalAll();
    } finally {
      lock.unlock();
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

  long lastSequence() {
    lock.lock();
    try {
      return next - 1;
    } finally {
      lock.unlock();
    }
  }

  long waitingRecords() {
    lock.lock();
    try {
      return filling.count + writingRecords;
    } finally {
      lock.unlock();
    }
  }

  long waitingBytes() {
    lock.lock();
    try {
      return filling.size() + writing;
    } finally {
      lock.unlock();
    }
  }
}

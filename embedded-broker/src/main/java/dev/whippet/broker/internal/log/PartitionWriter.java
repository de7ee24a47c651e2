package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitQueue;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Where a partition's commits go: here, straight into its newest segment. A commit is one durable,
 * block-aligned write behind the last one. When the segment is full, the commit begins a new one:
 *
 * <pre>
 *   directory, its name durable -> file, its name durable -> one durable write of
 *   | header | copy | snapshot of producers, padded | batches, padded |
 * </pre>
 *
 * Owner loop only.
 */
final class PartitionWriter implements CommitQueue.Target<PartitionWriter.Pending> {

  /** One batch, or (without header) one answer that waits for all batches before it. */
  static final class Pending {
    final BatchHeader header;
    final ProducerTable.Marks marks;
    final LogCallback<Void> done;

    /** Ours until they are copied into the commit. */
    ByteBuf records;

    Pending(
        ByteBuf records, BatchHeader header, ProducerTable.Marks marks, LogCallback<Void> done) {
      this.records = records;
      this.header = header;
      this.marks = marks;
      this.done = done;
    }

    boolean isBatch() {
      return header != null;
    }
  }

  private final LogLoop loop;
  private final PartitionLog log;
  private final ProducerTable producers;
  private final CommitQueue<Pending> queue = new CommitQueue<>(this);

  /** The newest segment if the next commit may go there, and its descriptor once it is open. */
  private Segment active;

  private AsyncFile activeFile;

  /** Bytes of records that are not yet part of a write. */
  private long waitingBytes;

  PartitionWriter(LogLoop loop, PartitionLog log, ProducerTable producers) {
    this.loop = loop;
    this.log = log;
    this.producers = producers;
  }

  /**
   * Goes on in a recovered segment; {@code null} = the next commit begins one. What is loose is
   * durable elsewhere, and not in a segment yet.
   */
  void continueIn(Segment segment, List<LooseBatch> loose) {
    active = segment;
    loose.forEach(batch -> batch.records().release());
  }

  /** The next commit begins a segment. */
  void endSegment() {
    active = null;
  }

  /** The segment that the next commit may go on in, {@code null} when it begins one. */
  Segment active() {
    return active;
  }

  void add(Pending pending) {
    if (pending.isBatch()) {
      waitingBytes += pending.header.bodyBytes;
    }
    queue.add(pending);
  }

  long waitingBytes() {
    return waitingBytes;
  }

  boolean isIdle() {
    return queue.isIdle();
  }

  /** Why nothing is taken, {@code null} when it is. */
  LogFailure refusal() {
    return queue.refusal();
  }

  void refuse(LogFailure failure) {
    queue.refuse(failure);
  }

  void failWaiting(LogFailure failure) {
    queue.failWaiting(failure);
  }

  /**
   * Goes on after a commit found the disk full. Where that may have written is left alone: what
   * comes next has a segment of its own, and what stands behind the end of the old one has offsets
   * that belong to the new one, so that recovery does not take it for data.
   */
  void reopen() {
    releaseFile();
    active = null;
    queue.reopen();
  }

  /** The end could not be read back. */
  void refuseForGood(LogFailure failure) {
    queue.reopen();
    queue.refuse(failure);
  }

  /** Closes the descriptor; nothing is in flight. */
  void releaseFile() {
    if (activeFile != null) {
      activeFile = null;
      active.release();
    }
  }

  @Override
  public boolean commit(
      ArrayDeque<Pending> waiting, List<Pending> group, FileCompletion<Void> done) {
    int total = 0;
    long limit = 0;
    boolean roll = false;
    byte[] snapshot = null;
    while (!waiting.isEmpty()) {
      Pending next = waiting.peek();
      if (next.isBatch()) {
        int size = next.header.totalBytes();
        if (total == 0) {
          roll = needsNewSegment(size);
          snapshot = roll ? producers.snapshot() : null;
          long used = roll ? FileHeader.COPIES_BYTES + snapshot.length : active.length;
          limit = Math.min(loop.config.commitBytesMax(), loop.config.segmentBytes() - used);
        } else if (total + size > limit) {
          break;
        }
        total += size;
      }
      group.add(waiting.poll());
    }
    if (total == 0) {
      return false;
    }
    int head = roll ? FileHeader.COPIES_BYTES + Blocks.up(snapshot.length) : 0;
    ByteBuf out = loop.allocateBlocks(head + Blocks.up(total)); // first: it may throw
    FileCompletion<Void> ended =
        (nothing, failure) -> {
          if (failure != null) {
            out.release(); // else the tail has it
          }
          done.done(null, failure);
        };
    if (roll) {
      beginSegment(group, out, snapshot, ended);
    } else {
      continueSegment(group, out, ended);
    }
    return true;
  }

  @Override
  public void durable(Pending entry) {
    entry.done.done(null, null);
  }

  @Override
  public void idle() {
    log.endIfQuiet();
  }

  @Override
  public void broken(LogFailure failure) {
    log.broken(failure);
  }

  @Override
  public void undone() {
    producers.rollBack();
    log.undone();
  }

  @Override
  public void failed(Pending entry, LogFailure failure) {
    if (entry.records != null) {
      releaseRecords(entry);
    }
    entry.done.done(null, failure);
  }

  private boolean needsNewSegment(int bytes) {
    return active == null
        || active.length > active.dataStart && log.isOld(active)
        || active.length > active.dataStart && active.length + bytes > loop.config.segmentBytes();
  }

  private void continueSegment(List<Pending> group, ByteBuf out, FileCompletion<Void> done) {
    if (activeFile == null) {
      active.use(
          loop.files,
          (opened, failure) -> {
            activeFile = opened;
            if (failure != null) {
              done.done(null, failure);
            } else {
              continueSegment(group, out, done);
            }
          });
      return;
    }
    write(new Commit(active, activeFile, active.length, out), group, done);
  }

  /** Directory and file get durable names before anything in them may be acknowledged. */
  private void beginSegment(
      List<Pending> group, ByteBuf out, byte[] snapshot, FileCompletion<Void> done) {
    long base = baseOf(group);
    long dataStart = FileHeader.COPIES_BYTES + Blocks.up((long) snapshot.length);
    Segment next =
        new Segment(
            log.directory().resolve(PartitionRecovery.nameOf(base)),
            base,
            loop.newSalt(),
            dataStart,
            loop.config.segmentBytes());
    log.began(next.path);
    loop.createFile(
        next,
        List.of(log.directory().getParent(), log.directory()),
        (file, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            writeFirst(new Commit(next, file, 0, out), snapshot, group, done);
          }
        });
  }

  private static long baseOf(List<Pending> group) {
    for (Pending one : group) {
      if (one.isBatch()) {
        return one.header.baseOffset;
      }
    }
    throw new IllegalStateException("a commit without a batch");
  }

  private void writeFirst(
      Commit commit, byte[] snapshot, List<Pending> group, FileCompletion<Void> done) {
    Segment next = commit.segment;
    ByteBuf out = commit.bytes;
    out.writerIndex(FileHeader.COPIES_BYTES);
    out.writeBytes(snapshot);
    Blocks.padTo(out, (int) next.dataStart);
    FileHeader header =
        new FileHeader(
            FileHeader.SEGMENT,
            log.incarnation(),
            next.base,
            next.salt,
            loop.clock.micros(),
            snapshot.length / ProducerTable.ENTRY_BYTES,
            snapshot.length,
            Blocks.crc32c(out, FileHeader.COPIES_BYTES, snapshot.length));
    out.writerIndex(0);
    header.write(out);
    out.writerIndex((int) next.dataStart);
    write(commit, group, done);
  }

  /** One write: bytes that go to a place in a segment; what it has already is its head. */
  private record Commit(Segment segment, AsyncFile file, long start, ByteBuf bytes) {}

  private void write(Commit commit, List<Pending> group, FileCompletion<Void> done) {
    ByteBuf out = commit.bytes;
    int commitStart = out.writerIndex();
    List<BatchHeader> batches = new ArrayList<>(group.size());
    int[] positions = new int[group.size()];
    for (Pending one : group) {
      if (one.isBatch()) {
        positions[batches.size()] = out.writerIndex();
        batches.add(one.header);
        one.header.salt = commit.segment.salt;
        one.header.commitOffset = out.writerIndex() - commitStart;
        one.header.write(out);
        out.writeBytes(one.records, one.records.readerIndex(), one.header.bodyBytes);
        Blocks.padTo(out, Blocks.upToStep(out.writerIndex()));
        releaseRecords(one);
      }
    }
    Blocks.padTo(out, out.capacity());
    int[] places = Arrays.copyOf(positions, batches.size());
    commit.file.writeDurably(
        commit.start,
        out,
        (nothing, failure) -> {
          if (failure == null) {
            committed(commit, batches, places);
            group.forEach(PartitionWriter::markDurable);
          } else if (commit.segment != active) {
            commit.segment.release();
          }
          done.done(null, failure);
        });
  }

  private void releaseRecords(Pending one) {
    waitingBytes -= one.header.bodyBytes;
    one.records.release();
    one.records = null;
  }

  private static void markDurable(Pending one) {
    if (one.isBatch() && one.marks != null) {
      one.marks.durable = one.header.lastSequence;
    }
  }

  private void committed(Commit commit, List<BatchHeader> batches, int[] places) {
    Segment segment = commit.segment;
    long count = 0;
    long bodyBytes = 0;
    for (int i = 0; i < places.length; i++) {
      BatchHeader header = batches.get(i);
      segment.add(header, commit.start + places[i]);
      count += header.count;
      bodyBytes += header.bodyBytes;
    }
    segment.length = commit.start + commit.bytes.capacity();
    if (segment != active) {
      releaseFile();
      active = segment;
      activeFile = commit.file;
      log.added(segment);
    }
    log.tail().add(commit.bytes, places, batches.get(0).baseOffset, segment.endOffset);
    log.committed(segment.endOffset, count, bodyBytes);
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.FileFailure;
import dev.whippet.broker.internal.log.engine.CommitQueue;
import dev.whippet.broker.internal.log.engine.CommitRefused;
import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a partition's commits go. One at a time, what arrives meanwhile is the next.
 *
 * <pre>
 *   little waits, or small      -> the loop's commit file, with those of other partitions; then,
 *   batches for which there        later and many at a time, folded into the newest segment
 *   are no blocks yet
 *   a large batch waits, or     -> straight into the newest segment, in one write with the batches
 *   much, and there are blocks     ahead of it that are not folded yet, so that a segment is always
 *                                  in offset order
 * </pre>
 *
 * What is not folded yet is kept in memory; its room in the commit file is given back when it is
 * durable in a segment. Owner loop only.
 */
final class PartitionWriter implements CommitQueue.Target<PartitionWriter.Pending>, Commits.Source {

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

  /** What one partition has of a commit in the commit file, for which others wait: 512 KiB. */
  private static final int SHARED_BYTES_MAX = 512 << 10;

  private final LogLoop loop;
  private final PartitionLog log;
  private final ProducerTable producers;
  private final SegmentWriter segments;
  private final CommitQueue<Pending> queue = new CommitQueue<>(this);

  /** Durable, and visible, but in no segment yet; in offset order. */
  private final ArrayDeque<Batch> unfolded = new ArrayDeque<>();

  /** Recovery found these; they are to be put where the others are. */
  private List<LooseBatch> loose = List.of();

  /** Recovery could not make sure of the segments: nothing is written there. */
  private boolean frozen;

  /**
   * A write found the disk full: only a new segment fences off what may stand behind the old one's
   * end, so nothing goes to a commit file before there is one.
   */
  private boolean unfenced;

  private boolean foldFailureNoted;

  /** A commit failed in a commit file that is there still. */
  private boolean doubtful;

  /** The commit under way, as the queue gave it; {@code null} without one. */
  private FileCompletion<Void> turn;

  private ArrayDeque<Pending> waiting;
  private List<Pending> group;
  private int runStart;
  private int runEnd;

  /** What goes on when the segment's write under way has ended. */
  private final ArrayDeque<Runnable> afterWrite = new ArrayDeque<>();

  /** Bytes of records, and of whole batches, that are not yet part of a write. */
  private long waitingBytes;

  private long waitingTotal;

  /** Batches among them that are too large for the commit file. */
  private int waitingLarge;

  PartitionWriter(LogLoop loop, PartitionLog log, ProducerTable producers) {
    this.loop = loop;
    this.log = log;
    this.producers = producers;
    this.segments = new SegmentWriter(loop, log, producers, this::syncFailed);
  }

  /**
   * Goes on in a recovered segment; {@code null} = the next write begins one. What is loose is
   * durable elsewhere, and not in a segment yet: {@link #keep} puts it into a commit file.
   */
  void continueIn(Segment segment, List<LooseBatch> found) {
    segments.continueIn(segment);
    loose = found;
  }

  /** Nothing is written, not even a fold: recovery could not make sure of what is there. */
  void freeze(LogFailure failure) {
    frozen = true;
    queue.refuse(failure);
  }

  /**
   * Puts what recovery found in old commit files into a new one, or into segments where that can't
   * be. At the end the old files are not needed for this partition.
   */
  void keep(FileCompletion<Void> done) {
    if (loose.isEmpty()) {
      done.done(null, null);
      return;
    }
    List<LooseBatch> found = loose;
    loose = List.of();
    LooseKeeper keeper = new LooseKeeper(loop, log.tail(), unfolded, found, this);
    boolean fit =
        found.stream()
            .allMatch(one -> one.header().totalBytes() < loop.config.commits().straightBytes());
    if (fit && loop.commits().isOpen()) {
      keeper.start(done);
    } else {
      keeper.straight(done);
    }
  }

  /** Shows what recovery found in commit files, and writes it nowhere. */
  void keepInMemory() {
    List<LooseBatch> found = loose;
    loose = List.of();
    new LooseKeeper(loop, log.tail(), unfolded, found, this).show();
  }

  /** The next write begins a segment. */
  void endSegment() {
    segments.endSegment();
  }

  /** The segment that the next write may go on in, {@code null} when it begins one. */
  Segment active() {
    return segments.active();
  }

  /** True when all that is durable is in segments. */
  boolean isFolded() {
    return unfolded.isEmpty() && loose.isEmpty();
  }

  void add(Pending pending) {
    if (pending.isBatch()) {
      waitingBytes += pending.header.bodyBytes;
      waitingTotal += pending.header.totalBytes();
      waitingLarge += isLarge(pending) ? 1 : 0;
    }
    queue.add(pending);
  }

  long waitingBytes() {
    return waitingBytes;
  }

  boolean isIdle() {
    return queue.isIdle() && !segments.isWriting() && afterWrite.isEmpty();
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
   * Goes on after a commit failed. Where that may have written is left alone, or is gone: what
   * comes next has a segment of its own, and what stands behind the end of the old one has offsets
   * that belong to the new one, so that recovery does not take it for data.
   */
  void reopen() {
    segments.endSegment();
    unfenced = true;
    queue.reopen();
  }

  /** The end could not be read back. */
  void refuseForGood(String damage) {
    queue.reopen();
    queue.giveUp(new IOException(damage));
  }

  /**
   * Gives the descriptor and the memory back; nothing is in flight.
   *
   * @param deleted true when nobody needs the batches in commit files any more
   */
  void release(boolean deleted) {
    segments.releaseFile();
    for (Batch batch : unfolded) {
      batch.release();
      if (deleted && batch.space() != null) {
        batch.space().giveBack();
      }
    }
    unfolded.clear();
    loose.forEach(batch -> batch.records().release());
    loose = List.of();
  }

  // --- the queue's commit ---------------------------------------------------------------------

  @Override
  public boolean commit(
      ArrayDeque<Pending> queued, List<Pending> taken, FileCompletion<Void> done) {
    if (waitingTotal == 0) {
      taken.addAll(queued); // answers only
      queued.clear();
      return false;
    }
    waiting = queued;
    group = taken;
    turn = done;
    if (goesStraight()) {
      straight();
    } else {
      loop.commits().join(this);
    }
    return true;
  }

  private boolean goesStraight() {
    return unfenced || isMuch() || !loop.commits().isOpen();
  }

  /** Where small batches would make a file grow, durably, the commit file is the better place. */
  private boolean isMuch() {
    return waitingLarge > 0
        || waitingTotal >= loop.config.commits().straightBytes()
            && (durability() != Durability.POWER || segments.hasBlocks(waitingTotal));
  }

  private boolean isLarge(Pending pending) {
    return pending.header.totalBytes() >= loop.config.commits().straightBytes();
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

  private void releaseRecords(Pending one) {
    waitingBytes -= one.header.bodyBytes;
    waitingTotal -= one.header.totalBytes();
    waitingLarge -= isLarge(one) ? 1 : 0;
    one.records.release();
    one.records = null;
  }

  private void endTurn(IOException failure) {
    FileCompletion<Void> ending = turn;
    turn = null;
    ending.done(null, failure);
  }

  // --- into the commit file -------------------------------------------------------------------

  @Override
  public int collect(int bytesMax) {
    if (isMuch()) {
      straight();
      return 0;
    }
    int share = Math.max(SHARED_BYTES_MAX, loop.config.commits().straightBytes());
    int room = Math.min(bytesMax, share);
    int total = 0;
    while (!waiting.isEmpty()) {
      Pending next = waiting.peek();
      int size = next.isBatch() ? next.header.totalBytes() : 0;
      if (size > room - total) {
        break;
      }
      total += size;
      group.add(waiting.poll());
    }
    if (total == 0 && !waiting.isEmpty()) {
      return -1;
    }
    if (total == 0) {
      endTurn(null); // what waited was given up meanwhile
    }
    return total;
  }

  @Override
  public void write(ByteBuf out, long salt) {
    runStart = out.writerIndex();
    for (Pending one : group) {
      if (one.isBatch()) {
        new Batch(one.header, one.records, one.records.readerIndex(), null)
            .write(out, salt, runStart, true);
        releaseRecords(one);
      }
    }
    runEnd = out.writerIndex();
  }

  @Override
  public void ended(ByteBuf out, CommitSpace space, IOException failure) {
    if (failure == null) {
      List<BatchHeader> batches = batchesOf(group);
      for (BatchHeader header : batches) {
        space.hold();
        int index = runStart + header.commitOffset + BatchHeader.BYTES;
        unfolded.add(new Batch(header, out.retain(), index, space));
      }
      show(out.retainedSlice(runStart, runEnd - runStart), batches);
    }
    doubtful |= failure != null && !(failure instanceof CommitRefused);
    endTurn(failure);
  }

  @Override
  public void fenced() {
    if (doubtful) {
      doubtful = false;
      log.fenced();
    }
  }

  @Override
  public void declined() {
    if (waiting.isEmpty()) {
      endTurn(null);
    } else {
      straight();
    }
  }

  @Override
  public Durability durability() {
    return log.settings().durability();
  }

  /** What was shown may not be on stable storage, and nobody can tell any more. */
  void syncFailed(IOException failure) {
    queue.giveUp(failure);
  }

  private static List<BatchHeader> batchesOf(List<Pending> pending) {
    List<BatchHeader> batches = new ArrayList<>(pending.size());
    for (Pending one : pending) {
      if (one.isBatch()) {
        batches.add(one.header);
      }
    }
    return batches;
  }

  /**
   * From here on the group's batches are visible.
   *
   * @param run these batches and nothing else, as written; taken over
   */
  private void show(ByteBuf run, List<BatchHeader> batches) {
    int[] places = new int[batches.size()];
    long count = 0;
    long bodyBytes = 0;
    for (int i = 0; i < places.length; i++) {
      BatchHeader header = batches.get(i);
      places[i] = header.commitOffset - batches.get(0).commitOffset;
      count += header.count;
      bodyBytes += header.bodyBytes;
    }
    long end = batches.get(places.length - 1).endOffset();
    keepUnfolded();
    log.tail().add(run, places, batches.get(0).baseOffset, end);
    log.committed(end, count, bodyBytes);
    loop.metrics.acknowledged(places.length, bodyBytes);
    for (Pending one : group) {
      if (one.isBatch() && one.marks != null) {
        one.marks.durable = one.header.lastSequence;
      }
    }
  }

  private void keepUnfolded() {
    log.tail().keepFrom(unfolded.isEmpty() ? Long.MAX_VALUE : unfolded.peek().header().baseOffset);
  }

  // --- straight into the segment --------------------------------------------------------------

  private void straight() {
    if (segments.isWriting()) {
      afterWrite.add(this::straight);
      return;
    }
    if (waiting.isEmpty() && group.isEmpty()) {
      endTurn(null); // given up meanwhile
      return;
    }
    List<Batch> ahead = List.copyOf(unfolded);
    SegmentWriter.Load load = null;
    for (Batch batch : ahead) {
      if (load == null) {
        load = segments.load(batch);
      } else if (!load.take(batch)) {
        break;
      }
    }
    int folded = load == null ? 0 : load.count();
    if (folded == ahead.size()) {
      load = fill(load);
    }
    if (load == null) {
      endTurn(null); // what waited was given up meanwhile
      return;
    }
    boolean onlyFolds = load.count() == folded;
    if (!onlyFolds) {
      load.whenCopied(this::releaseGroup);
    }
    try {
      segments.write(
          load,
          folded,
          (bytes, places, failure) -> {
            if (failure == null) {
              unfenced = false;
              dropUnfolded(folded);
            }
            if (onlyFolds) {
              foldedFirst(bytes, failure);
            } else {
              straightEnded(bytes, places, folded, failure);
            }
            log.endIfQuiet();
          });
    } catch (OutOfMemoryError e) {
      endTurn(refused(e));
    }
  }

  /** Moves what waits to the group and the load, as far as it fits. */
  private SegmentWriter.Load fill(SegmentWriter.Load begun) {
    SegmentWriter.Load load = begun;
    while (!waiting.isEmpty()) {
      Pending next = waiting.peek();
      if (next.isBatch()) {
        Batch batch = new Batch(next.header, next.records, next.records.readerIndex(), null);
        if (load == null) {
          load = segments.load(batch);
        } else if (!load.take(batch)) {
          break;
        }
      }
      group.add(waiting.poll());
    }
    return load;
  }

  private void foldedFirst(ByteBuf bytes, IOException failure) {
    if (failure == null) {
      bytes.release();
    }
    runAfterWrite();
    if (failure != null) {
      endTurn(failure);
    } else {
      straight();
    }
  }

  private void straightEnded(ByteBuf bytes, int[] places, int folded, IOException failure) {
    if (failure == null) {
      List<BatchHeader> batches = batchesOf(group);
      int start = places[folded];
      show(bytes.slice(start, bytes.capacity() - start), batches); // its release is that of all
    }
    runAfterWrite();
    endTurn(failure);
  }

  private void releaseGroup() {
    for (Pending one : group) {
      if (one.isBatch()) {
        releaseRecords(one);
      }
    }
  }

  /** Before the turn ends: what follows it at once must not keep a fold waiting for ever. */
  private void runAfterWrite() {
    while (!segments.isWriting() && !afterWrite.isEmpty()) {
      afterWrite.poll().run();
    }
  }

  private void dropUnfolded(int count) {
    for (int i = 0; i < count; i++) {
      Batch batch = unfolded.poll();
      batch.release();
      if (batch.space() != null) {
        batch.space().giveBack();
      }
    }
    keepUnfolded();
  }

  // --- a segment without batches --------------------------------------------------------------

  /** For the snapshot of producers that it begins with, or to end the one before. */
  void begin(long base, FileCompletion<Void> done) {
    try {
      segments.write(
          segments.empty(base),
          0,
          (bytes, places, failure) -> {
            if (failure == null) {
              bytes.release();
            }
            done.done(null, failure);
            runAfterWrite();
            log.endIfQuiet();
          });
    } catch (OutOfMemoryError e) {
      done.done(null, refused(e));
    }
  }

  /** Everything committed goes to segments, and they to stable storage. */
  void flush(FileCompletion<Void> done) {
    fold(
        (nothing, failure) -> {
          if (failure == null) {
            loop.lateSync().sync(log.segmentList(), this::syncFailed, done);
          } else {
            done.done(null, failure);
          }
        });
  }

  // --- folds ----------------------------------------------------------------------------------

  /** A fold that failed is tried once more, in a new segment. */
  @Override
  public void fold(FileCompletion<Void> done) {
    if (frozen && !unfolded.isEmpty()) {
      done.done(null, new IOException(log.directory() + " is read-only"));
      return;
    }
    fold(unfolded.isEmpty() ? 0 : unfolded.peekLast().header().endOffset(), true, done);
  }

  private void fold(long end, boolean again, FileCompletion<Void> done) {
    if (segments.isWriting()) {
      afterWrite.add(() -> fold(end, again, done));
      return;
    }
    if (unfolded.isEmpty() || unfolded.peek().header().baseOffset >= end) {
      done.done(null, null);
      return;
    }
    SegmentWriter.Load load = null;
    for (Batch batch : unfolded) {
      if (load == null) {
        load = segments.load(batch);
      } else if (!load.take(batch)) {
        break;
      }
    }
    int count = load.count();
    try {
      segments.write(
          load,
          count,
          (bytes, places, failure) -> {
            if (failure == null) {
              unfenced = false;
              bytes.release();
              dropUnfolded(count);
              fold(end, true, done);
            } else if (again) {
              fold(end, false, done);
            } else {
              noteFoldFailure(failure);
              done.done(null, failure);
            }
            runAfterWrite();
            log.endIfQuiet();
          });
    } catch (OutOfMemoryError e) {
      done.done(null, refused(e));
    }
  }

  /** Nothing is lost: it is tried again. But somebody should know, once. */
  private void noteFoldFailure(IOException failure) {
    if (failure instanceof FileFailure file && file.noSpace()) {
      loop.space().ranOut();
    } else if (!foldFailureNoted && !(failure instanceof CommitRefused)) {
      foldFailureNoted = true;
      String what = "can't be written, what was committed stays in commit files: " + failure;
      loop.damage.accept(new Damage(Damage.Kind.UNUSABLE, log.directory(), 0, 0, -1, 0, what));
    }
  }

  private static CommitRefused refused(OutOfMemoryError e) {
    return new CommitRefused(
        new LogFailure(LogFailure.Reason.OVERLOADED, "no memory for a commit: " + e));
  }
}

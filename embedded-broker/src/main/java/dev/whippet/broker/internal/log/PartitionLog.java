package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitQueue;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.HotTail;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.retain.Shelf;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;

/**
 * One partition's log: batches in offset order, in segments {@code <base offset, 20 digits>.seg} of
 * the directory {@code <incarnation, 16 hex digits>} (docs/FORMAT.md).
 *
 * <ul>
 *   <li>append and publish stamp the records, note the producer's mark as appended and queue the
 *       batch; one commit is in flight, what arrives meanwhile is the next ({@link CommitQueue});
 *   <li>a commit is one durable, block-aligned write behind the last one; when the segment is full,
 *       the commit begins a new one: file and name first, then header, snapshot of producers and
 *       batches in one write;
 *   <li>when it is durable, and only then, its batches are visible and the answers leave;
 *   <li>when it failed, nothing of it and of what waits becomes visible, the producers' marks roll
 *       back, and the partition is read-only until it is recovered from disk; or resumed, once
 *       there is room, or the commit file is gone in which it failed.
 * </ul>
 *
 * Owner loop only, unless a method says otherwise. Limits: {@link LogConfig}.
 */
public final class PartitionLog {

  /** What publish did (whippet-extension.md 3.1). */
  public enum Outcome {
    STORED,
    ALL_KNOWN,
    KNOWN_PART_SKIPPED
  }

  /**
   * @param baseOffset of what was stored now, -1 (all ones) when all was known
   * @param highestDurableSequence of this producer and channel in this partition
   */
  public record Published(Outcome outcome, long baseOffset, long highestDurableSequence) {}

  /** {@code highestDurableSequence} is 0 when the producer is not known here. */
  public record ProducerMark(boolean known, long highestDurableSequence) {}

  /** Bytes of one batch, so that positions inside a commit fit an int. */
  private static final int BATCH_BYTES_MAX = 1 << 30;

  private static final LogFailure CLOSED =
      new LogFailure(LogFailure.Reason.CLOSED, "the partition is closed or deleted");

  private static final LogFailure FULL =
      new LogFailure(LogFailure.Reason.NO_SPACE, "less of the disk is free than must stay free");

  private final LogLoop loop;
  private final Path directory;
  private final PartitionSettings settings;
  private final PartitionWriter writer;
  private final PartitionReader reader;
  private final HotTail tail;
  private final ProducerTable producers;
  private final SealedIndexes indexes;
  private final List<Segment> segmentList = new ArrayList<>();
  private final PartitionShelf shelf;

  /** Removed with the partition although they are no segments of it. */
  private final List<Path> leftovers = new ArrayList<>();

  private long appendedEnd;
  private long lastTimestamp;

  /** Not empty once the log is being closed or deleted. */
  private final ArrayDeque<Runnable> endings = new ArrayDeque<>();

  private boolean closed;
  private boolean deleted;
  private boolean resuming;

  /** False as long as there can't be anything to delete. */
  private boolean onDisk;

  private volatile long durableEnd;
  private volatile long firstOffset;
  private volatile long messages;
  private volatile long bytes;
  private volatile int segments = 1;
  private volatile String readOnlyReason;
  private volatile boolean resumable;

  /** False when recovery could not read all that tells of them. */
  private volatile boolean producersKnown = true;

  private PartitionLog(
      LogLoop loop, Path partitions, PartitionSettings settings, ProducerTable producers) {
    this.loop = loop;
    this.directory = directoryOf(partitions, settings.incarnation());
    this.settings = settings;
    this.producers = producers;
    this.tail = new HotTail(loop.tails);
    this.writer = new PartitionWriter(loop, this, producers);
    this.reader = new PartitionReader(loop, this);
    this.shelf = new PartitionShelf(loop, this);
    this.indexes = new SealedIndexes(loop, this);
  }

  /** A new, empty partition; touches no disk. Any thread, before the owner loop uses it. */
  public static PartitionLog create(LogLoop loop, Path partitions, PartitionSettings settings) {
    ProducerTable producers = new ProducerTable(loop.config.producersMax());
    PartitionLog log = new PartitionLog(loop, partitions, settings, producers);
    log.goOnAbove(settings.offsetFloor());
    return log;
  }

  /**
   * Reads {@code partitions/<incarnation>/} back; empty when it is missing. Blocks: start-up thread
   * only. Never throws for what is on disk: damage is reported, worst case it is read-only.
   *
   * @param evidence what is known about it from elsewhere
   */
  public static PartitionLog recover(
      LogLoop loop,
      BlockingFiles disk,
      Path partitions,
      PartitionSettings settings,
      Evidence evidence) {
    long incarnation = settings.incarnation();
    PartitionRecovery found =
        new PartitionRecovery(
            disk, directoryOf(partitions, incarnation), incarnation, loop.config, loop.damage);
    found.run(evidence);
    PartitionLog log = new PartitionLog(loop, partitions, settings, found.producers);
    log.segmentList.addAll(found.segments);
    boolean cached = settings.durability() != Durability.POWER;
    log.segmentList.forEach(segment -> segment.cached = cached);
    log.leftovers.addAll(found.leftovers);
    log.writer.continueIn(found.active, found.loose);
    log.onDisk = found.onDisk;
    log.reader.noted(found.gaps);
    log.appendedEnd = found.endOffset;
    log.durableEnd = found.endOffset;
    log.lastTimestamp = found.lastTimestamp;
    log.messages = found.messages;
    log.bytes = found.bytes;
    log.segments = Math.max(1, found.segments.size());
    log.firstOffset = found.firstOffset();
    log.shelf.recovered();
    if (found.readOnlyReason != null) {
      log.readOnlyReason = found.readOnlyReason;
      log.producersKnown = false;
      log.writer.freeze(new LogFailure(LogFailure.Reason.READ_ONLY, found.readOnlyReason));
    } else {
      log.goOnAbove(settings.offsetFloor());
    }
    return log;
  }

  /**
   * A consumer has stored an offset beyond the end: a tail was lost after it was read. New messages
   * get offsets that no consumer has passed.
   */
  private void goOnAbove(long floor) {
    if (durableEnd >= floor) {
      return;
    }
    loop.damage.accept(
        new Damage(
            Damage.Kind.LOST,
            directory,
            0,
            0,
            durableEnd,
            floor - durableEnd,
            "the end is lost, consumers had read it; new messages follow it"));
    reader.noted(Set.of(durableEnd));
    writer.endSegment();
    appendedEnd = floor;
    durableEnd = floor;
    firstOffset = segmentList.isEmpty() && writer.isFolded() ? floor : firstOffset;
  }

  /** Asked for each partition of a start, whose code is cold: no formatter, no pattern. */
  static Path directoryOf(Path partitions, long incarnation) {
    return partitions.resolve(HexFormat.of().toHexDigits(incarnation));
  }

  /**
   * Puts what recovery found in the commit files of an earlier life into those of this one, before
   * anybody is served. Without a failure the old ones are not needed for this partition any more.
   */
  public void keepRecovered(FileCompletion<Void> done) {
    writer.keep(done);
  }

  /** Nothing is appended any more until the next start. Before anybody is served. */
  public void refuse(String reason) {
    readOnlyReason = reason;
    writer.freeze(new LogFailure(LogFailure.Reason.READ_ONLY, reason));
    writer.keepInMemory();
  }

  /**
   * Takes no more messages until the next start, since the log may be gone then; what waits is
   * still committed. Ends after that. Reads go on.
   */
  public void retire(String reason, LogCallback<Void> done) {
    readOnlyReason = reason;
    afterCommits(() -> done.done(null, null));
    writer.refuse(new LogFailure(LogFailure.Reason.READ_ONLY, reason));
  }

  // --- appending ------------------------------------------------------------------------------

  /**
   * Stamps (in place) and stores {@code count} validated records; takes over the reference. Ends
   * with the offset of the first when all are on stable storage.
   */
  public void append(ByteBuf records, int count, int userId, LogCallback<Long> done) {
    LogFailure refusal = refusalOf(records);
    if (refusal != null) {
      records.release();
      done.done(null, refusal);
      return;
    }
    BatchHeader header = stamped(records, count, userId);
    enqueue(
        records,
        header,
        null,
        (nothing, failure) -> done.done(failure == null ? header.baseOffset : null, failure));
  }

  /**
   * Stores what is new of a published batch, once and in order (whippet-extension.md 3.2); takes
   * over the reference. Ends when all of it is on stable storage, also for what was known already.
   */
  public void publish(
      ByteBuf records, int count, Publication publication, LogCallback<Published> done) {
    ProducerTable.Marks marks = producers.find(publication.producer());
    long last = publication.firstSequence() + count - 1;
    LogFailure refusal = publication.refusal(last, marks);
    long appended = marks == null ? 0 : marks.appended;
    if (refusal == null && last <= appended) {
      records.release();
      answerKnown(marks, last, done);
      return;
    }
    refusal = refusal == null ? refusalOf(records) : refusal;
    if (refusal == null && marks == null) {
      marks = producers.add(publication.producer());
      refusal = marks == null ? producers.full() : null;
    }
    if (refusal != null) {
      records.release();
      done.done(null, refusal);
      return;
    }
    int known = (int) Math.max(0, appended + 1 - publication.firstSequence());
    store(records, count, known, publication, marks, done);
  }

  private void store(
      ByteBuf records,
      int count,
      int known,
      Publication publication,
      ProducerTable.Marks marks,
      LogCallback<Published> done) {
    for (int i = 0; i < known; i++) {
      records.skipBytes(BatchHeader.recordBytes(records, records.readerIndex()));
    }
    Producer producer = publication.producer();
    BatchHeader header = stamped(records, count - known, producer.userId());
    header.published = true;
    header.producerHigh = producer.idHigh();
    header.producerLow = producer.idLow();
    header.channel = producer.channel();
    header.epoch = publication.epoch();
    header.firstSequence = publication.firstSequence() + known;
    header.lastSequence = publication.firstSequence() + count - 1;
    marks.appended = header.lastSequence;
    marks.epoch = publication.epoch();
    Outcome outcome = known == 0 ? Outcome.STORED : Outcome.KNOWN_PART_SKIPPED;
    enqueue(
        records,
        header,
        marks,
        (nothing, failure) ->
            done.done(
                failure == null ? new Published(outcome, header.baseOffset, marks.durable) : null,
                failure));
  }

  private void answerKnown(ProducerTable.Marks marks, long last, LogCallback<Published> done) {
    if (last <= marks.durable) {
      done.done(new Published(Outcome.ALL_KNOWN, -1, marks.durable), null);
      return;
    }
    enqueue(
        null,
        null,
        marks,
        (nothing, failure) ->
            done.done(
                failure == null ? new Published(Outcome.ALL_KNOWN, -1, marks.durable) : null,
                failure));
  }

  /** Ends after commits under way with what is durable then. Works on a read-only partition. */
  public void producerState(Producer producer, LogCallback<ProducerMark> done) {
    if (writer.isIdle()) {
      LogFailure refusal = closed ? CLOSED : null;
      done.done(refusal == null ? markOf(producer) : null, refusal);
      return;
    }
    enqueue(
        null,
        null,
        null,
        (nothing, failure) -> done.done(failure == null ? markOf(producer) : null, failure));
  }

  private ProducerMark markOf(Producer producer) {
    ProducerTable.Marks marks = producers.find(producer);
    long durable = marks == null ? 0 : marks.durable;
    return new ProducerMark(durable > 0, durable);
  }

  private LogFailure refusalOf(ByteBuf records) {
    if (writer.refusal() != null) {
      return writer.refusal();
    }
    if (loop.space().isFull() && !shelf.isSealWanted()) {
      loop.space().alarm();
      return FULL;
    }
    int size = records.readableBytes();
    if (size > BATCH_BYTES_MAX) {
      return new LogFailure(
          LogFailure.Reason.INVALID, "batch of " + size + " bytes > " + BATCH_BYTES_MAX);
    }
    if (writer.waitingBytes() > 0 && writer.waitingBytes() + size > loop.config.waitingBytesMax()) {
      return new LogFailure(
          LogFailure.Reason.OVERLOADED, writer.waitingBytes() + " bytes wait already");
    }
    return null;
  }

  private BatchHeader stamped(ByteBuf records, int count, int userId) {
    BatchHeader header = new BatchHeader();
    lastTimestamp = Math.max(lastTimestamp, loop.clock.micros());
    header.incarnation = settings.incarnation();
    header.baseOffset = appendedEnd;
    header.timestamp = lastTimestamp;
    header.userId = userId;
    header.stamp(records, count, loop.ids);
    appendedEnd += count;
    return header;
  }

  private void enqueue(
      ByteBuf records, BatchHeader header, ProducerTable.Marks marks, LogCallback<Void> done) {
    writer.add(new PartitionWriter.Pending(records, header, marks, done));
  }

  // --- what the writer reports, and what writer and reader share ------------------------------

  Path directory() {
    return directory;
  }

  /** What it was opened with. Any thread. */
  public PartitionSettings settings() {
    return settings;
  }

  HotTail tail() {
    return tail;
  }

  List<Segment> segmentList() {
    return segmentList;
  }

  /** Somebody who reads it back found messages missing: reported once, as readers do. */
  void foundDamage(Segment segment, long position, long firstOffset, long count) {
    reader.noteGap(segment, position, firstOffset, count);
  }

  boolean isClosed() {
    return closed;
  }

  /** A file is about to be created. */
  void began(Path segment) {
    leftovers.remove(segment); // it may be another try
    leftovers.add(segment);
    onDisk = true;
  }

  /** A segment has its first durable commit. */
  void added(Segment segment) {
    leftovers.remove(segment.path);
    Segment sealed = shelf.add(segment);
    if (sealed != null) {
      indexes.write(sealed);
    }
    segments = segmentList.size();
  }

  /** The newest segment's file has grown. */
  void grew() {
    shelf.grew();
  }

  /** True when a new segment should follow this one, however small it is. */
  boolean isOld(Segment segment) {
    return shelf.isOld(segment);
  }

  /** Of the newest append. */
  long lastTimestamp() {
    return lastTimestamp;
  }

  /** From here on the batches of a commit are visible. */
  void committed(long endOffset, long count, long recordBytes) {
    messages += count;
    bytes += recordBytes;
    durableEnd = endOffset;
    shelf.committed(recordBytes);
  }

  void broken(LogFailure failure) {
    readOnlyReason = failure.message();
    resumable = failure.reason() == LogFailure.Reason.NO_SPACE;
    if (resumable) {
      loop.space().ranOut();
    } else {
      loop.readOnly(directory, failure);
    }
  }

  /** Nothing of the commit that failed can come back. */
  void fenced() {
    resumable = true;
  }

  /** What is not durable will never be: its offsets are free again. */
  void undone() {
    appendedEnd = durableEnd;
  }

  // --- reading --------------------------------------------------------------------------------

  /**
   * Records from {@code fromOffset} (or the first retained one) up to the durable end, at most
   * {@code countMax} and about {@code bytesMax}; at least one when there is one, however large.
   * Damaged batches are skipped and reported.
   */
  public void read(long fromOffset, int countMax, int bytesMax, LogCallback<Records> done) {
    if (closed) {
      done.done(null, CLOSED);
    } else {
      reader.read(fromOffset, countMax, bytesMax, done);
    }
  }

  /**
   * Offset of the first message stored at or after the time; {@link #endOffset} when none is. Times
   * are unsigned.
   */
  public void offsetAtOrAfter(long timestampMicros, LogCallback<Long> done) {
    if (closed) {
      done.done(null, CLOSED);
    } else {
      reader.offsetAtOrAfter(timestampMicros, done);
    }
  }

  // --- a purge --------------------------------------------------------------------------------

  /** True when a log that follows this one can take over its producers. Any thread. */
  public boolean knowsProducers() {
    return producersKnown;
  }

  /**
   * Ends after commits under way with what is known of the producers, for the log that follows this
   * one; the caller appends nothing meanwhile. Works on a read-only partition.
   */
  public void producers(LogCallback<byte[]> done) {
    afterCommits(() -> done.done(producers.snapshot(), null));
  }

  /** Whether those under way succeed or not. */
  private void afterCommits(Runnable then) {
    if (writer.isIdle()) {
      then.run();
    } else {
      enqueue(null, null, null, (nothing, failure) -> then.run());
    }
  }

  /**
   * A new log takes over the producers of the one before; without any it stays as it is. Ends when
   * they are on stable storage, as the snapshot of its first segment.
   */
  public void begin(byte[] producersBefore, LogCallback<Void> done) {
    if (producersBefore.length == 0) {
      done.done(null, null);
      return;
    }
    producers.readSnapshot(
        Unpooled.wrappedBuffer(producersBefore),
        0,
        producersBefore.length / ProducerTable.ENTRY_BYTES);
    writer.begin(0, (nothing, failure) -> done.done(null, LogFailure.ofWrite(failure)));
  }

  /**
   * Ends when what was committed until now is on stable storage, whatever the partition's level.
   */
  public void flush(LogCallback<Void> done) {
    if (closed) {
      done.done(null, CLOSED);
    } else if (settings.durability() == Durability.POWER) {
      done.done(null, null);
    } else {
      writer.flush((nothing, failure) -> done.done(null, LogFailure.ofWrite(failure)));
    }
  }

  // --- retention ------------------------------------------------------------------------------

  /**
   * Removes the segments that end at or below an offset, but never the newest one; at once for
   * readers, from the disk when nobody reads them any more.
   *
   * @return what went, or {@code null} when nothing did
   */
  public Drop drop(long below, Drop.Reason reason) {
    return closed ? null : shelf.drop(below, reason);
  }

  /**
   * Removes the oldest sealed segments, at most {@code countMax}, up to the first with a message
   * that somebody has not read; ends when what was dropped is gone for good.
   *
   * @param consumedTo offsets below have been read by everybody
   */
  public void dropOldest(long countMax, long consumedTo, LogCallback<Void> done) {
    if (closed) {
      done.done(null, CLOSED);
    } else {
      shelf.dropOldest(countMax, consumedTo, done);
    }
  }

  /**
   * True when all its messages have expired.
   *
   * @param unreadMicros an age that they must have reached, too
   */
  public boolean isExpired(long nowMicros, long unreadMicros) {
    return shelf.isExpired(nowMicros, unreadMicros);
  }

  /** The newest segment has expired like those before it: ends it, so that it can be dropped. */
  public void endExpired() {
    if (!closed) {
      shelf.endExpired(writer);
    }
  }

  /** The next commit begins a new segment: what is written to now may go then. */
  public void seal() {
    shelf.seal();
  }

  /** Segments have left the list; their figures go with them. */
  void dropped(long count, long recordBytes) {
    messages -= count;
    bytes -= recordBytes;
    firstOffset = segmentList.get(0).base;
    segments = segmentList.size();
    settings.retention().topic().add(-recordBytes);
  }

  /**
   * When it may be resumed: reads the end back, and if all that was acknowledged is there, takes
   * messages again, in a new segment. Does nothing in any other state.
   */
  public void resume() {
    if (!resumable || closed || resuming || !writer.isIdle()) {
      return;
    }
    resuming = true;
    TailCheck.run(
        loop,
        settings.incarnation(),
        segmentList.isEmpty() ? null : segmentList.get(segmentList.size() - 1),
        damaged -> {
          resuming = false;
          resumable = false;
          if (damaged == null) {
            writer.reopen();
            readOnlyReason = writer.refusal() == null ? null : readOnlyReason;
          } else {
            writer.refuseForGood(damaged);
          }
          endIfQuiet();
        });
  }

  /** What retention may take; any thread. */
  public Shelf shelf(long consumedTo) {
    return shelf.view(consumedTo);
  }

  // --- the end --------------------------------------------------------------------------------

  /** Ends after commits and reads under way; gives files and memory back. */
  public void close(LogCallback<Void> done) {
    shutDown(() -> done.done(null, null));
  }

  /** Closes and removes the partition's files and directory; what waits fails. */
  public void delete(LogCallback<Void> done) {
    closed = true;
    deleted = true;
    writer.refuse(CLOSED);
    writer.failWaiting(CLOSED);
    shutDown(() -> shelf.delete(leftovers, onDisk, done));
  }

  private void shutDown(Runnable then) {
    closed = true;
    writer.refuse(CLOSED);
    endings.add(then);
    endIfQuiet();
  }

  void endIfQuiet() {
    boolean quiet = writer.isIdle() && reader.isIdle() && shelf.isIdle() && indexes.isIdle();
    if (endings.isEmpty() || !quiet || resuming) {
      return;
    }
    reader.releaseSegments();
    writer.release(deleted);
    tail.clear();
    while (!endings.isEmpty()) {
      endings.poll().run();
    }
  }

  /** What is left of it is its segments and producers and nothing else. After the close. */
  boolean isPlain() {
    Segment newest = segmentList.isEmpty() ? null : segmentList.get(segmentList.size() - 1);
    return newest != null
        && newest.firstTimestamp >= 0
        && newest == writer.active()
        && leftovers.isEmpty()
        && reader.foundNoGap();
  }

  /** For the note of a clean stop; {@code null} when nothing can be said for sure. */
  CleanStop.State stopState() {
    return shelf.isSwept() ? CleanStop.stateOf(this, lastTimestamp, producers) : null;
  }

  // --- counters, any thread -------------------------------------------------------------------

  public long incarnation() {
    return settings.incarnation();
  }

  /** First retained offset. Any thread. */
  public long firstOffset() {
    return firstOffset;
  }

  /** Next offset after the durable ones: 0 for an empty partition. Any thread. */
  public long endOffset() {
    return durableEnd;
  }

  /** Highest durable offset, 0 for an empty partition (iggy-classic.md 5.4). Any thread. */
  public long currentOffset() {
    return Math.max(0, durableEnd - 1);
  }

  /** Durable, retained messages. Any thread. */
  public long messages() {
    return messages;
  }

  /** Sum of their record sizes. Any thread. */
  public long bytes() {
    return bytes;
  }

  /** 1 for an empty partition. Any thread. */
  public int segments() {
    return segments;
  }

  /** Producers forgotten to make room (whippet-extension.md 3.5). Any thread, approximately. */
  public long producersEvicted() {
    return producers.evicted();
  }

  /**
   * True when a commit found the disk full, or failed in a commit file that is gone: {@link
   * #resume} goes on. Any thread.
   */
  public boolean isResumable() {
    return resumable;
  }

  /** Why nothing can be appended, {@code null} when writable. Any thread. */
  public String readOnlyReason() {
    return readOnlyReason;
  }
}

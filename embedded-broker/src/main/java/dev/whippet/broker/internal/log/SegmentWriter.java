package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitRefused;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.engine.SegmentPool;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.SegmentName;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Puts batches into a partition's newest segment: one block-aligned write behind the last one, and
 * one at a time. A batch alone is written from where it was received, if its memory has the room
 * for header and padding; others are copied together. When the segment is full, or offsets are
 * missing before the batches, the write begins a new one:
 *
 * <pre>
 *   directory, its name durable -> file, its name durable -> one durable write of
 *   | header | copy | snapshot of producers, padded | batches, padded |
 * </pre>
 *
 * Where a write failed is left alone: the next one begins a new segment, to which the offsets
 * belong that may stand behind the end of the old one. Owner loop only.
 */
final class SegmentWriter {

  /** From this size on a write of its own costs a batch less than being copied: 512 KiB. */
  private static final int ALONE_BYTES = 512 << 10;

  /**
   * Largest batch in a file that had its size before: damage to its header does not hide from
   * recovery what was committed behind it. 8 MiB.
   */
  private static final long PREPARED_BATCH_BYTES_MAX = PartitionRecovery.LOOK_BYTES / 2;

  /** Batches gathered for one write. */
  final class Load {
    private final boolean begins;
    private final long base;
    private final byte[] snapshot;
    private final long bytesMax;
    private final List<Batch> batches = new ArrayList<>();
    private long bytes;

    /** Runs when the batches' memory is not needed any more. */
    private Runnable whenCopied = () -> {};

    private Load(boolean begins, long base, byte[] snapshot, long used) {
      this.begins = begins;
      this.base = base;
      this.snapshot = snapshot;
      this.bytesMax = Math.min(loop.config.commitBytesMax(), loop.config.segmentBytes() - used);
    }

    /** Takes the batch, unless it does not fit or does not follow; one is always taken. */
    boolean take(Batch batch) {
      int size = batch.header().totalBytes();
      boolean follows =
          batches.isEmpty()
              || batches.get(batches.size() - 1).header().endOffset() == batch.header().baseOffset;
      if (!batches.isEmpty() && (bytes + size > bytesMax || !follows || isLargeInPlace())) {
        return false;
      }
      batches.add(batch);
      bytes += size;
      return true;
    }

    int count() {
      return batches.size();
    }

    void whenCopied(Runnable then) {
      whenCopied = then;
    }

    /** One batch that need not be copied: others would have to be, and it with them. */
    private boolean isLargeInPlace() {
      return bytes >= ALONE_BYTES && isInPlace();
    }

    private boolean isInPlace() {
      return !begins && batches.size() == 1 && batches.get(0).hasRoomAround();
    }

    private int headBytes() {
      return begins ? FileHeader.COPIES_BYTES + Blocks.up(snapshot.length) : 0;
    }
  }

  /** One write under way: bytes that go to a place in a segment, and where the batches are. */
  private record Write(
      Segment segment, AsyncFile file, long start, ByteBuf bytes, int[] places, Written done) {}

  /** How a write ended. */
  interface Written {
    /**
     * @param bytes what was written, still to be released
     * @param places where the headers are in it
     * @param failure {@code null} after success; then the segment knows the batches
     */
    void done(ByteBuf bytes, int[] places, IOException failure);
  }

  private final LogLoop loop;
  private final PartitionLog log;
  private final ProducerTable producers;
  private final Durability level;
  private final Consumer<IOException> syncFailed;

  /** The newest segment if the next write may go there, and its descriptor once it is open. */
  private Segment active;

  private AsyncFile activeFile;
  private boolean writing;

  /** The newest name that a file from the pool got; it may have failed to become a segment. */
  private Path sizedBefore;

  /**
   * @param syncFailed is told when a write of the level INTERVAL could not be synced
   */
  SegmentWriter(
      LogLoop loop, PartitionLog log, ProducerTable producers, Consumer<IOException> syncFailed) {
    this.loop = loop;
    this.log = log;
    this.producers = producers;
    this.level = log.settings().durability();
    this.syncFailed = syncFailed;
  }

  void continueIn(Segment segment) {
    active = segment;
  }

  Segment active() {
    return active;
  }

  boolean isWriting() {
    return writing;
  }

  /** The next write begins a new segment. */
  void endSegment() {
    releaseFile();
    active = null;
  }

  /** Closes the descriptor; nothing is in flight. */
  void releaseFile() {
    if (activeFile != null) {
      activeFile = null;
      active.release();
    }
  }

  /** A load that begins with {@code first}. */
  Load load(Batch first) {
    BatchHeader header = first.header();
    boolean begins = needsNewSegment(header.totalBytes(), header.baseOffset);
    byte[] snapshot = begins ? producers.snapshot() : null;
    long used = begins ? FileHeader.COPIES_BYTES + snapshot.length : active.length;
    Load load = new Load(begins, header.baseOffset, snapshot, used);
    load.take(first);
    return load;
  }

  /** Nothing but the head of a segment that begins with {@code base}. */
  Load empty(long base) {
    byte[] snapshot = producers.snapshot();
    return new Load(true, base, snapshot, FileHeader.COPIES_BYTES + snapshot.length);
  }

  /** True when so many bytes can go where the file system has nothing to do but write them. */
  boolean hasBlocks(long bytes) {
    boolean full = active == null || active.length + bytes > loop.config.segmentBytes();
    return full ? loop.hasPrepared() : active.length + bytes <= active.preparedBytes;
  }

  private boolean needsNewSegment(int bytes, long baseOffset) {
    if (active == null || active.endOffset != baseOffset) {
      return true;
    }
    if (bytes > PREPARED_BATCH_BYTES_MAX && !active.growing) {
      return true;
    }
    boolean holdsBatches = active.length > active.dataStart;
    return holdsBatches
        && (log.isOld(active) || active.length + bytes > loop.config.segmentBytes());
  }

  /**
   * Writes a load.
   *
   * @param folded batches at its beginning that are in a commit file: these must be on stable
   *     storage, whatever the partition's level
   * @throws OutOfMemoryError before anything was started; {@code done} will not be called
   */
  void write(Load load, int folded, Written done) {
    ByteBuf out =
        load.isInPlace()
            ? load.batches.get(0).blocksInPlace()
            : loop.allocateBlocks(load.headBytes() + Blocks.up((int) load.bytes));
    writing = true;
    boolean stable = level == Durability.POWER || folded > 0 || load.begins;
    if (folded == load.count()) {
      loop.metrics.folded(out.capacity());
    } else {
      loop.metrics.committed(out.capacity(), stable);
    }
    if (load.begins) {
      beginSegment(load, out, done);
    } else {
      continueSegment(load, out, stable, done);
    }
  }

  private void continueSegment(Load load, ByteBuf out, boolean stable, Written done) {
    if (activeFile == null) {
      active.use(
          loop.files,
          (opened, failure) -> {
            activeFile = opened;
            if (failure != null) {
              failed(out, done, CommitRefused.orBroken(failure));
            } else {
              continueSegment(load, out, stable, done);
            }
          });
      return;
    }
    int[] places = copy(load, out, active.salt);
    start(new Write(active, activeFile, active.length, out, places, done), load, stable);
  }

  /**
   * Directory and file get durable names before anything in them may be acknowledged. Where much is
   * written the file is one that was made before.
   */
  private void beginSegment(Load load, ByteBuf out, Written done) {
    long dataStart = load.headBytes();
    Segment next =
        new Segment(
            log.directory().resolve(SegmentName.of(load.base)),
            load.base,
            loop.newSalt(),
            dataStart,
            loop.config.segmentBytes());
    next.cached = level != Durability.POWER;
    log.began(next.path);
    SegmentPool.Prepared prepared = fillsSegments(load) ? loop.prepared(out.capacity()) : null;
    sizedBefore = prepared == null ? sizedBefore : next.path;
    boolean sized = next.path.equals(sizedBefore) && load.bytes <= PREPARED_BATCH_BYTES_MAX;
    int flags = sized ? FileHeader.PREPARED : 0;
    next.growing = !sized;
    loop.createFile(
        next,
        prepared,
        List.of(log.directory().getParent(), log.directory()),
        (file, failure) -> {
          if (failure != null) {
            // The file may be there: what comes next goes into it, never on in the one before
            loop.space().countAhead(-next.preparedBytes);
            endSegment();
            failed(out, done, CommitRefused.orBroken(failure));
          } else {
            writeHead(next, flags, load, out);
            int[] places = copy(load, out, next.salt);
            start(new Write(next, file, 0, out, places, done), load, true);
          }
        });
  }

  private boolean fillsSegments(Load load) {
    boolean busy =
        load.bytes >= loop.config.commits().straightBytes()
            || active != null && active.length >= loop.config.segmentBytes() / 2;
    return busy && load.bytes <= PREPARED_BATCH_BYTES_MAX;
  }

  private void writeHead(Segment next, int flags, Load load, ByteBuf out) {
    byte[] snapshot = load.snapshot;
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
            Blocks.crc32c(out, FileHeader.COPIES_BYTES, snapshot.length),
            flags);
    out.writerIndex(0);
    header.write(out);
    out.writerIndex((int) next.dataStart);
  }

  private static int[] copy(Load load, ByteBuf out, long salt) {
    int start = out.writerIndex();
    int[] places = new int[load.count()];
    if (load.isInPlace()) {
      load.batches.get(0).writeInPlace(out, salt);
    } else {
      for (int i = 0; i < places.length; i++) {
        places[i] = load.batches.get(i).write(out, salt, start, false);
      }
    }
    Blocks.padTo(out, out.capacity());
    load.whenCopied.run();
    return places;
  }

  private void start(Write write, Load load, boolean stable) {
    FileCompletion<Void> done =
        (nothing, failure) -> {
          if (failure == null) {
            written(write, load);
            write.done.done(write.bytes, write.places, null);
          } else {
            if (write.segment != active) {
              write.segment.release();
              loop.space().countAhead(-write.segment.preparedBytes);
            }
            failed(write.bytes, write.done, failure);
          }
        };
    if (stable) {
      write.file.writeDurably(write.start, write.bytes, done);
    } else if (level == Durability.PROCESS) {
      write.file.write(write.start, write.bytes, done);
    } else {
      write.file.write(
          write.start,
          write.bytes,
          (nothing, failure) -> {
            if (failure == null) {
              loop.lateSync().wrote(write.segment, (none, cause) -> syncFailed.accept(cause));
            }
            done.done(nothing, failure);
          });
    }
  }

  private void failed(ByteBuf out, Written done, IOException failure) {
    writing = false;
    if (!(failure instanceof CommitRefused)) {
      endSegment();
    }
    out.release();
    done.done(null, null, failure);
  }

  private void written(Write write, Load load) {
    writing = false;
    Segment segment = write.segment;
    for (int i = 0; i < write.places.length; i++) {
      segment.add(load.batches.get(i).header(), write.start + write.places[i]);
    }
    long before = segment == active ? segment.restBytes() : segment.preparedBytes;
    segment.length = write.start + write.bytes.capacity();
    loop.space().countAhead(segment.restBytes() - before);
    if (segment != active) {
      releaseFile();
      active = segment;
      activeFile = write.file;
      log.added(segment);
    }
    log.grew();
  }
}

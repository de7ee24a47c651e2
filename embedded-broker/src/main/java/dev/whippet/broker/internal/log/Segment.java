package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * One segment file as its owner loop knows it: how far it is durable, a sparse index of its batches
 * and its shared descriptor, open while somebody uses it.
 *
 * <p>The index holds at most {@value #INDEX_ENTRIES_MAX} batches (24 KiB); when it is full every
 * other entry goes and the distance between entries doubles. It is derived: start-up rebuilds it.
 */
final class Segment {
  static final int INDEX_ENTRIES_MAX = 1024;
  private static final int INDEX_ENTRIES_FIRST = 8;

  final Path path;
  final long base;
  final long salt;

  /** Where commits begin. */
  final long dataStart;

  /** Durable bytes; whole blocks, and where the next commit goes, when it is written on. */
  long length;

  /** Behind the last durable message; the base of the next segment once there is one. */
  long endOffset;

  /** Time of the first batch, -1 before there is one. */
  long firstTimestamp = -1;

  private long stride;
  private int entries;
  private long[] offsets = new long[INDEX_ENTRIES_FIRST];
  private long[] positions = new long[INDEX_ENTRIES_FIRST];
  private long[] timestamps = new long[INDEX_ENTRIES_FIRST];

  private AsyncFile file;
  private int users;
  private ArrayDeque<FileCompletion<AsyncFile>> opening;

  Segment(Path path, long base, long salt, long dataStart, long segmentBytes) {
    this.path = path;
    this.base = base;
    this.salt = salt;
    this.dataStart = dataStart;
    this.stride = Math.max(Blocks.BYTES, segmentBytes / INDEX_ENTRIES_MAX);
    this.length = dataStart;
    this.endOffset = base;
  }

  /** Notes a durable batch. */
  void add(BatchHeader header, long position) {
    if (firstTimestamp < 0) {
      firstTimestamp = header.timestamp;
    }
    endOffset = Math.max(endOffset, header.endOffset());
    if (entries > 0 && position - positions[entries - 1] < stride) {
      return;
    }
    if (entries == INDEX_ENTRIES_MAX) {
      thinOut();
    } else if (entries == offsets.length) {
      int capacity = 2 * entries;
      offsets = Arrays.copyOf(offsets, capacity);
      positions = Arrays.copyOf(positions, capacity);
      timestamps = Arrays.copyOf(timestamps, capacity);
    }
    offsets[entries] = header.baseOffset;
    positions[entries] = position;
    timestamps[entries] = header.timestamp;
    entries++;
  }

  private void thinOut() {
    stride *= 2;
    entries /= 2;
    for (int i = 0; i < entries; i++) {
      offsets[i] = offsets[2 * i];
      positions[i] = positions[2 * i];
      timestamps[i] = timestamps[2 * i];
    }
  }

  /** A walk that begins at or before the batch with {@code offset}. */
  Walk walkToOffset(long offset, long incarnation) {
    int at = Arrays.binarySearch(offsets, 0, entries, offset);
    return walkFrom(at >= 0 ? at : -at - 2, incarnation, offset);
  }

  /** A walk over headers that begins at the last indexed batch older than {@code timestamp}. */
  Walk walkToTime(long timestamp, long incarnation) {
    int at = entries - 1;
    while (at >= 0 && timestamps[at] >= timestamp) {
      at--;
    }
    return walkFrom(at, incarnation, Walk.NO_BODIES);
  }

  private Walk walkFrom(int entry, long incarnation, long bodiesFrom) {
    return entry < 0
        ? new Walk(incarnation, salt, dataStart, base, endOffset, bodiesFrom)
        : new Walk(incarnation, salt, positions[entry], offsets[entry], endOffset, bodiesFrom);
  }

  /** Hands out the descriptor, opened when necessary; each success is given back by release. */
  void use(LoopFiles files, FileCompletion<AsyncFile> done) {
    if (file != null) {
      users++;
      done.done(file, null);
      return;
    }
    if (opening != null) {
      opening.add(done);
      return;
    }
    opening = new ArrayDeque<>();
    opening.add(done);
    files.open(
        path,
        (opened, failure) -> {
          ArrayDeque<FileCompletion<AsyncFile>> waiting = opening;
          opening = null;
          file = opened;
          users += opened == null ? 0 : waiting.size();
          waiting.forEach(one -> one.done(opened, failure));
        });
  }

  /** Gives the descriptor back; the last user closes it. */
  void release() {
    users--;
    if (users == 0) {
      AsyncFile closing = file;
      file = null;
      closing.close((nothing, failure) -> {});
    }
  }

  /**
   * Finds the sound batches of a segment, in order, in bytes that somebody else loads: recovery by
   * blocking reads, consumers by asynchronous ones. No I/O in here.
   *
   * <pre>
   *            bytes are missing             sound batch
   *   next() ------------------> LOAD     --------------> BATCH (header, position)
   *          ------------------> END
   *            limit reached
   * </pre>
   *
   * Whatever is not a sound batch (padding behind a commit, a torn or damaged one, what a file held
   * before) is passed over in steps of 8 bytes. That nothing was lost there is told by the offsets:
   * a batch that begins above the expected offset leaves a gap. Only batches of the right
   * incarnation and salt, inside [expected offset, limit offset), count.
   */
  static final class Walk {

    /** What the caller does next. */
    enum Step {
      LOAD,
      BATCH,
      END
    }

    /** Every batch is told by its header alone. */
    static final long NO_BODIES = Long.MAX_VALUE;

    final BatchHeader header = new BatchHeader();
    private final long incarnation;
    private final long salt;
    private final long offsetLimit;
    private final long bodiesFrom;
    private long position;
    private long expected;
    private long gapFirst;
    private int loadBytes;
    private boolean atBatch;

    /**
     * @param incarnation of the partition
     * @param salt of the file
     * @param position where to begin, a batch or a block boundary
     * @param expected offset that should be found there
     * @param offsetLimit batches that reach above are not the segment's
     * @param bodiesFrom batches that reach above this offset have their records checked
     */
    Walk(
        long incarnation,
        long salt,
        long position,
        long expected,
        long offsetLimit,
        long bodiesFrom) {
      this.incarnation = incarnation;
      this.salt = salt;
      this.offsetLimit = offsetLimit;
      this.position = position;
      this.expected = expected;
      this.bodiesFrom = bodiesFrom;
    }

    /**
     * Moves to the next sound batch.
     *
     * @param window bytes of the file, from {@code windowStart} on, up to its writer index
     * @param windowStart position in the file of the window's index 0
     * @param limit position behind the last durable byte of the file
     */
    Step next(ByteBuf window, long windowStart, long limit) {
      if (atBatch) {
        atBatch = false;
        position += header.totalBytes();
        expected = header.endOffset();
      }
      while (position + BatchHeader.BYTES <= limit) {
        if (!covers(window, windowStart, BatchHeader.BYTES)) {
          loadBytes = BatchHeader.BYTES;
          return Step.LOAD;
        }
        int index = (int) (position - windowStart);
        if (isOurs(window, index) && position + BatchHeader.BYTES + header.bodyBytes <= limit) {
          if (header.endOffset() <= bodiesFrom) {
            return found();
          }
          if (!covers(window, windowStart, BatchHeader.BYTES + header.bodyBytes)) {
            loadBytes = BatchHeader.BYTES + header.bodyBytes;
            return Step.LOAD;
          }
          if (header.hasSoundBody(window, index + BatchHeader.BYTES)) {
            return found();
          }
        }
        position += Blocks.STEP_BYTES;
      }
      return Step.END;
    }

    private Step found() {
      atBatch = true;
      gapFirst = expected;
      return Step.BATCH;
    }

    private boolean isOurs(ByteBuf window, int index) {
      return window.getIntLE(index) == BatchHeader.MAGIC
          && header.read(window, index)
          && header.incarnation == incarnation
          && header.salt == salt
          && header.baseOffset >= expected
          && header.endOffset() <= offsetLimit;
    }

    private boolean covers(ByteBuf window, long windowStart, int bytes) {
      return window != null
          && position >= windowStart
          && position + bytes <= windowStart + window.writerIndex();
    }

    /** Where the batch begins, or where to load from. */
    long position() {
      return position;
    }

    /** Bytes needed from {@link #position()} after LOAD. */
    int loadBytes() {
      return loadBytes;
    }

    /** The offset that the next batch should begin with; at END what should have been found. */
    long expected() {
      return expected;
    }

    /** Offsets missing before the batch just found, from {@link #expected()} before it. */
    long gap() {
      return header.baseOffset - gapFirst;
    }

    long gapFirst() {
      return gapFirst;
    }
  }
}

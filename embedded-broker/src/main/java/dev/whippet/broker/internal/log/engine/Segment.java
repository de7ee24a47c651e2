package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;

/**
 * One segment file as its owner loop knows it: how far it is durable, a sparse index of its batches
 * and its shared descriptor, open while somebody uses it.
 *
 * <p>The index holds at most {@value #INDEX_ENTRIES_MAX} batches (24 KiB); when it is full every
 * other entry goes and the distance between entries doubles. It is derived: {@link IndexFile} keeps
 * it beside a sealed segment, start-up rebuilds it.
 */
public final class Segment {
  public static final int INDEX_ENTRIES_MAX = 1024;
  private static final int INDEX_ENTRIES_FIRST = 8;

  public final Path path;
  public final long base;
  public final long salt;

  /** Where commits begin. */
  public final long dataStart;

  /** Durable bytes; whole blocks, and where the next commit goes, when it is written on. */
  public long length;

  /** Behind the last durable message; the base of the next segment once there is one. */
  public long endOffset;

  /** Time of the first batch, -1 before there is one. */
  public long firstTimestamp = -1;

  /** Time of the last batch, -1 before there is one. */
  public long lastTimestamp = -1;

  /** Durable messages in it, and the sum of their record sizes. */
  public long messages;

  public long recordBytes;

  /** Bytes that its file has for certain, filled or not; 0 when it grows with what is written. */
  public long preparedBytes;

  /**
   * For certain its file had no size before it was begun, so that recovery looks through all of it,
   * and a batch may be as large as it likes.
   */
  public boolean growing;

  /** Its file is written and read through the page cache. Set before the first use. */
  public boolean cached;

  // The index, for IndexFile too.
  long stride;
  int entries;
  long[] offsets = new long[INDEX_ENTRIES_FIRST];
  long[] positions = new long[INDEX_ENTRIES_FIRST];
  long[] timestamps = new long[INDEX_ENTRIES_FIRST];

  private AsyncFile file;
  private int users;
  private int closings;

  /** Not {@code null} once it is retired. */
  private Runnable whenUnused;

  private boolean ended;
  private ArrayDeque<FileCompletion<AsyncFile>> opening;

  public Segment(Path path, long base, long salt, long dataStart, long segmentBytes) {
    this.path = path;
    this.base = base;
    this.salt = salt;
    this.dataStart = dataStart;
    this.stride = Math.max(Blocks.BYTES, segmentBytes / INDEX_ENTRIES_MAX);
    this.length = dataStart;
    this.endOffset = base;
  }

  /** What the file has beyond the durable bytes: made, or kept, ahead of need. */
  public long restBytes() {
    return Math.max(0, preparedBytes - length);
  }

  /** Notes a durable batch. */
  public void add(BatchHeader header, long position) {
    if (firstTimestamp < 0) {
      firstTimestamp = header.timestamp;
    }
    endOffset = Math.max(endOffset, header.endOffset());
    lastTimestamp = header.timestamp;
    messages += header.count;
    recordBytes += header.bodyBytes;
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

  // --- ranges for readers -----------------------------------------------------------------------

  /** Number of the range that {@code position} lies in; ranges begin at {@link #border}. */
  int bucketOf(long position, int rangeBytes) {
    int at = Arrays.binarySearch(positions, 0, entries, position);
    int floor = at >= 0 ? at : -at - 2;
    return floor < 0 ? 0 : (int) (positions[floor] / rangeBytes);
  }

  /**
   * Where range {@code bucket} begins: at the first indexed batch from {@code bucket * rangeBytes}
   * on, range 0 with the data; the end of the durable bytes when there is none.
   */
  long border(int bucket, int rangeBytes) {
    if (bucket == 0) {
      return dataStart;
    }
    int at = Arrays.binarySearch(positions, 0, entries, (long) bucket * rangeBytes);
    int ceiling = at >= 0 ? at : -at - 1;
    return ceiling < entries ? positions[ceiling] : length;
  }

  // --- walks ------------------------------------------------------------------------------------

  /** A walk that begins at or before the batch with {@code offset}. */
  public SegmentWalk walkToOffset(long offset, long incarnation) {
    int at = Arrays.binarySearch(offsets, 0, entries, offset);
    return walkFrom(at >= 0 ? at : -at - 2, incarnation, offset);
  }

  /** A walk over headers that begins at the last indexed batch older than {@code timestamp}. */
  public SegmentWalk walkToTime(long timestamp, long incarnation) {
    int at = entries - 1;
    while (at >= 0 && timestamps[at] >= timestamp) {
      at--;
    }
    return walkFrom(at, incarnation, SegmentWalk.NO_BODIES);
  }

  private SegmentWalk walkFrom(int entry, long incarnation, long bodiesFrom) {
    return entry < 0
        ? new SegmentWalk(incarnation, salt, dataStart, base, endOffset, bodiesFrom)
        : new SegmentWalk(
            incarnation, salt, positions[entry], offsets[entry], endOffset, bodiesFrom);
  }

  // --- the descriptor ---------------------------------------------------------------------------

  /**
   * Hands out the descriptor, opened when necessary; each success is given back by release. Fails
   * once the segment is retired and nobody uses it any more.
   */
  public void use(LoopFiles files, FileCompletion<AsyncFile> done) {
    if (file != null) {
      users++;
      done.done(file, null);
      return;
    }
    if (whenUnused != null) {
      done.done(null, new IOException(path + " is retired"));
      return;
    }
    if (opening != null) {
      opening.add(done);
      return;
    }
    opening = new ArrayDeque<>();
    opening.add(done);
    if (cached) {
      files.openCached(path, this::opened);
    } else {
      files.open(path, this::opened);
    }
  }

  private void opened(AsyncFile fresh, IOException failure) {
    ArrayDeque<FileCompletion<AsyncFile>> waiting = opening;
    opening = null;
    file = fresh;
    users += fresh == null ? 0 : waiting.size();
    waiting.forEach(one -> one.done(fresh, failure));
    endIfUnused();
  }

  /** Gives the descriptor back; the last user closes it. */
  public void release() {
    users--;
    if (users == 0) {
      AsyncFile closing = file;
      file = null;
      closings++;
      closing.close(
          (nothing, failure) -> {
            closings--;
            endIfUnused();
          });
    }
  }

  /**
   * The segment leaves the log; whoever uses it may finish. Runs {@code action} once nobody does
   * and the descriptor is closed, at once if that is so already. From then on the file's bytes may
   * change: nobody can read it through this object any more.
   */
  public void retire(Runnable action) {
    if (whenUnused != null) {
      throw new IllegalStateException("retired twice: " + path);
    }
    whenUnused = action;
    endIfUnused();
  }

  /** True from {@link #retire} on: nothing of it is worth keeping. */
  public boolean isRetired() {
    return whenUnused != null;
  }

  private void endIfUnused() {
    if (whenUnused != null && file == null && opening == null && closings == 0 && !ended) {
      ended = true;
      whenUnused.run();
    }
  }
}

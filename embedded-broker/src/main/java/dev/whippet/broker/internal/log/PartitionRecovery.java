package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.SegmentWalk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * Reads one partition's directory back at start-up. Blocks; never throws for what it finds.
 *
 * <ol>
 *   <li>Segments in order of their names. All but the last by batch headers only: whatever is in
 *       them was durable before the next one was begun, and records are checked when read.
 *   <li>The last one with all records. What follows its last sound batch is what a crash leaves: it
 *       is cut off and made durable before anything is written behind it. The last commit counts up
 *       to its first batch that is missing. If bytes of an unfinished batch share a block with
 *       sound ones, the segment is left as it is and the next commit begins a new one, so that no
 *       block with acknowledged bytes is written again.
 *   <li>A last segment without one sound batch is continued when its header and snapshot are sound,
 *       else removed: nothing in it was ever acknowledged.
 *   <li>Producers: the snapshot of a segment replaces what is known, its batches go on from there.
 *       One that is not sound is not missed when everything before it is.
 *   <li>A gap in the offsets is damage: reported, and passed over by readers.
 *   <li>Names and content are synced, since a process that died may have left them in the page
 *       cache only. If that fails, the partition is read-only.
 * </ol>
 */
final class PartitionRecovery {
  private static final int WINDOW_BYTES = 256 << 10;
  private static final String SUFFIX = ".seg";

  final List<Segment> segments = new ArrayList<>();
  final List<Path> leftovers = new ArrayList<>();
  final Set<Long> gaps = new HashSet<>();
  final ProducerTable producers;
  Segment active;
  boolean onDisk;
  long endOffset;
  long lastTimestamp;
  long messages;
  long bytes;
  String readOnlyReason;

  private final BlockingFiles disk;
  private final Path directory;
  private final long incarnation;
  private final LogConfig config;
  private final Consumer<Damage> damage;
  private ByteBuf window = Unpooled.buffer(WINDOW_BYTES);
  private long windowStart;

  /** False from a gap on until the next sound snapshot. */
  private boolean producersKnown = true;

  PartitionRecovery(
      BlockingFiles disk,
      Path directory,
      long incarnation,
      LogConfig config,
      Consumer<Damage> damage) {
    this.disk = disk;
    this.directory = directory;
    this.incarnation = incarnation;
    this.config = config;
    this.damage = damage;
    this.producers = new ProducerTable(config.producersMax());
  }

  static String nameOf(long base) {
    return String.format("%020d%s", base, SUFFIX);
  }

  void run() {
    try {
      List<Path> files = new ArrayList<>();
      for (Path file : disk.list(directory)) {
        (isSegmentName(file) ? files : leftovers).add(file);
      }
      onDisk = !files.isEmpty() || !leftovers.isEmpty();
      for (int i = 0; i < files.size(); i++) {
        boolean last = i + 1 == files.size();
        long limit = last ? Long.MAX_VALUE : baseOf(files.get(i + 1));
        segment(files.get(i), limit, last);
      }
      if (onDisk) {
        disk.syncDirectory(directory);
        disk.syncDirectory(directory.toAbsolutePath().getParent());
      }
    } catch (IOException e) {
      unusable(directory, e);
    }
  }

  private static boolean isSegmentName(Path file) {
    return file.getFileName().toString().matches("[0-9]{19,20}\\" + SUFFIX)
        && file.getFileName().toString().length() == 20 + SUFFIX.length()
        && file.getFileName().toString().compareTo("09223372036854775807.seg") <= 0;
  }

  private static long baseOf(Path file) {
    return Long.parseLong(file.getFileName().toString().substring(0, 20));
  }

  /** One file; only the last one's failures keep the partition from being written. */
  private void segment(Path path, long limit, boolean last) {
    long base = baseOf(path);
    noteGap(path, 0, endOffset, base - endOffset, segments.isEmpty());
    endOffset = Math.max(endOffset, base);
    try (BlockingFiles.OpenFile file = disk.open(path)) {
      windowStart = 0;
      window.clear();
      scan(path, file, base, limit, last);
    } catch (IOException e) {
      leftovers.add(path);
      if (last) {
        unusable(path, e);
      } else {
        damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "can't be read: " + e));
      }
    }
    if (!last) {
      noteGap(path, 0, endOffset, limit - endOffset, false);
      endOffset = limit;
    }
  }

  private void scan(Path path, BlockingFiles.OpenFile file, long base, long limit, boolean last)
      throws IOException {
    long size = file.size();
    load(file, 0, FileHeader.COPIES_BYTES);
    if (FileHeader.isNewer(window, 0, FileHeader.SEGMENT)
        || FileHeader.isNewer(window, Blocks.BYTES, FileHeader.SEGMENT)) {
      readOnlyReason = path + ": written by a later version";
      damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, size, -1, 0, "a later version's"));
      leftovers.add(path);
      return;
    }
    FileHeader header = FileHeader.read(window, 0, FileHeader.SEGMENT, incarnation);
    FileHeader copy = FileHeader.read(window, Blocks.BYTES, FileHeader.SEGMENT, incarnation);
    header = header == null ? copy : header;
    if (header != null && header.base() != base) {
      header = null;
    }
    boolean snapshotSound = header != null && readSnapshot(file, header);
    if (header == null) {
      header = headerFromBatches(file, base, size);
    }
    Segment segment =
        header == null
            ? null
            : new Segment(path, base, header.salt(), header.dataStart(), config.segmentBytes());
    boolean knownBefore = producersKnown;
    long dataEnd = segment == null ? 0 : batches(segment, file, limit, last);
    if (segment != null && segment.firstTimestamp >= 0) {
      if (!snapshotSound && !knownBefore) {
        damage.accept(new Damage(Damage.Kind.LOST, path, 0, 0, -1, 0, "the snapshot of producers"));
      }
      segment.length = Math.min(Blocks.up(dataEnd), size);
      segments.add(segment);
    } else if (last && snapshotSound) {
      dataEnd = header.dataStart();
      segments.add(segment);
    } else {
      withoutBatches(path, last);
      return;
    }
    if (last) {
      settle(segment, file, dataEnd, size);
      // A snapshot that is not there is made up for by the one of the next segment.
      active = snapshotSound ? active : null;
    }
  }

  /**
   * A file in which nothing is sound: the remains of a creation, or a loss that the gap reports.
   */
  private void withoutBatches(Path path, boolean last) throws IOException {
    if (last) {
      disk.delete(path);
      damage.accept(
          new Damage(Damage.Kind.TAIL_CUT, path, 0, 0, -1, 0, "a segment without a sound batch"));
    } else {
      leftovers.add(path);
    }
  }

  /** Cuts what a crash left behind the last sound batch, and makes the rest durable. */
  private void settle(Segment segment, BlockingFiles.OpenFile file, long dataEnd, long size)
      throws IOException {
    long blockEnd = Blocks.up(dataEnd);
    boolean clean = blockEnd <= size && isZero(file, dataEnd, blockEnd);
    boolean cut = !isZero(file, blockEnd, size);
    if (cut || !clean) {
      damage.accept(
          new Damage(
              Damage.Kind.TAIL_CUT,
              segment.path,
              dataEnd,
              Math.max(0, size - dataEnd),
              -1,
              0,
              "bytes behind the last sound batch"));
    }
    if (blockEnd < size) {
      file.truncate(blockEnd);
    }
    file.force();
    segment.length = Math.min(blockEnd, size);
    active = clean ? segment : null;
  }

  /** Walks the batches; returns the position behind the last sound one. */
  private long batches(Segment segment, BlockingFiles.OpenFile file, long limit, boolean last)
      throws IOException {
    long bodiesFrom = last ? 0 : SegmentWalk.NO_BODIES;
    SegmentWalk walk =
        new SegmentWalk(
            incarnation, segment.salt, segment.dataStart, segment.base, limit, bodiesFrom);
    long size = file.size();
    long end = segment.dataStart;
    List<Found> held = new ArrayList<>();
    while (true) {
      switch (walk.next(window, windowStart, size)) {
        case LOAD -> load(file, walk.position(), walk.loadBytes());
        case BATCH -> {
          Found found = found(walk);
          if (!held.isEmpty() && held.get(0).commitStart() != found.commitStart()) {
            end = takeAll(segment, held);
          }
          held.add(found);
          if (!last || held.size() == 1 && (found.gap == 0 || found.batch.commitOffset == 0)) {
            end = takeAll(segment, held);
          }
        }
        case END -> {
          segment.endOffset = Math.max(segment.endOffset, last ? endOffset : limit);
          return end;
        }
      }
    }
  }

  /**
   * A sound batch. One that stands behind a gap inside its own commit, and those after it, are held
   * back until a later commit is found: only that proves that the commit was durable. Without one
   * it is torn; and to keep a batch of it, but not one before, would make its producer's sequences
   * known although they are not there.
   */
  private record Found(BatchHeader batch, long position, long gapFirst, long gap) {
    long commitStart() {
      return position - batch.commitOffset;
    }
  }

  private Found found(SegmentWalk walk) {
    BatchHeader batch = new BatchHeader();
    batch.read(window, (int) (walk.position() - windowStart));
    return new Found(batch, walk.position(), walk.gapFirst(), walk.gap());
  }

  /** Returns the position behind the last of them. */
  private long takeAll(Segment segment, List<Found> held) {
    long end = 0;
    for (Found one : held) {
      noteGap(segment.path, one.position, one.gapFirst, one.gap, false);
      segment.add(one.batch, one.position);
      end = one.position + BatchHeader.BYTES + one.batch.bodyBytes;
      take(one.batch);
    }
    held.clear();
    return end;
  }

  private void take(BatchHeader batch) {
    endOffset = batch.endOffset();
    lastTimestamp = Math.max(lastTimestamp, batch.timestamp);
    messages += batch.count;
    bytes += batch.bodyBytes;
    if (batch.published) {
      producers.recovered(batch);
    }
  }

  private boolean readSnapshot(BlockingFiles.OpenFile file, FileHeader header) throws IOException {
    int length = header.snapshotBytes();
    if (length != (long) header.snapshotEntries() * ProducerTable.ENTRY_BYTES
        || header.dataStart() > file.size()) {
      return false;
    }
    load(file, FileHeader.COPIES_BYTES, length);
    int index = (int) (FileHeader.COPIES_BYTES - windowStart);
    if (Blocks.crc32c(window, index, length) != header.snapshotCrc()) {
      return false;
    }
    producers.readSnapshot(window, index, header.snapshotEntries());
    producersKnown = true;
    return true;
  }

  /**
   * Both copies of the header are gone: the first batch that is sound in itself, begins a block and
   * belongs to this partition tells the salt.
   */
  private FileHeader headerFromBatches(BlockingFiles.OpenFile file, long base, long size)
      throws IOException {
    BatchHeader batch = new BatchHeader();
    for (long at = FileHeader.COPIES_BYTES; at + BatchHeader.BYTES <= size; at += Blocks.BYTES) {
      load(file, at, BatchHeader.BYTES);
      if (batch.read(window, (int) (at - windowStart))
          && batch.incarnation == incarnation
          && batch.baseOffset >= base
          && at + BatchHeader.BYTES + batch.bodyBytes <= size) {
        load(file, at, BatchHeader.BYTES + batch.bodyBytes);
        if (batch.hasSoundBody(window, (int) (at - windowStart) + BatchHeader.BYTES)) {
          return new FileHeader(FileHeader.SEGMENT, incarnation, base, batch.salt, 0, 0, 0, 0);
        }
      }
    }
    return null;
  }

  /** Makes the window hold {@code length} bytes from {@code position}, as far as the file goes. */
  private void load(BlockingFiles.OpenFile file, long position, int length) throws IOException {
    if (position >= windowStart && position + length <= windowStart + window.writerIndex()) {
      return;
    }
    int capacity = Math.max(WINDOW_BYTES, length);
    if (window.capacity() < capacity) {
      window = Unpooled.buffer(capacity);
    }
    window.clear();
    windowStart = position;
    int read = file.read(position, window.nioBuffer(0, capacity));
    window.writerIndex(read);
    if (read < length && position + length <= file.size()) {
      throw new IOException(read + " of " + length + " bytes could be read at " + position);
    }
  }

  private boolean isZero(BlockingFiles.OpenFile file, long from, long to) throws IOException {
    long end = Math.min(to, file.size());
    for (long at = from; at < end; ) {
      int length = (int) Math.min(WINDOW_BYTES, end - at);
      load(file, at, length);
      int index = (int) (at - windowStart);
      if (window.forEachByte(index, length, value -> value == 0) >= 0) {
        return false;
      }
      at += length;
    }
    return true;
  }

  private void noteGap(Path path, long position, long first, long count, boolean beforeFirst) {
    producersKnown &= count <= 0;
    if (count > 0 && !beforeFirst && gaps.add(first)) {
      damage.accept(
          new Damage(
              Damage.Kind.LOST,
              path,
              position,
              0,
              first,
              count,
              "messages are damaged or missing; readers skip them"));
    }
  }

  private void unusable(Path path, IOException cause) {
    readOnlyReason = path + ": " + cause;
    damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "read-only: " + cause));
  }
}

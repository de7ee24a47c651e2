package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.IndexFile;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import dev.whippet.broker.internal.log.format.SegmentName;
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
 *   <li>After a clean stop nothing is read but the indexes: {@link CleanStop} tells the rest.
 *   <li>Segments in order of their names. All but the last are taken as their {@link IndexFile}
 *       tells; one without it is walked by batch headers, and gets one. Whatever is in them was
 *       durable before the next one was begun, and records are checked when read.
 *   <li>The last one by batch headers, and its last commit with all records, since an earlier one
 *       was durable before it was begun. What follows the last sound batch is what a crash leaves:
 *       it is cut off and made durable before anything is written behind it. The last commit counts
 *       up to its first batch that is missing. If bytes of an unfinished batch share a block with
 *       sound ones, the segment is left as it is and the next commit begins a new one, so that no
 *       block with acknowledged bytes is written again.
 *   <li>A last segment without one sound batch is continued when its header and snapshot are sound,
 *       else removed: nothing in it was ever acknowledged, unless somebody else proves it.
 *   <li>Producers: the snapshot of a segment replaces what is known, its batches go on from there.
 *       One that is not sound is not missed when everything before it is; then all is walked.
 *   <li>Batches from elsewhere go behind what the segments hold ({@link Evidence}).
 *   <li>A gap in the offsets is damage: reported, and passed over by readers. So is an end below
 *       what was durable, and a last segment whose index proves that there was another.
 *   <li>The last segment is synced, since a process that died may have left it in the page cache
 *       only. If that fails, the partition is read-only.
 * </ol>
 */
final class PartitionRecovery {
  /** Where a file had its size before, no batch is looked for further behind the last: 16 MiB. */
  static final long LOOK_BYTES = 16 << 20;

  final List<Segment> segments = new ArrayList<>();
  final List<Path> leftovers = new ArrayList<>();
  final Set<Long> gaps = new HashSet<>();
  final List<LooseBatch> loose = new ArrayList<>();
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

  /** Segments that have an index file. */
  private final Set<Path> indexed = new HashSet<>();

  /** Sealed and whole, without an index file that is right. */
  private final List<Segment> unindexed = new ArrayList<>();

  /** False from a gap on until the next sound snapshot. */
  private boolean producersKnown = true;

  /** The newest segment whose snapshot was needed and is not sound. */
  private Path withoutSnapshot;

  /** Names were changed. */
  private boolean unsynced;

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

  /** Of what is there; the end when there is nothing. */
  long firstOffset() {
    if (!segments.isEmpty()) {
      return segments.get(0).base;
    }
    return loose.isEmpty() ? endOffset : loose.get(0).header().baseOffset;
  }

  void run(Evidence evidence) {
    try {
      if (evidence.stopped() == null || !restore(evidence.stopped())) {
        readDirectory();
      }
    } catch (IOException e) {
      unusable(directory, e);
    } catch (RuntimeException | OutOfMemoryError e) { // ours, but no reason not to start
      active = null;
      unusable(directory, new IOException(e));
    }
    evidence.loose().forEach(this::takeLoose);
    long missing = evidence.durableEnd() - endOffset;
    Segment last = segments.isEmpty() ? null : segments.get(segments.size() - 1);
    Path where = last == null ? directory : last.path;
    long position = last == null ? 0 : last.length;
    noteGap(where, position, endOffset, missing, false, "durable messages at the end are missing");
    if (missing > 0) { // no offset is used twice
      endOffset = evidence.durableEnd();
      active = null;
    }
  }

  // --- after a clean stop -----------------------------------------------------------------------

  /** True when the partition is as the stop left it, as far as can be told without reading it. */
  private boolean restore(CleanStop.Partition stopped) {
    if (stopped.sealed() < 0) {
      return false;
    }
    try {
      List<Segment> found = new ArrayList<>();
      for (int i = 0; i < stopped.sealed(); i++) {
        Segment sealed = fromIndex(directory.resolve(SegmentName.of(stopped.base(i))));
        if (sealed == null || sealed.endOffset != stopped.base(i + 1)) {
          return false;
        }
        found.add(sealed);
      }
      Path path = directory.resolve(SegmentName.of(stopped.base(stopped.sealed())));
      Segment newest = stopped.newest(path);
      long size = disk.size(path);
      if (newest == null || size < newest.length) {
        return false;
      }
      newest.preparedBytes = size;
      found.add(newest);
      found.forEach(this::addWhole);
      active = newest;
      lastTimestamp = stopped.lastTimestamp();
      producers.readSnapshot(stopped.details(), stopped.producersIndex(), stopped.producers());
      onDisk = true;
      return true;
    } catch (IOException e) {
      return false; // reading the directory will tell what it is
    }
  }

  private void addWhole(Segment segment) {
    segments.add(segment);
    messages += segment.messages;
    bytes += segment.recordBytes;
    endOffset = segment.endOffset;
    lastTimestamp = Math.max(lastTimestamp, segment.lastTimestamp);
  }

  /** The sealed segment as its index tells it, {@code null} when that is missing or wrong. */
  private Segment fromIndex(Path path) throws IOException {
    ByteBuf index = Unpooled.buffer(IndexFile.BYTES_MAX);
    try (BlockingFiles.OpenFile file = disk.open(IndexFile.beside(path))) {
      index.writerIndex(file.read(0, index.nioBuffer(0, IndexFile.BYTES_MAX)));
    } catch (IOException e) {
      return null; // derived: made anew
    }
    Segment segment = IndexFile.read(index, path, incarnation, SegmentName.baseOf(path));
    if (segment == null) {
      return null;
    }
    try (BlockingFiles.OpenFile file = disk.open(path)) {
      FileHeader header = header(new ScanWindow(file), path);
      boolean same = header != null && header.salt() == segment.salt;
      segment.preparedBytes = file.size();
      return same && file.size() >= segment.length ? segment : null;
    }
  }

  // --- the directory ----------------------------------------------------------------------------

  private void readDirectory() throws IOException {
    List<Path> files = new ArrayList<>();
    List<Path> indexes = new ArrayList<>();
    for (Path file : disk.list(directory)) {
      if (SegmentName.isOne(file, SegmentName.SUFFIX)) {
        files.add(file);
      } else {
        (SegmentName.isOne(file, IndexFile.SUFFIX) ? indexes : leftovers).add(file);
      }
    }
    onDisk = !files.isEmpty() || !leftovers.isEmpty() || !indexes.isEmpty();
    for (Path index : indexes) {
      Path segment = directory.resolve(SegmentName.of(SegmentName.baseOf(index)));
      (files.contains(segment) ? indexed : leftovers)
          .add(files.contains(segment) ? segment : index);
    }
    boolean trusting = files.size() > 1 && hasSoundSnapshot(files.get(files.size() - 1));
    for (int i = 0; i < files.size(); i++) {
      boolean last = i + 1 == files.size();
      if (last) {
        lastSegment(files.get(i));
      } else {
        sealedSegment(files.get(i), SegmentName.baseOf(files.get(i + 1)), trusting);
      }
    }
    if (unsynced) {
      disk.syncDirectory(directory);
    }
    if (withoutSnapshot != null && !producersKnown) {
      String what = "the snapshot of producers";
      damage.accept(new Damage(Damage.Kind.LOST, withoutSnapshot, 0, 0, -1, 0, what));
    }
    Segment newest = segments.isEmpty() ? null : segments.get(segments.size() - 1);
    if (newest != null && newest.firstTimestamp >= 0 && readOnlyReason == null) {
      unindexed.remove(newest);
      unindexed.forEach(this::writeIndex); // a commit behind them is durable
    }
  }

  /** Then nothing before it need be read for the producers. */
  private boolean hasSoundSnapshot(Path path) {
    try (BlockingFiles.OpenFile file = disk.open(path)) {
      ScanWindow window = new ScanWindow(file);
      FileHeader header = header(window, path);
      return header != null && loadSnapshot(window, header);
    } catch (IOException e) {
      return false;
    }
  }

  /** Its failures don't keep the partition from being written. */
  private void sealedSegment(Path path, long limit, boolean trusting) {
    begin(path);
    try {
      Segment whole = trusting && indexed.contains(path) ? fromIndex(path) : null;
      if (whole != null && whole.endOffset <= limit) {
        addWhole(whole);
        producersKnown = false;
      } else {
        try (BlockingFiles.OpenFile file = disk.open(path)) {
          sealedSegment(path, new ScanWindow(file), limit);
        }
      }
    } catch (IOException e) {
      leftovers.add(path);
      damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "can't be read: " + e));
    }
    noteGap(path, 0, endOffset, limit - endOffset, false, SKIPPED);
    endOffset = limit;
  }

  private void sealedSegment(Path path, ScanWindow window, long limit) throws IOException {
    Scan scan = scan(path, window, limit);
    if (scan == null) {
      return;
    }
    if (scan.segment == null || scan.segment.firstTimestamp < 0) {
      leftovers.add(path); // a loss that the gap reports
      return;
    }
    segments.add(scan.segment);
    if (scan.segment.messages == scan.segment.endOffset - scan.segment.base) {
      unindexed.add(scan.segment);
    }
  }

  /** Derived: whether it could be written does not matter. */
  private void writeIndex(Segment segment) {
    ByteBuf index = Unpooled.buffer(IndexFile.bytes(segment));
    IndexFile.write(segment, incarnation, index);
    Blocks.padTo(index, Blocks.up(index.writerIndex()));
    try (BlockingFiles.OpenFile file = disk.create(IndexFile.beside(segment.path))) {
      file.write(0, index.nioBuffer());
    } catch (IOException e) {
      // The next start walks the segment again.
    }
  }

  private void lastSegment(Path path) {
    begin(path);
    try (BlockingFiles.OpenFile file = disk.open(path)) {
      lastSegment(path, file);
    } catch (IOException e) {
      leftovers.add(path);
      unusable(path, e);
    }
  }

  private void lastSegment(Path path, BlockingFiles.OpenFile file) throws IOException {
    ScanWindow window = new ScanWindow(file);
    Scan scan = scan(path, window, Long.MAX_VALUE);
    if (scan == null) {
      return;
    }
    Path before = segments.isEmpty() ? null : segments.get(segments.size() - 1).path;
    if (indexed.contains(path)) {
      lost(directory, "the segment behind " + path.getFileName() + " is missing");
      remove(IndexFile.beside(path));
    }
    if (scan.segment != null && (scan.segment.firstTimestamp >= 0 || scan.snapshotSound)) {
      segments.add(scan.segment);
      settle(scan, file, window);
      // A snapshot that is not there is made up for by the one of the next segment.
      active = scan.snapshotSound ? active : null;
    } else {
      boolean begun = scan.segment != null || isBegun(window);
      remove(path);
      if (before != null && indexed.contains(before)) {
        lost(path, "a segment that had a durable commit has no sound batch");
        remove(IndexFile.beside(before));
      } else if (begun) {
        damage.accept(
            new Damage(Damage.Kind.TAIL_CUT, path, 0, 0, -1, 0, "a segment without a sound batch"));
      }
    }
  }

  private void remove(Path path) throws IOException {
    disk.delete(path);
    unsynced = true;
  }

  private void lost(Path path, String what) {
    damage.accept(new Damage(Damage.Kind.LOST, path, 0, 0, endOffset, 0, what));
  }

  private void begin(Path path) {
    long base = SegmentName.baseOf(path);
    noteGap(path, 0, endOffset, base - endOffset, segments.isEmpty(), SKIPPED);
    endOffset = Math.max(endOffset, base);
  }

  // --- one segment ------------------------------------------------------------------------------

  /**
   * What was found in a segment; {@code segment} is null when not even its salt is known.
   *
   * @param prepared what follows the data may be what the file held before
   * @param torn batches of the segment follow the data that do not count
   */
  private record Scan(
      Segment segment, boolean snapshotSound, boolean prepared, long dataEnd, boolean torn) {}

  /** {@code null} for a later version's: left alone. */
  private Scan scan(Path path, ScanWindow window, long limit) throws IOException {
    window.load(0, FileHeader.COPIES_BYTES);
    if (FileHeader.isNewer(window.bytes, 0, FileHeader.SEGMENT)
        || FileHeader.isNewer(window.bytes, Blocks.BYTES, FileHeader.SEGMENT)) {
      readOnlyReason = path + ": written by a later version";
      long size = window.size;
      damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, size, -1, 0, "a later version's"));
      leftovers.add(path);
      return null;
    }
    FileHeader header = header(window, path);
    boolean snapshotSound = header != null && readSnapshot(window, header);
    if (header == null && !hasOtherHeader(window)) {
      header = headerFromBatches(window, SegmentName.baseOf(path));
    }
    if (header == null) {
      return new Scan(null, false, false, 0, false);
    }
    Segment segment =
        new Segment(path, header.base(), header.salt(), header.dataStart(), config.segmentBytes());
    boolean knownBefore = producersKnown;
    Batches found = batches(segment, window, limit, header.isPrepared());
    if (segment.firstTimestamp >= 0 && !snapshotSound && !knownBefore) {
      withoutSnapshot = path;
    }
    segment.length = Math.min(Blocks.up(found.end), window.size);
    segment.preparedBytes = window.size;
    segment.growing = !header.isPrepared();
    return new Scan(segment, snapshotSound, header.isPrepared(), found.end, found.torn);
  }

  /** False for a file in which nothing of this segment was ever written, as far as can be seen. */
  private static boolean isBegun(ScanWindow window) throws IOException {
    return !window.isZero(0, FileHeader.COPIES_BYTES) && !hasOtherHeader(window);
  }

  /** The file was another segment, and was never begun as this one. */
  private static boolean hasOtherHeader(ScanWindow window) throws IOException {
    window.load(0, FileHeader.COPIES_BYTES);
    return FileHeader.read(window.bytes, 0, FileHeader.SEGMENT) != null
        || FileHeader.read(window.bytes, Blocks.BYTES, FileHeader.SEGMENT) != null;
  }

  private FileHeader header(ScanWindow window, Path path) throws IOException {
    window.load(0, FileHeader.COPIES_BYTES);
    FileHeader header = FileHeader.read(window.bytes, 0, FileHeader.SEGMENT, incarnation);
    if (header == null) {
      header = FileHeader.read(window.bytes, Blocks.BYTES, FileHeader.SEGMENT, incarnation);
    }
    return header != null && header.base() == SegmentName.baseOf(path) ? header : null;
  }

  /** Cuts what a crash left behind the last sound batch, and makes the rest durable. */
  private void settle(Scan scan, BlockingFiles.OpenFile file, ScanWindow window)
      throws IOException {
    Segment segment = scan.segment;
    long dataEnd = scan.dataEnd;
    long size = window.size;
    long blockEnd = Blocks.up(dataEnd);
    boolean clean = blockEnd <= size && window.isZero(dataEnd, blockEnd);
    boolean cut = scan.torn || !scan.prepared && !window.isZero(blockEnd, size);
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
      segment.preparedBytes = blockEnd;
    }
    file.force();
    segment.length = Math.min(blockEnd, size);
    active = clean ? segment : null;
  }

  /**
   * Where the last sound batch ends, and whether there are batches behind it that do not count. If
   * {@code prepared}, no batch is looked for further than {@value #LOOK_BYTES} behind the last one:
   * a start does not read whole files.
   */
  private Batches batches(Segment segment, ScanWindow window, long limit, boolean prepared)
      throws IOException {
    boolean last = limit == Long.MAX_VALUE;
    SegmentWalk walk =
        new SegmentWalk(
            incarnation,
            segment.salt,
            segment.dataStart,
            segment.base,
            limit,
            SegmentWalk.NO_BODIES);
    long end = segment.dataStart;
    long seen = end;
    List<Found> commit = new ArrayList<>();
    while (true) {
      switch (walk.next(window.bytes, window.start, window.size)) {
        case LOAD -> {
          if (prepared && last && walk.position() > seen + LOOK_BYTES) {
            return ended(segment, commit, end, window);
          }
          window.load(walk.position(), walk.loadBytes());
        }
        case BATCH -> {
          Found found = found(walk, window);
          if (!commit.isEmpty() && commit.get(0).commitStart() != found.commitStart()) {
            end = takeAll(segment, commit);
          }
          commit.add(found);
          seen = found.position + found.batch.totalBytes();
        }
        case END -> {
          if (last) {
            return ended(segment, commit, end, window);
          }
          return new Batches(commit.isEmpty() ? end : takeAll(segment, commit), false);
        }
      }
    }
  }

  /** Of a segment. */
  private record Batches(long end, boolean torn) {}

  private Batches ended(Segment segment, List<Found> commit, long end, ScanWindow window)
      throws IOException {
    int found = commit.size();
    keepUntorn(commit, window);
    boolean torn = commit.size() < found;
    return new Batches(commit.isEmpty() ? end : takeAll(segment, commit), torn);
  }

  /** A sound header; its commit, all of it, is held until it is known to be whole. */
  private record Found(BatchHeader batch, long position, long gapFirst, long gap) {
    long commitStart() {
      return position - batch.commitOffset;
    }
  }

  private static Found found(SegmentWalk walk, ScanWindow window) {
    BatchHeader batch = new BatchHeader();
    batch.read(window.bytes, window.index(walk.position()));
    return new Found(batch, walk.position(), walk.gapFirst(), walk.gap());
  }

  /**
   * The last commit counts up to its first batch that is missing: only a later commit would prove
   * that it was durable. To keep a batch of it, but not one before, would make its producer's
   * sequences known although they are not there.
   */
  private static void keepUntorn(List<Found> commit, ScanWindow window) throws IOException {
    int sound = 0;
    while (sound < commit.size()) {
      Found one = commit.get(sound);
      boolean first = sound == 0 && one.batch.commitOffset == 0;
      if (one.gap != 0 && !first || !hasSoundBody(one, window)) {
        break;
      }
      sound++;
    }
    commit.subList(sound, commit.size()).clear();
  }

  private static boolean hasSoundBody(Found one, ScanWindow window) throws IOException {
    window.load(one.position, BatchHeader.BYTES + one.batch.bodyBytes);
    int body = window.index(one.position) + BatchHeader.BYTES;
    return one.batch.hasSoundBody(window.bytes, body);
  }

  /** Returns the position behind the last of them. */
  private long takeAll(Segment segment, List<Found> commit) {
    long end = 0;
    for (Found one : commit) {
      noteGap(segment.path, one.position, one.gapFirst, one.gap, false, SKIPPED);
      segment.add(one.batch, one.position);
      end = one.position + BatchHeader.BYTES + one.batch.bodyBytes;
      take(one.batch);
    }
    commit.clear();
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

  private void takeLoose(LooseBatch batch) {
    BatchHeader header = batch.header();
    if (header.baseOffset < endOffset) {
      batch.records().release(); // folded before the crash
      return;
    }
    long gap = header.baseOffset - endOffset;
    noteGap(directory, 0, endOffset, gap, segments.isEmpty() && loose.isEmpty(), SKIPPED);
    loose.add(batch);
    take(header);
  }

  private boolean readSnapshot(ScanWindow window, FileHeader header) throws IOException {
    if (!loadSnapshot(window, header)) {
      return false;
    }
    int index = window.index(FileHeader.COPIES_BYTES);
    producers.readSnapshot(window.bytes, index, header.snapshotEntries());
    producersKnown = true;
    return true;
  }

  private static boolean loadSnapshot(ScanWindow window, FileHeader header) throws IOException {
    int length = header.snapshotBytes();
    if (length != (long) header.snapshotEntries() * ProducerTable.ENTRY_BYTES
        || header.dataStart() > window.size) {
      return false;
    }
    window.load(FileHeader.COPIES_BYTES, length);
    int index = window.index(FileHeader.COPIES_BYTES);
    return Blocks.crc32c(window.bytes, index, length) == header.snapshotCrc();
  }

  /**
   * Both copies of the header are gone: the first batch that is sound in itself, begins a block and
   * belongs to this partition tells the salt.
   */
  private FileHeader headerFromBatches(ScanWindow window, long base) throws IOException {
    BatchHeader batch = new BatchHeader();
    long size = window.size;
    for (long at = FileHeader.COPIES_BYTES; at + BatchHeader.BYTES <= size; at += Blocks.BYTES) {
      window.load(at, BatchHeader.BYTES);
      if (batch.read(window.bytes, window.index(at))
          && batch.incarnation == incarnation
          && batch.baseOffset >= base
          && at + BatchHeader.BYTES + batch.bodyBytes <= size) {
        window.load(at, BatchHeader.BYTES + batch.bodyBytes);
        if (batch.hasSoundBody(window.bytes, window.index(at) + BatchHeader.BYTES)) {
          return new FileHeader(FileHeader.SEGMENT, incarnation, base, batch.salt, 0, 0, 0, 0, 0);
        }
      }
    }
    return null;
  }

  private static final String SKIPPED = "messages are damaged or missing; readers skip them";

  private void noteGap(
      Path path, long position, long first, long count, boolean beforeFirst, String what) {
    producersKnown &= count <= 0;
    if (count > 0 && !beforeFirst && gaps.add(first)) {
      damage.accept(new Damage(Damage.Kind.LOST, path, position, 0, first, count, what));
    }
  }

  private void unusable(Path path, IOException cause) {
    readOnlyReason = path + ": " + cause;
    damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "read-only: " + cause));
  }
}

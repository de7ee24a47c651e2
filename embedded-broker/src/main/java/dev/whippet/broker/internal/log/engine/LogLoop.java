package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.space.DiskSpace;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * What all logs and journals of one event loop share: its files, memory, clock, chance, and whom to
 * tell about damage. Made at start-up, then used by that loop only.
 */
public final class LogLoop {
  /** Pieces of segments kept for readers; less when memory is short. */
  private static final long CACHE_BYTES_MAX = 2L << 30;

  /** The cache may have this part of the memory although newest commits would fill all of it. */
  private static final int CACHE_SHARE = 4;

  public final LoopFiles files;
  public final ByteBufAllocator allocator;
  public final LogConfig config;
  public final LoopClock clock;
  public final Consumer<Damage> damage;

  /** Message ids; not the source of salts, since peers see ids and could compute on. */
  public final SplittableRandom ids;

  public final HotTail.Budget tails;

  /** What was written and acknowledged; read from any thread. */
  public final LogMetrics metrics = new LogMetrics();

  private final LateSync lateSync;
  private DiskSpace space = DiskSpace.unlimited();

  /** Pieces of segments for readers. */
  public final SegmentCache cache;

  private LongSupplier room = () -> Long.MAX_VALUE;
  private final Random random;
  private final Set<Path> durableDirectories = new HashSet<>();
  private Commits commits = Commits.STRAIGHT;

  /** {@code null} when files are neither made ahead nor kept. */
  private SegmentPool pool;

  /**
   * @param files the loop's own files
   * @param allocator direct memory for commits and reads
   * @param config limits
   * @param clock time of day, and timers of this loop
   * @param random unpredictable to peers ({@code SecureRandom}): salts of files come from it
   * @param damage is told on the loop and on start-up threads; quick, thread-safe
   */
  public LogLoop(
      LoopFiles files,
      ByteBufAllocator allocator,
      LogConfig config,
      LoopClock clock,
      Random random,
      Consumer<Damage> damage) {
    this.files = files;
    this.allocator = allocator;
    this.config = config;
    this.clock = clock;
    this.random = random;
    this.damage = damage;
    this.ids = new SplittableRandom(random.nextLong());
    this.tails = new HotTail.Budget(config.tailBytesMax(), this::makeRoom);
    this.cache = new SegmentCache(files, this::allocateForCache, this::cacheBytesMax);
    this.lateSync = new LateSync(files, clock, config.syncIntervalMillis());
  }

  /** All loops share one. Before anything is recovered. */
  public void shareSpace(DiskSpace shared) {
    space = shared;
  }

  /** Brings to stable storage what was written at the level INTERVAL. */
  public LateSync lateSync() {
    return lateSync;
  }

  /** What segments take up of the disk, and what is left. */
  public DiskSpace space() {
    return space;
  }

  /** Where small batches are committed together; at first nowhere. Owner loop. */
  public Commits commits() {
    return commits;
  }

  /** From now on small batches go there. Before the loop serves anybody. */
  public void commitInto(Commits shared) {
    commits = shared;
  }

  /**
   * From now on files of segments come from there, and go there. Before the loop serves anybody.
   */
  public void pool(SegmentPool files) {
    pool = files;
  }

  /** A file for a segment of so many bytes at first; {@code null} when there is none. */
  public SegmentPool.Prepared prepared(long bytes) {
    return pool == null ? null : pool.take(bytes);
  }

  /** True when {@link #prepared} would have one for a segment as it usually begins. */
  public boolean hasPrepared() {
    return pool != null && pool.isReady();
  }

  // --- memory -----------------------------------------------------------------------------------

  /**
   * Tail and cache stay below what {@code bytes} says whenever they grow: what requests and replies
   * leave them. Without it only their own limits hold. Before the loop runs.
   */
  public void shareMemory(LongSupplier bytes) {
    room = bytes;
  }

  /** Memory that gives way to requests and replies: newest commits and pieces of segments. */
  public long spareBytes() {
    return tails.bytes() + cache.bytes();
  }

  /**
   * Gives up {@code bytes} of it if there are so many: what the cache has beyond its share, then
   * the oldest commits, then the rest of the cache.
   */
  public void shrinkBy(long bytes) {
    long left = spareBytes() - bytes;
    cache.shrinkBy(Math.min(spareBytes() - left, cache.bytes() - cacheShareOf(left)));
    tails.shrinkTo(tails.bytes() - Math.max(0, spareBytes() - left));
    cache.shrinkBy(spareBytes() - left);
  }

  /** Gives memory and descriptors back that nobody asked for since the last call. */
  public void idle() {
    cache.idle();
    tails.idle();
    if (pool != null) {
      pool.trim();
    }
  }

  private void makeRoom() {
    long over = spareBytes() - room.getAsLong();
    if (over > 0) {
      shrinkBy(over);
    }
  }

  private ByteBuf allocateForCache(int bytes) {
    makeRoom(); // what is about to be loaded counts already
    return allocateBlocks(bytes);
  }

  private long cacheBytesMax() {
    long bytes = room.getAsLong();
    return Math.max(cacheShareOf(bytes), Math.min(CACHE_BYTES_MAX, bytes - tails.bytes()));
  }

  /**
   * What the newest commits leave to the cache, however many they are: nobody may ever read those,
   * and who comes to the cache is there.
   */
  private static long cacheShareOf(long bytes) {
    return Math.min(CACHE_BYTES_MAX, bytes / CACHE_SHARE);
  }

  /** A commit of the log or journal in {@code directory} failed. */
  public void readOnly(Path directory, LogFailure failure) {
    damage.accept(new Damage(Damage.Kind.READ_ONLY, directory, 0, 0, -1, 0, failure.message()));
  }

  public long newSalt() {
    return random.nextLong();
  }

  public ByteBuf allocateBlocks(int bytes) {
    return Blocks.allocate(allocator, bytes);
  }

  /** The directory was or will be removed. */
  public void forgetDirectory(Path directory) {
    durableDirectories.remove(directory);
  }

  /**
   * Creates a file and, first, those of {@code directories} (outermost first) that are missing; all
   * names are durable at the end. The caller is a user of the file then, and of nothing else.
   */
  public void createFile(Segment file, List<Path> directories, FileCompletion<AsyncFile> done) {
    createFile(file, null, directories, done);
  }

  /**
   * As above; the file is {@code prepared}, under its new name, if that is not {@code null} and can
   * be renamed. Then the segment says so.
   */
  public void createFile(
      Segment file,
      SegmentPool.Prepared prepared,
      List<Path> directories,
      FileCompletion<AsyncFile> done) {
    if (directories.isEmpty()) {
      createFile(file, prepared, done);
      return;
    }
    List<Path> rest = directories.subList(1, directories.size());
    FileCompletion<Void> next =
        (nothing, failure) -> {
          if (failure != null) {
            giveBack(prepared);
            done.done(null, failure);
          } else {
            createFile(file, prepared, rest, done);
          }
        };
    ensureDirectory(directories.get(0), next);
  }

  private void giveBack(SegmentPool.Prepared prepared) {
    if (prepared != null) {
      pool.giveBack(prepared);
    }
  }

  private void createFile(
      Segment file, SegmentPool.Prepared prepared, FileCompletion<AsyncFile> done) {
    if (prepared == null) {
      createFile(file, done);
      return;
    }
    files.rename(
        prepared.path(),
        file.path,
        (renamed, failure) -> {
          if (failure != null) { // it may have its new name, and may grow then like a new one
            space.countAhead(-prepared.bytes());
          } else {
            file.preparedBytes = prepared.bytes();
          }
          createFile(file, done);
        });
  }

  /**
   * Removes a segment's file, durably, once nobody uses it any more; nobody may begin to use it
   * from here on. The one door by which segments leave, into the pool where there is one. May be
   * tried again when it failed.
   */
  public void retire(Segment segment, FileCompletion<Void> done) {
    if (segment.isRetired()) {
      remove(segment, done);
      return;
    }
    cache.forget(segment);
    segment.retire(() -> remove(segment, done));
  }

  private void remove(Segment segment, FileCompletion<Void> done) {
    files.delete(
        IndexFile.beside(segment.path),
        (gone, notGone) -> {
          if (notGone != null) {
            done.done(null, notGone);
          } else if (!isKept(segment, done)) {
            deleteDurably(segment.path, done);
          }
        });
  }

  private boolean isKept(Segment segment, FileCompletion<Void> done) {
    return pool != null && pool.keep(segment, (nothing, failure) -> moved(segment, failure, done));
  }

  /** What could not be moved for sure is deleted, wherever it is. */
  private void moved(Segment segment, IOException failure, FileCompletion<Void> done) {
    if (failure == null) {
      done.done(null, null);
    } else {
      deleteDurably(segment.path, done);
    }
  }

  /** Removes files, or empty directories, one after the other, all of them durably at the end. */
  public void deleteAll(Queue<Path> doomed, Path directory, FileCompletion<Void> done) {
    Path next = doomed.poll();
    if (next == null) {
      files.syncDirectory(directory, done);
      return;
    }
    files.delete(
        next,
        (nothing, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            deleteAll(doomed, directory, done);
          }
        });
  }

  private void deleteDurably(Path path, FileCompletion<Void> done) {
    files.delete(
        path,
        (nothing, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            files.syncDirectory(path.getParent(), done);
          }
        });
  }

  private void ensureDirectory(Path directory, FileCompletion<Void> done) {
    if (durableDirectories.contains(directory)) {
      done.done(null, null);
      return;
    }
    files.createDirectory(
        directory,
        (created, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            files.syncDirectory(
                directory.toAbsolutePath().getParent(),
                (synced, notSynced) -> {
                  if (notSynced == null) {
                    durableDirectories.add(directory);
                  }
                  done.done(null, notSynced);
                });
          }
        });
  }

  private void createFile(Segment file, FileCompletion<AsyncFile> done) {
    file.use(
        files,
        (opened, failure) -> {
          if (failure != null) {
            done.done(null, failure);
            return;
          }
          files.syncDirectory(
              file.path.getParent(),
              (synced, notSynced) -> {
                if (notSynced != null) {
                  file.release();
                  done.done(null, notSynced);
                } else {
                  done.done(opened, null);
                }
              });
        });
  }
}

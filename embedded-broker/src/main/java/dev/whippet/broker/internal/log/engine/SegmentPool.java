package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.file.ZeroFill;
import dev.whippet.broker.internal.log.format.Blocks;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;

/**
 * Files of one loop that wait to be segments, so that a commit goes into blocks that exist already
 * and changes no metadata:
 *
 * <pre>
 *   make: reserve, zeros, slowly, sync ----\
 *                                           ready --take--> renamed to the new segment
 *   keep: a retired segment, renamed here -/    \--trim: deleted, when the disk is tight
 * </pre>
 *
 * <ul>
 *   <li>Zeros are written when somebody asked for a file: one is made ahead of the next who does.
 *       Not with a commit delay, which is there to spare the flash: then only old ones are used.
 *   <li>What is here, and what is not full yet of the segments made of it, stays below {@link
 *       DiskSpace}'s bound for all loops.
 *   <li>A kept file's bytes stay until they are written over. They don't pass for data: salt,
 *       incarnation and offsets are others. It changes only after nobody uses the segment that it
 *       was, and its old name is gone for good.
 *   <li>A start removes what it finds here.
 * </ul>
 *
 * Owner loop only.
 */
public final class SegmentPool {
  static final int READY_MAX = 16;

  /** At most one fifth of the disk's time goes into zeros, and 64 MiB a second. */
  private static final int PAUSE_TIMES = 4;

  private static final long ZERO_STEP_MICROS_MIN = 16_000;

  /**
   * A file that was taken.
   *
   * @param bytes it has, all of them written once
   */
  public record Prepared(Path path, long bytes) {}

  private final LogLoop loop;
  private final Path directory;
  private final long fileBytes;
  private final long numberStep;
  private final ArrayDeque<Prepared> ready = new ArrayDeque<>();
  private long nextNumber;
  private boolean making;

  /**
   * @param directory is there
   * @param firstNumber no file here has this number, nor one that is a multiple of {@code
   *     numberStep} above
   */
  public SegmentPool(LogLoop loop, Path directory, long firstNumber, int numberStep) {
    this.loop = loop;
    this.directory = directory;
    this.fileBytes = Blocks.up(loop.config.segmentBytes());
    this.nextNumber = firstNumber;
    this.numberStep = numberStep;
  }

  /**
   * Removes what an earlier life left in {@code directory}; returns a number above all names there.
   * Blocks: start-up thread only.
   */
  public static long clear(BlockingFiles disk, Path directory) throws IOException {
    long above = 1;
    for (Path file : disk.list(directory)) {
      String name = file.getFileName().toString();
      if (name.matches("[0-7][0-9a-f]{15}\\.free")) {
        above = Math.max(above, 1 + Long.parseLong(name.substring(0, 16), 16));
        disk.delete(file);
      }
    }
    return above;
  }

  private Path nextPath() {
    long number = nextNumber;
    nextNumber += numberStep;
    return directory.resolve(String.format("%016x.free", number));
  }

  /** A file with room for {@code bytes} at least; {@code null} when there is none. */
  Prepared take(long bytes) {
    trim();
    Prepared taken = bytes > fileBytes ? null : ready.poll();
    if (ready.isEmpty()) {
      make();
    }
    return taken;
  }

  boolean isReady() {
    return !ready.isEmpty();
  }

  /** It was not used. */
  void giveBack(Prepared unused) {
    ready.add(unused);
  }

  /** Deletes what is here while the disk is tight. */
  void trim() {
    while (loop.space().isTight() && !ready.isEmpty()) {
      delete(ready.poll());
    }
  }

  /** If that does not last the next start does it. */
  private void delete(Prepared unneeded) {
    loop.space().countAhead(-unneeded.bytes);
    loop.files.delete(unneeded.path, (nothing, failure) -> {});
  }

  // --- old files --------------------------------------------------------------------------------

  /**
   * Takes a file that nobody uses any more, instead of its removal.
   *
   * @param done its old name is gone for good; called later, and only when it is taken
   * @return false when it has to be deleted
   */
  boolean keep(Segment retired, FileCompletion<Void> done) {
    long bytes = Math.max(retired.length, retired.preparedBytes);
    boolean fits = bytes >= fileBytes / 2 && bytes <= 2 * fileBytes;
    trim();
    if (!fits || ready.size() >= READY_MAX || !loop.space().takeAhead(bytes)) {
      return false;
    }
    Prepared kept = new Prepared(nextPath(), bytes);
    loop.files.rename(
        retired.path,
        kept.path,
        (nothing, failure) -> {
          if (failure != null) {
            loop.space().countAhead(-bytes);
            done.done(null, failure);
          } else {
            syncNames(retired.path.getParent(), kept, done);
          }
        });
    return true;
  }

  private void syncNames(Path oldDirectory, Prepared kept, FileCompletion<Void> done) {
    LoopFiles files = loop.files;
    files.syncDirectory(
        directory,
        (here, notHere) -> {
          if (notHere != null) {
            kept(kept, notHere, done);
          } else {
            files.syncDirectory(oldDirectory, (there, notThere) -> kept(kept, notThere, done));
          }
        });
  }

  /** With a failure the old name may come back: the bytes have to stay. */
  private void kept(Prepared file, IOException failure, FileCompletion<Void> done) {
    if (failure == null) {
      ready.add(file);
    } else {
      loop.space().countAhead(-file.bytes);
    }
    done.done(null, failure);
  }

  // --- new files --------------------------------------------------------------------------------

  private void make() {
    boolean sparing = loop.config.commits().delayMicros() > 0;
    if (making || sparing || !loop.space().takeAhead(fileBytes)) {
      return;
    }
    making = true;
    Prepared fresh = new Prepared(nextPath(), fileBytes);
    loop.files.open(
        fresh.path,
        (file, failure) -> {
          if (failure != null) {
            made(fresh, failure);
          } else {
            fill(fresh, file);
          }
        });
  }

  private void fill(Prepared fresh, AsyncFile file) {
    ZeroFill.start(
        file,
        fileBytes,
        loop::allocateBlocks,
        new Slowly(),
        (nothing, failure) -> file.close((closed, notClosed) -> made(fresh, failure)));
  }

  /** Not while the disk is tight, and within a share of its time. */
  private final class Slowly implements ZeroFill.Pace {
    private long began;

    @Override
    public boolean mayGoOn(int bytes) {
      if (loop.space().isTight()) {
        return false;
      }
      loop.metrics.wrote(bytes);
      began = loop.clock.micros();
      return true;
    }

    @Override
    public void pause(Runnable next) {
      long took = Math.max(0, loop.clock.micros() - began);
      loop.clock.after(Math.max(ZERO_STEP_MICROS_MIN, PAUSE_TIMES * took), next);
    }
  }

  private void made(Prepared fresh, IOException failure) {
    making = false;
    if (failure == null) {
      ready.add(fresh);
      trim();
    } else {
      delete(fresh);
    }
  }
}

package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.ZeroFill;
import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.List;

/**
 * The commit files of one loop that nobody uses: makes them at full size, filled with zeros, so
 * that a commit changes no metadata; and gives those that were folded another life. At most {@value
 * #FILES_MAX} altogether.
 *
 * <pre>
 *   make ->  reserve, zeros, sync \
 *                                   header of the next life, durable -> ready -> take
 *   give back, when all is folded /
 * </pre>
 *
 * The header comes first, alone: what the life before left in the file can't be mistaken for damage
 * of this one. Headers are written one after the other, so that files are taken in the order of
 * their serials. Owner loop only.
 */
final class CommitFiles {
  static final int FILES_MAX = 4;
  private static final int READY_MAX = 2;

  private final LogLoop loop;
  private final Path directory;
  private final long fileBytes;
  private final Runnable changed;
  private final int serialStep;
  private long nextSerial;
  private final ArrayDeque<CommitFile> headless = new ArrayDeque<>();
  private final ArrayDeque<CommitFile> ready = new ArrayDeque<>();
  private int files;
  private boolean making;

  /**
   * The first one is only reserved, where a disk can: somebody waits for it, and on a slow card
   * zeros take long. It has one life, which ends when there is another file.
   */
  private boolean first = true;

  private boolean writingHeader;

  /**
   * @param changed runs when a file is ready, or can't be made
   */
  CommitFiles(LogLoop loop, Path directory, long firstSerial, int serialStep, Runnable changed) {
    this.loop = loop;
    this.directory = directory;
    this.fileBytes = loop.config.commits().fileBytes();
    this.nextSerial = firstSerial;
    this.serialStep = serialStep;
    this.changed = changed;
  }

  /** A file that can be begun at once; {@code null} without one. */
  CommitFile take() {
    return ready.poll();
  }

  boolean isReady() {
    return !ready.isEmpty();
  }

  /** True when a file will be ready, or be found impossible, without anybody's doing. */
  boolean isBusy() {
    return making || writingHeader;
  }

  /** True when another may be made. */
  boolean mayMake() {
    return !isBusy() && files < FILES_MAX;
  }

  private long serial() {
    long serial = nextSerial;
    nextSerial += serialStep;
    return serial;
  }

  /** Makes a file; {@code failed} runs when that can't be. */
  void make(Runnable failed) {
    making = true;
    files++;
    long number = serial();
    Path path = directory.resolve(CommitRecovery.nameOf(number));
    Segment place = new Segment(path, 0, 0, 0, fileBytes);
    FileCompletion<CommitFile> made =
        (fresh, failure) -> {
          making = false;
          if (failure == null) {
            nextLife(fresh);
            return;
          }
          files--;
          failed.run();
          changed.run();
        };
    loop.createFile(
        place,
        List.of(directory),
        (file, failure) -> {
          if (failure != null) {
            made.done(null, failure);
          } else {
            fill(new CommitFile(number, place, file), made);
          }
        });
  }

  private void fill(CommitFile fresh, FileCompletion<CommitFile> done) {
    FileCompletion<Void> filled =
        (nothing, failure) -> {
          if (failure != null) {
            remove(fresh);
          }
          done.done(fresh, failure);
        };
    if (first && loop.files.reserves()) {
      first = false;
      fresh.reserved = true;
      fresh.file.allocate(
          0,
          fileBytes,
          (nothing, failure) -> {
            if (failure != null) {
              filled.done(null, failure);
            } else {
              fresh.file.sync(filled);
            }
          });
    } else {
      ZeroFill.start(fresh.file, fileBytes, loop::allocateBlocks, new AtOnce(), filled);
    }
  }

  /** Somebody may be waiting for it. */
  private final class AtOnce implements ZeroFill.Pace {
    @Override
    public boolean mayGoOn(int bytes) {
      loop.metrics.wrote(bytes);
      return true;
    }

    @Override
    public void pause(Runnable next) {
      next.run();
    }
  }

  /** Nothing in it is needed: keeps it for the next time, or deletes it. */
  void giveBack(CommitFile used) {
    if (used.failed || used.reserved || ready.size() >= READY_MAX) {
      files--;
      remove(used);
    } else {
      nextLife(used);
    }
  }

  private void nextLife(CommitFile file) {
    headless.add(file);
    writeNextHeader();
  }

  private void writeNextHeader() {
    CommitFile file = writingHeader ? null : headless.poll();
    if (file == null) {
      return;
    }
    ByteBuf out;
    try {
      out = loop.allocateBlocks(FileHeader.COPIES_BYTES);
    } catch (OutOfMemoryError e) {
      headerEnded(file, false);
      return;
    }
    writingHeader = true;
    file.live(serial(), loop.newSalt());
    new FileHeader(
            FileHeader.COMMITS,
            file.serial,
            file.number,
            file.salt,
            loop.clock.micros(),
            0,
            0,
            0,
            0)
        .write(out);
    loop.metrics.wrote(out.capacity());
    loop.metrics.synced();
    file.file.writeDurably(
        0,
        out,
        (nothing, failure) -> {
          out.release();
          writingHeader = false;
          headerEnded(file, failure == null);
        });
  }

  private void headerEnded(CommitFile file, boolean written) {
    if (written) {
      ready.add(file);
    } else {
      files--;
      remove(file);
    }
    writeNextHeader();
    changed.run();
  }

  /**
   * If the removal fails or does not last, recovery finds only what is in segments already, and
   * what a failed commit was about.
   */
  private void remove(CommitFile file) {
    file.place.release();
    loop.files.delete(
        file.place.path,
        (nothing, failure) -> {
          if (failure == null && !file.doubtful.isEmpty()) {
            loop.files.syncDirectory(directory, (synced, notSynced) -> fence(file, notSynced));
          }
        });
  }

  private static void fence(CommitFile gone, IOException failure) {
    if (failure == null) {
      gone.doubtful.forEach(Commits.Source::fenced);
    }
  }
}

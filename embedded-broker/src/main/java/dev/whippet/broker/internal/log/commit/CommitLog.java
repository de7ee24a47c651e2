package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitRefused;
import dev.whippet.broker.internal.log.engine.CommitSpace;
import dev.whippet.broker.internal.log.engine.Commits;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The commit files of one loop: small batches of all its partitions become durable here, together,
 * by one block-aligned write into blocks that exist already; later, many at a time, they are folded
 * into their partitions' segments.
 *
 * <pre>
 *   join ... join --(delay)--> one write --> ended ... ended     what joins meanwhile is the next
 *
 *   file full -> sealed -> every partition in it folds -> free -> the next life of the file
 * </pre>
 *
 * <ul>
 *   <li>One commit in flight. It begins at once, or after the configured delay.
 *   <li>A commit that failed is never tried again: its partitions fail, its file is given up; what
 *       was committed in it before is folded, then it is deleted, and then they may go on.
 *   <li>A file is written again only when each of its batches is durable in a segment. A fold that
 *       failed is tried again, elsewhere, every second; what it is about stays in memory and here.
 *   <li>At most {@value CommitFiles#FILES_MAX} files. When all wait for their folds, commits wait;
 *       when those can't be done, or no file can be made, batches go straight into their segments.
 * </ul>
 *
 * Owner loop only, unless said otherwise.
 */
public final class CommitLog implements Commits {

  private static final long RETRY_MICROS = 1_000_000;

  private final LogLoop loop;
  private final CommitFiles files;
  private final CommitFolds folds;
  private final ArrayDeque<Source> turns = new ArrayDeque<>();
  private final List<Source> members = new ArrayList<>();
  private CommitFile current;

  /** The first one, left when there was a better one; folded with that. */
  private CommitFile parked;

  private boolean committing;

  /** The delay's timer runs; it is over. */
  private boolean waiting;

  private boolean due;

  /** No file can be made before this time. */
  private long closedUntil = Long.MIN_VALUE;

  /**
   * @param directory of the commit files; made when it is missing
   * @param firstSerial never used before, nor anything above by other loops than in steps of {@code
   *     serialStep}
   */
  public CommitLog(LogLoop loop, Path directory, long firstSerial, int serialStep) {
    this.loop = loop;
    this.files = new CommitFiles(loop, directory, firstSerial, serialStep, this::commitNext);
    this.folds = new CommitFolds(loop, this::commitNext);
  }

  @Override
  public boolean isOpen() {
    return loop.clock.micros() >= closedUntil;
  }

  @Override
  public void join(Source source) {
    turns.add(source);
    long delay = loop.config.commits().delayMicros();
    if (delay == 0 || !source.mayWait()) {
      due = true;
    } else if (!waiting && !due) {
      waiting = true;
      loop.clock.after(
          delay,
          () -> {
            waiting = false;
            due = true;
            commitNext();
          });
    }
    commitNext();
  }

  private void commitNext() {
    while (!committing && due && !turns.isEmpty()) {
      if (current != null && current.failed) { // a late sync did
        seal(); // its folds may end at once, and begin the next commit
        continue;
      }
      if (current != null && current.reserved && files.isReady()) {
        parked = current;
        current = null;
      }
      if (current == null && !begin()) {
        return;
      }
      committing = true; // what joins while others collect waits
      int total = gather(roomIn(current));
      if (total > 0) {
        due = loop.config.commits().delayMicros() == 0 || !turns.isEmpty();
        write(current, total);
        return;
      }
      committing = false;
      if (!turns.isEmpty()) {
        seal(); // not one of them fits
      }
    }
    if (turns.isEmpty()) {
      due = false;
    }
  }

  private int roomIn(CommitFile file) {
    long left = loop.config.commits().fileBytes() - file.position;
    return (int) Math.min(left, Blocks.down(loop.config.commitBytesMax()));
  }

  private int gather(int room) {
    int total = 0;
    for (int left = turns.size(); left > 0; left--) {
      Source source = turns.poll();
      int bytes = source.collect(room - total);
      if (bytes > 0) {
        members.add(source);
        total += bytes;
      } else if (bytes < 0) {
        turns.add(source);
      }
    }
    return total;
  }

  private void write(CommitFile file, int total) {
    ByteBuf out;
    try {
      out = loop.allocateBlocks(Blocks.up(total));
    } catch (OutOfMemoryError e) {
      String what = "no memory for a commit: " + e;
      end(null, null, new CommitRefused(new LogFailure(LogFailure.Reason.OVERLOADED, what)));
      return;
    }
    boolean power = false;
    boolean interval = false;
    for (Source source : members) {
      source.write(out, file.salt);
      power |= source.durability() == Durability.POWER;
      interval |= source.durability() == Durability.INTERVAL;
    }
    boolean late = interval && !power;
    Blocks.padTo(out, out.capacity());
    FileCompletion<Void> done =
        (nothing, failure) -> {
          if (late && failure == null) {
            loop.lateSync().wrote(file.place, (none, notSynced) -> notSynced(file));
          }
          written(file, out, failure);
        };
    if (power) {
      file.file.writeDurably(file.position, out, done);
    } else {
      file.file.write(file.position, out, done);
    }
    loop.metrics.committed(out.capacity(), power);
  }

  /** What is in it is in memory, too, and goes to segments now, durably. */
  private void notSynced(CommitFile file) {
    file.failed = true;
    if (file == current && !committing) {
      seal();
    } else if (file == parked) {
      foldParked();
    }
  }

  private void written(CommitFile file, ByteBuf out, IOException failure) {
    if (failure == null) {
      file.position += out.capacity();
      file.sources.addAll(members);
      end(out, file.space, null);
    } else {
      file.failed = true;
      file.doubtful.addAll(members);
      seal();
      // Never "no space": the doubtful bytes must not be there when the offsets are used again.
      end(null, null, new IOException("commit file: " + failure.getMessage(), failure));
    }
    out.release();
  }

  /** While it runs, {@code committing} keeps those that join again waiting. */
  private void end(ByteBuf out, CommitSpace space, IOException failure) {
    for (int i = 0; i < members.size(); i++) {
      members.get(i).ended(out, space, failure);
    }
    members.clear();
    committing = false;
    makeAhead();
    commitNext();
  }

  // --- files ----------------------------------------------------------------------------------

  /** Takes up a file; false when there is none yet, or none at all. */
  private boolean begin() {
    current = files.take();
    if (current != null) {
      CommitFile begun = current;
      begun.space = new CommitSpace(() -> files.giveBack(begun));
      return true;
    }
    if (isOpen() && files.mayMake()) {
      make();
    } else if (!files.isBusy() && folds.isIdle()) {
      if (parked == null) {
        declineAll();
      } else {
        foldParked();
      }
    }
    return false;
  }

  private void make() {
    files.make(() -> closedUntil = loop.clock.micros() + RETRY_MICROS);
  }

  /** The next file, before this one is full; at once behind the first. */
  private void makeAhead() {
    boolean wanted =
        current != null
            && (current.reserved || current.position > loop.config.commits().fileBytes() / 2);
    if (wanted && !files.isReady() && folds.isIdle() && isOpen() && files.mayMake()) {
      make();
    }
  }

  private void declineAll() {
    List<Source> declined = new ArrayList<>(turns);
    turns.clear();
    declined.forEach(Source::declined);
  }

  private void seal() {
    CommitFile full = current;
    current = null;
    foldParked();
    full.space.seal();
    folds.start(full.sources);
  }

  private void foldParked() {
    CommitFile left = parked;
    parked = null;
    if (left != null) {
      left.space.seal();
      folds.start(left.sources);
    }
  }
}

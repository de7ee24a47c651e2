package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.LoopFiles;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The level {@link Durability#INTERVAL}: what was written without a sync is on stable storage
 * within an interval. One sync a file, however many writes; it begins at half of the interval, so
 * that the disk has the other half for it. A file that waits is kept open.
 *
 * <pre>
 *   CLEAN --wrote--> DIRTY --half an interval after the first--> syncing --> CLEAN
 *                                                                  | failed: the owner is told
 * </pre>
 *
 * A write during the sync makes the file dirty again. Owner loop only.
 */
public final class LateSync {

  /** A file that has to be synced; it is used until then. */
  private record Dirty(Segment segment, AsyncFile file, FileCompletion<Void> failed) {}

  private final LoopFiles files;
  private final LoopClock clock;
  private final long halfMicros;
  private final Map<Segment, Dirty> dirty = new LinkedHashMap<>();
  private final List<Runnable> endings = new ArrayList<>();
  private int syncing;

  LateSync(LoopFiles files, LoopClock clock, long intervalMillis) {
    this.files = files;
    this.clock = clock;
    this.halfMicros = intervalMillis * 1_000 / 2;
  }

  /**
   * A write has ended without a sync. The caller uses the segment now.
   *
   * @param failed ends when the file could not be synced, with the failure: nobody knows then what
   *     a power cut leaves of it. Never ends with success
   */
  public void wrote(Segment segment, FileCompletion<Void> failed) {
    if (!dirty.containsKey(segment)) {
      segment.use(
          files,
          (file, failure) -> {
            if (failure != null) {
              failed.done(null, failure);
            } else {
              note(segment, new Dirty(segment, file, failed));
            }
          });
    }
  }

  private void note(Segment segment, Dirty one) {
    if (dirty.isEmpty()) {
      clock.after(halfMicros, this::syncAll);
    }
    dirty.put(segment, one);
  }

  /** Syncs what is dirty now; ends when nothing is any more. */
  public void flush(Runnable done) {
    endings.add(done);
    syncAll();
    endIfClean();
  }

  /**
   * Syncs {@code segments} now, one after the other; passes over those that leave meanwhile.
   *
   * @param failed when a sync fails, before {@code done}: what it should have brought to the disk
   *     may be lost, and the next sync would not say so again
   */
  public void sync(
      Collection<Segment> segments, Consumer<IOException> failed, FileCompletion<Void> done) {
    syncNext(new ArrayDeque<>(segments), failed, done);
  }

  private void syncNext(
      ArrayDeque<Segment> left, Consumer<IOException> failed, FileCompletion<Void> done) {
    while (!left.isEmpty() && left.peek().isRetired()) {
      left.poll();
    }
    Segment segment = left.poll();
    if (segment == null) {
      done.done(null, null);
      return;
    }
    segment.use(
        files,
        (file, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            file.sync(
                (nothing, unsynced) -> {
                  segment.release();
                  if (unsynced != null) {
                    failed.accept(unsynced);
                    done.done(null, unsynced);
                  } else {
                    syncNext(left, failed, done);
                  }
                });
          }
        });
  }

  private void syncAll() {
    List<Dirty> now = List.copyOf(dirty.values());
    dirty.clear();
    for (Dirty one : now) {
      syncing++;
      one.file.sync((nothing, failure) -> synced(one, failure));
    }
  }

  private void synced(Dirty one, IOException failure) {
    syncing--;
    one.segment.release();
    if (failure != null) {
      one.failed.done(null, failure);
    }
    endIfClean();
  }

  private void endIfClean() {
    if (syncing == 0 && dirty.isEmpty()) {
      List<Runnable> now = new ArrayList<>(endings);
      endings.clear();
      now.forEach(Runnable::run);
    }
  }
}

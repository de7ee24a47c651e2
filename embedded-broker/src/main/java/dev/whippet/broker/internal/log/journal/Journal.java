package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.FileFailure;
import dev.whippet.broker.internal.log.engine.CommitQueue;
import dev.whippet.broker.internal.log.engine.CommitRefused;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Opaque entries with group commit: one commit in flight, what arrives meanwhile is the next. Kept
 * in one file {@code name.N}; when that has grown beyond {@link LogConfig#journalBytesMax} and
 * beyond twice its snapshot, the next commit begins generation N + 1 with a snapshot of everything
 * before, in one durable write, and the old file goes. No file before the first entry.
 *
 * <pre>
 *   | header | copy | commits, each from a block on | zeros, 64 KiB ({@link Reserve}) at least |
 *                                            length ^                                allocated ^
 * </pre>
 *
 * <p>Zeros are written ahead, so that a commit overwrites blocks that exist. The last of them are a
 * {@link Reserve}: on a full disk entries that may use it still go, and others fail.
 *
 * <table>
 *   <caption>What fails</caption>
 *   <tr><td>the disk is full</td><td>what waits fails with NO_SPACE, the next entry is tried anew;
 *       a new generation that did not fit is removed, and the old one goes on</td></tr>
 *   <tr><td>a commit, for want of space</td><td>what waits fails with WRITE_FAILED: it may be on
 *       the disk; the next entry begins a new generation, and then it is not</td></tr>
 *   <tr><td>anything else</td><td>read-only until it is recovered</td></tr>
 * </table>
 *
 * <p>"Durable" is what {@link LogConfig#durability} says; a new generation is on stable storage at
 * any level, since the old one goes. Owner loop only, unless a method says otherwise.
 */
public final class Journal {

  /** Largest payload: 16 MiB. */
  public static final int ENTRY_BYTES_MAX = 16 << 20;

  /** Zeros are written so many at a time, or as many as a larger commit needs: 128 KiB. */
  static final int AHEAD_BYTES = 32 * Blocks.BYTES;

  private static final List<byte[]> SNAPSHOT_END = List.of(new byte[0]);
  private static final LogFailure CLOSED =
      new LogFailure(LogFailure.Reason.CLOSED, "the journal is closed");

  private record Entry(
      Supplier<byte[]> source, int bytesMax, Reserve reserve, LogCallback<Void> done) {}

  /** One commit under way: its entries, encoded as late as can be. */
  private record Commit(List<byte[]> payloads, int bytes, int bytesLeft) {}

  private final LogLoop loop;
  private final Path directory;
  private final String name;
  private final Supplier<List<byte[]>> snapshot;
  private final CommitQueue<Entry> queue = new CommitQueue<>(new Writer());
  private final ArrayDeque<Runnable> endings = new ArrayDeque<>();
  private Segment file;
  private AsyncFile opened;
  private long generation;
  private long nextNumber;
  private long snapshotBytes;
  private long waitingBytes;

  /** How far the file's blocks exist, with zeros from its length on. */
  private long allocated;

  /** Where a new generation is due again after one did not fit on the disk. */
  private long compactAbove;

  /** The file is not written on: bytes of an unfinished entry, or unknown ones, are at its end. */
  private boolean unclean;

  private volatile String readOnlyReason;

  private Journal(LogLoop loop, JournalRecovery recovered, Supplier<List<byte[]>> snapshot) {
    this.loop = loop;
    this.directory = recovered.directory;
    this.name = recovered.name;
    this.snapshot = snapshot;
    this.generation = recovered.generation;
    this.nextNumber = recovered.nextNumber;
    this.snapshotBytes = recovered.snapshotBytes;
    this.file = recovered.file;
    this.allocated = recovered.allocated;
    this.unclean = recovered.unclean;
    this.readOnlyReason = recovered.readOnlyReason;
    if (readOnlyReason != null) {
      queue.refuse(new LogFailure(LogFailure.Reason.READ_ONLY, readOnlyReason));
    }
  }

  /**
   * Reads the newest complete generation of {@code directory/name.N}. Blocks: start-up thread only.
   * Never throws for what is on disk: damage is reported, worst case the journal is read-only.
   */
  public static JournalRecovery recover(
      BlockingFiles disk, Path directory, String name, Consumer<Damage> damage) {
    JournalRecovery recovered = new JournalRecovery(disk, directory, name, damage);
    recovered.run();
    return recovered;
  }

  /**
   * Goes on behind what was recovered. {@code snapshot} is asked on the loop, between commits, for
   * entries that stand for everything reported durable until then; entries that still wait follow
   * it, so replay must be idempotent when the caller applies entries before they are durable.
   */
  public static Journal open(
      LogLoop loop, JournalRecovery recovered, Supplier<List<byte[]>> snapshot) {
    return new Journal(loop, recovered, snapshot);
  }

  /** Completes when the entry is on stable storage. The array is not copied: don't change it. */
  public void append(byte[] entry, LogCallback<Void> done) {
    append(entry.length, () -> entry, done);
  }

  /**
   * The same; {@code source} is asked when the entry becomes part of a commit, so that what waits
   * may still change. It gives at most {@code bytesMax} bytes.
   */
  public void append(int bytesMax, Supplier<byte[]> source, LogCallback<Void> done) {
    append(new Entry(source, bytesMax, Reserve.NONE, done));
  }

  /** The same for an entry that may use {@code reserve} when the disk is full. */
  public void append(byte[] entry, Reserve reserve, LogCallback<Void> done) {
    append(new Entry(() -> entry, entry.length, reserve, done));
  }

  private void append(Entry entry) {
    int bytes = entry.bytesMax;
    if (bytes > ENTRY_BYTES_MAX) {
      throw new IllegalArgumentException("entry bytes > " + ENTRY_BYTES_MAX + ": " + bytes);
    }
    if (waitingBytes > 0 && waitingBytes + bytes > loop.config.waitingBytesMax()) {
      entry.done.done(
          null, new LogFailure(LogFailure.Reason.OVERLOADED, waitingBytes + " bytes wait already"));
      return;
    }
    waitingBytes += bytes;
    queue.add(entry);
  }

  /** Ends after what waits is durable. */
  public void close(LogCallback<Void> done) {
    queue.refuse(CLOSED);
    endings.add(() -> done.done(null, null));
    endIfQuiet();
  }

  private void endIfQuiet() {
    if (endings.isEmpty() || !queue.isIdle()) {
      return;
    }
    if (opened != null) {
      opened = null;
      file.release();
    }
    while (!endings.isEmpty()) {
      endings.poll().run();
    }
  }

  /**
   * Why nothing can be appended, {@code null} when writable. A full disk is a reason until an entry
   * was taken again. Any thread.
   */
  public String readOnlyReason() {
    return readOnlyReason;
  }

  // --- committing -----------------------------------------------------------------------------

  private final class Writer implements CommitQueue.Target<Entry> {

    @Override
    public boolean commit(ArrayDeque<Entry> waiting, List<Entry> group, FileCompletion<Void> done) {
      List<byte[]> payloads = new ArrayList<>();
      int bytesLeft = 0;
      int total = 0;
      do {
        Entry next = waiting.poll();
        group.add(next);
        payloads.add(next.source.get());
        total += EntryFormat.sizeOf(payloads.get(payloads.size() - 1).length);
        bytesLeft = Math.max(bytesLeft, next.reserve.bytesLeft());
      } while (!waiting.isEmpty()
          && total + EntryFormat.sizeOf(waiting.peek().bytesMax) <= loop.config.commitBytesMax());
      Commit commit = new Commit(payloads, total, bytesLeft);
      if (needsNewGeneration()) {
        beginGeneration(commit, done);
      } else {
        continueFile(commit, done);
      }
      return true;
    }

    @Override
    public void durable(Entry entry) {
      waitingBytes -= entry.bytesMax;
      entry.done.done(null, null);
    }

    @Override
    public void broken(LogFailure failure) {
      readOnlyReason = failure.message();
      loop.readOnly(directory, failure);
    }

    @Override
    public void failed(Entry entry, LogFailure failure) {
      waitingBytes -= entry.bytesMax;
      entry.done.done(null, failure);
    }

    @Override
    public void idle() {
      endIfQuiet();
    }
  }

  private boolean needsNewGeneration() {
    return file == null
        || unclean
        || file.length > Math.max(loop.config.journalBytesMax(), compactAbove)
            && file.length > 2 * snapshotBytes;
  }

  private void continueFile(Commit commit, FileCompletion<Void> done) {
    if (opened == null) {
      file.use(
          loop.files,
          (now, failure) -> {
            opened = now;
            if (failure != null) {
              done.done(null, CommitRefused.orBroken(failure));
            } else {
              withMemory(() -> continueFile(commit, done), done);
            }
          });
      return;
    }
    long end = file.length + Blocks.up(commit.bytes);
    long wanted = end + Reserve.NONE.bytesLeft();
    if (wanted <= allocated) {
      writeBehind(commit, done);
    } else {
      writeAhead(
          wanted,
          (nothing, failure) -> {
            if (failure == null || isFull(failure) && end + commit.bytesLeft <= allocated) {
              withMemory(() -> writeBehind(commit, done), done);
            } else {
              done.done(null, isFull(failure) ? refused(failure) : failure);
            }
          });
    }
  }

  /** Without memory the commit is refused; nothing of it is on disk then. */
  private static void withMemory(Runnable begin, FileCompletion<Void> done) {
    try {
      begin.run();
    } catch (OutOfMemoryError e) {
      String what = "no memory for a commit: " + e;
      done.done(null, new CommitRefused(new LogFailure(LogFailure.Reason.OVERLOADED, what)));
    }
  }

  /** Zeros from {@code allocated} to {@code end} or beyond. If it fails, nothing has changed. */
  private void writeAhead(long end, FileCompletion<Void> done) {
    long length = Math.max(AHEAD_BYTES, Blocks.up(end - allocated));
    ByteBuf zeros = loop.allocateBlocks(Math.toIntExact(length));
    writeDurably(opened, allocated, zeros, done, () -> allocated += length);
  }

  private void writeBehind(Commit commit, FileCompletion<Void> done) {
    ByteBuf bytes = loop.allocateBlocks(Blocks.up(commit.bytes));
    write(bytes, 0, file.salt, EntryFormat.KIND_ENTRY, commit.payloads);
    FileCompletion<Void> ended =
        (nothing, failure) -> {
          unclean |= failure != null;
          done.done(
              null, isFull(failure) ? refused(failure, LogFailure.Reason.WRITE_FAILED) : failure);
        };
    Runnable success =
        () -> {
          file.length += bytes.capacity();
          readOnlyReason = null;
        };
    if (loop.config.durability() == Durability.POWER) {
      writeDurably(opened, file.length, bytes, ended, success);
    } else {
      Blocks.padTo(bytes, bytes.capacity());
      opened.write(file.length, bytes, released(bytes, ended, afterWeakWrite(success)));
    }
  }

  /** The reply leaves now; at the level INTERVAL stable storage follows. */
  private Runnable afterWeakWrite(Runnable success) {
    if (loop.config.durability() == Durability.PROCESS) {
      return success;
    }
    return () -> {
      success.run();
      loop.lateSync().wrote(file, (nothing, failure) -> queue.giveUp(failure));
    };
  }

  private static boolean isFull(IOException failure) {
    return failure instanceof FileFailure file && file.noSpace();
  }

  /** What waits fails; the queue goes on. */
  private CommitRefused refused(IOException full) {
    return refused(full, LogFailure.Reason.NO_SPACE);
  }

  private CommitRefused refused(IOException full, LogFailure.Reason reason) {
    readOnlyReason = full.getMessage();
    return new CommitRefused(new LogFailure(reason, full.getMessage()));
  }

  private void beginGeneration(Commit commit, FileCompletion<Void> done) {
    generation++; // a number is used once, whatever becomes of the file
    Segment fresh =
        new Segment(
            directory.resolve(name + "." + generation),
            nextNumber,
            loop.newSalt(),
            FileHeader.COPIES_BYTES,
            loop.config.journalBytesMax());
    loop.createFile(
        fresh,
        List.of(directory),
        (created, failure) -> {
          if (failure == null) {
            withMemory(
                () -> writeFirst(fresh, created, commit, done),
                (nothing, refused) -> {
                  fresh.release(); // an empty file: the next start removes it
                  done.done(null, refused);
                });
          } else if (isFull(failure)) {
            giveUp(fresh, failure, commit, done);
          } else {
            done.done(null, CommitRefused.orBroken(failure));
          }
        });
  }

  private void writeFirst(
      Segment fresh, AsyncFile created, Commit commit, FileCompletion<Void> done) {
    List<byte[]> before = file == null ? List.of() : snapshot.get();
    long firstNumber = nextNumber;
    long snapshotEnd = FileHeader.COPIES_BYTES + EntryFormat.HEADER_BYTES;
    for (byte[] payload : before) {
      snapshotEnd += EntryFormat.sizeOf(payload.length);
    }
    long length = Blocks.up(snapshotEnd + commit.bytes);
    ByteBuf bytes = loop.allocateBlocks(Math.toIntExact(length + AHEAD_BYTES));
    new FileHeader(
            FileHeader.JOURNAL, generation, nextNumber, fresh.salt, loop.clock.micros(), 0, 0, 0, 0)
        .write(bytes);
    int start = FileHeader.COPIES_BYTES;
    write(bytes, start, fresh.salt, EntryFormat.KIND_SNAPSHOT, before);
    write(bytes, start, fresh.salt, EntryFormat.KIND_SNAPSHOT_END, SNAPSHOT_END);
    write(bytes, start, fresh.salt, EntryFormat.KIND_ENTRY, commit.payloads);
    long newSnapshotBytes = snapshotEnd;
    writeDurably(
        created,
        0,
        bytes,
        (nothing, failure) -> {
          if (failure != null) {
            fresh.release();
          }
          if (isFull(failure)) {
            nextNumber = firstNumber;
            giveUp(fresh, failure, commit, done);
          } else {
            done.done(null, failure);
          }
        },
        () -> {
          continueIn(fresh, created, length);
          allocated = bytes.capacity();
          snapshotBytes = newSnapshotBytes;
        });
  }

  private void continueIn(Segment fresh, AsyncFile created, long length) {
    Segment old = file;
    boolean oldOpen = opened != null;
    file = fresh;
    opened = created;
    fresh.length = length;
    unclean = false;
    readOnlyReason = null;
    compactAbove = 0;
    if (oldOpen) {
      old.release();
    }
    if (old != null) {
      // If it fails, or does not last, recovery removes it: the newer generation is complete.
      loop.files.delete(old.path, (nothing, failure) -> {});
    }
  }

  /**
   * The new generation does not fit. It must be gone for good before anything else is written: what
   * is there of it could be taken for complete.
   */
  private void giveUp(Segment fresh, IOException full, Commit commit, FileCompletion<Void> done) {
    FileCompletion<Void> gone =
        (nothing, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else if (file == null || unclean) {
            done.done(null, refused(full));
          } else {
            compactAbove = 2 * file.length;
            continueFile(commit, done);
          }
        };
    loop.files.delete(
        fresh.path,
        (nothing, failure) -> {
          if (failure != null) {
            gone.done(null, failure);
          } else {
            loop.files.syncDirectory(directory, gone);
          }
        });
  }

  private void writeDurably(
      AsyncFile to, long position, ByteBuf bytes, FileCompletion<Void> done, Runnable success) {
    Blocks.padTo(bytes, bytes.capacity());
    to.writeDurably(position, bytes, released(bytes, done, success));
  }

  private static FileCompletion<Void> released(
      ByteBuf bytes, FileCompletion<Void> done, Runnable success) {
    return (nothing, failure) -> {
      if (failure == null) {
        success.run();
      }
      bytes.release();
      done.done(null, failure);
    };
  }

  private void write(ByteBuf out, int commitStart, long salt, int kind, List<byte[]> payloads) {
    for (byte[] payload : payloads) {
      EntryFormat.write(out, commitStart, salt, nextNumber++, kind, payload);
    }
  }
}

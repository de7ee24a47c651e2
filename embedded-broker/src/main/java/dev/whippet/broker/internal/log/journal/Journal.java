package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.log.engine.CommitQueue;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.Blocks;
import dev.whippet.broker.internal.log.format.FileHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
 * <p>A file is two copies of a {@link FileHeader}, then commits that begin at block boundaries.
 * Entries begin at multiples of 8 bytes inside a commit, little-endian:
 *
 * <pre>
 *  0  u32  magic "WENT"
 *  4  u32  bytes of payload
 *  8  u64  salt of the file
 * 16  u64  number, counted through all generations
 * 24  u32  bytes from the start of the commit to this header, 0 for its first entry
 * 28  u16  kind: 0 entry, 1 part of the snapshot, 2 end of the snapshot
 * 30  u16  0
 * 32  u32  0
 * 36  u32  CRC32C of bytes 0..35, four zero bytes and the payload
 * 40       payload
 * </pre>
 *
 * The last commit counts up to its first entry that is missing: it may be torn. A generation is
 * complete when the end of its snapshot, or any entry after it, is sound. A failed commit makes the
 * journal read-only until it is recovered. Owner loop only, unless a method says otherwise.
 */
public final class Journal {

  /** Largest payload: 16 MiB. */
  public static final int ENTRY_BYTES_MAX = 16 << 20;

  private static final int MAGIC = 0x544E4557;
  private static final int CRC_INDEX = 36;
  private static final int ENTRY_HEADER_BYTES = 40;
  private static final int KIND_ENTRY = 0;
  private static final int KIND_SNAPSHOT = 1;
  private static final int KIND_SNAPSHOT_END = 2;
  private static final byte[] NOTHING = {};
  private static final LogFailure CLOSED =
      new LogFailure(LogFailure.Reason.CLOSED, "the journal is closed");

  private record Entry(byte[] payload, LogCallback<Void> done) {}

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

  /** The last block of the file holds bytes of an unfinished entry beside sound ones. */
  private boolean unclean;

  private volatile String readOnlyReason;

  private Journal(LogLoop loop, Recovered recovered, Supplier<List<byte[]>> snapshot) {
    this.loop = loop;
    this.directory = recovered.directory;
    this.name = recovered.name;
    this.snapshot = snapshot;
    this.generation = recovered.generation;
    this.nextNumber = recovered.nextNumber;
    this.snapshotBytes = recovered.snapshotBytes;
    this.file = recovered.file;
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
  public static Recovered recover(
      BlockingFiles disk, Path directory, String name, Consumer<Damage> damage) {
    Recovered recovered = new Recovered(disk, directory, name, damage);
    recovered.run();
    return recovered;
  }

  /**
   * Goes on behind what was recovered. {@code snapshot} is asked on the loop, between commits, for
   * entries that stand for everything reported durable until then; entries that still wait follow
   * it, so replay must be idempotent when the caller applies entries before they are durable.
   */
  public static Journal open(LogLoop loop, Recovered recovered, Supplier<List<byte[]>> snapshot) {
    return new Journal(loop, recovered, snapshot);
  }

  /** Completes when the entry is on stable storage. The array is not copied: don't change it. */
  public void append(byte[] entry, LogCallback<Void> done) {
    if (entry.length > ENTRY_BYTES_MAX) {
      throw new IllegalArgumentException("entry bytes > " + ENTRY_BYTES_MAX + ": " + entry.length);
    }
    if (waitingBytes > 0 && waitingBytes + entry.length > loop.config.waitingBytesMax()) {
      done.done(
          null, new LogFailure(LogFailure.Reason.OVERLOADED, waitingBytes + " bytes wait already"));
      return;
    }
    waitingBytes += entry.length;
    queue.add(new Entry(entry, done));
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

  /** Why nothing can be appended, {@code null} when writable. Any thread. */
  public String readOnlyReason() {
    return readOnlyReason;
  }

  // --- committing -----------------------------------------------------------------------------

  private final class Writer implements CommitQueue.Target<Entry> {

    @Override
    public boolean commit(ArrayDeque<Entry> waiting, List<Entry> group, FileCompletion<Void> done) {
      int total = 0;
      do {
        total += sizeOf(waiting.peek().payload);
        group.add(waiting.poll());
      } while (!waiting.isEmpty()
          && total + sizeOf(waiting.peek().payload) <= loop.config.commitBytesMax());
      if (needsNewGeneration()) {
        beginGeneration(group, done);
      } else {
        continueFile(group, total, done);
      }
      return true;
    }

    @Override
    public void durable(Entry entry) {
      waitingBytes -= entry.payload.length;
      entry.done.done(null, null);
    }

    @Override
    public void broken(LogFailure failure) {
      readOnlyReason = failure.message();
      loop.readOnly(directory, failure);
    }

    @Override
    public void failed(Entry entry, LogFailure failure) {
      waitingBytes -= entry.payload.length;
      entry.done.done(null, failure);
    }

    @Override
    public void idle() {
      endIfQuiet();
    }
  }

  private static int sizeOf(byte[] payload) {
    return Blocks.upToStep(ENTRY_HEADER_BYTES + payload.length);
  }

  private boolean needsNewGeneration() {
    return file == null
        || unclean
        || file.length > loop.config.journalBytesMax() && file.length > 2 * snapshotBytes;
  }

  private void continueFile(List<Entry> group, int total, FileCompletion<Void> done) {
    if (opened == null) {
      file.use(
          loop.files,
          (now, failure) -> {
            opened = now;
            if (failure != null) {
              done.done(null, failure);
            } else {
              continueFile(group, total, done);
            }
          });
      return;
    }
    ByteBuf commit = loop.allocateBlocks(Blocks.up(total));
    write(commit, 0, file.salt, KIND_ENTRY, payloads(group));
    writeDurably(opened, file.length, commit, done, () -> file.length += commit.capacity());
  }

  private static List<byte[]> payloads(List<Entry> group) {
    List<byte[]> payloads = new ArrayList<>(group.size());
    group.forEach(entry -> payloads.add(entry.payload));
    return payloads;
  }

  private void beginGeneration(List<Entry> group, FileCompletion<Void> done) {
    long next = generation + 1;
    Segment fresh =
        new Segment(
            directory.resolve(name + "." + next),
            nextNumber,
            loop.newSalt(),
            FileHeader.COPIES_BYTES,
            loop.config.journalBytesMax());
    loop.createFile(
        fresh,
        List.of(directory),
        (created, failure) -> {
          if (failure != null) {
            done.done(null, failure);
          } else {
            writeFirst(fresh, created, next, group, done);
          }
        });
  }

  private void writeFirst(
      Segment fresh, AsyncFile created, long next, List<Entry> group, FileCompletion<Void> done) {
    List<byte[]> before = file == null ? List.of() : snapshot.get();
    List<byte[]> after = payloads(group);
    long total = FileHeader.COPIES_BYTES + ENTRY_HEADER_BYTES;
    for (byte[] payload : before) {
      total += sizeOf(payload);
    }
    long snapshotEnd = total;
    for (byte[] payload : after) {
      total += sizeOf(payload);
    }
    ByteBuf commit = loop.allocateBlocks(Math.toIntExact(Blocks.up(total)));
    new FileHeader(FileHeader.JOURNAL, next, nextNumber, fresh.salt, loop.clock.micros(), 0, 0, 0)
        .write(commit);
    write(commit, FileHeader.COPIES_BYTES, fresh.salt, KIND_SNAPSHOT, before);
    write(commit, FileHeader.COPIES_BYTES, fresh.salt, KIND_SNAPSHOT_END, List.of(NOTHING));
    write(commit, FileHeader.COPIES_BYTES, fresh.salt, KIND_ENTRY, after);
    writeDurably(
        created,
        0,
        commit,
        (nothing, failure) -> {
          if (failure != null) {
            fresh.release();
          }
          done.done(null, failure);
        },
        () -> {
          Segment old = file;
          AsyncFile oldOpened = opened;
          file = fresh;
          opened = created;
          generation = next;
          unclean = false;
          snapshotBytes = snapshotEnd;
          fresh.length = commit.capacity();
          retire(old, oldOpened);
        });
  }

  private void retire(Segment old, AsyncFile oldOpened) {
    if (oldOpened != null) {
      old.release();
    }
    if (old != null) {
      // If it fails, or does not last, recovery removes it: the newer generation is complete.
      loop.files.delete(old.path, (nothing, failure) -> {});
    }
  }

  private void writeDurably(
      AsyncFile to, long position, ByteBuf commit, FileCompletion<Void> done, Runnable success) {
    Blocks.padTo(commit, commit.capacity());
    to.writeDurably(
        position,
        commit,
        (nothing, failure) -> {
          if (failure == null) {
            success.run();
          }
          commit.release();
          done.done(null, failure);
        });
  }

  private void write(ByteBuf out, int commitStart, long salt, int kind, List<byte[]> payloads) {
    for (byte[] payload : payloads) {
      int start = out.writerIndex();
      out.writeIntLE(MAGIC);
      out.writeIntLE(payload.length);
      out.writeLongLE(salt);
      out.writeLongLE(nextNumber++);
      out.writeIntLE(start - commitStart);
      out.writeIntLE(kind);
      out.writeLongLE(0);
      out.writeBytes(payload);
      out.setIntLE(start + CRC_INDEX, crcOf(out, start, payload.length));
      Blocks.padTo(out, Blocks.upToStep(out.writerIndex()));
    }
  }

  /** With the CRC field taken as zero, so that header and payload are one range. */
  private static int crcOf(ByteBuf bytes, int start, int payloadBytes) {
    int stored = bytes.getIntLE(start + CRC_INDEX);
    bytes.setIntLE(start + CRC_INDEX, 0);
    int crc = Blocks.crc32c(bytes, start, ENTRY_HEADER_BYTES + payloadBytes);
    bytes.setIntLE(start + CRC_INDEX, stored);
    return crc;
  }

  // --- recovery -------------------------------------------------------------------------------

  /** What was on disk: replay {@link #entries} in order, then {@link Journal#open}. */
  public static final class Recovered {
    private final BlockingFiles disk;
    private final Path directory;
    private final String name;
    private final Consumer<Damage> damage;
    private long generation;
    private long nextNumber = 1;
    private long snapshotBytes;
    private boolean unclean;
    private Segment file;
    private String readOnlyReason;
    private List<byte[]> entries = List.of();

    private Recovered(BlockingFiles disk, Path directory, String name, Consumer<Damage> damage) {
      this.disk = disk;
      this.directory = directory;
      this.name = name;
      this.damage = damage;
    }

    /** Snapshot first, then what followed it; payloads as appended. */
    public List<byte[]> entries() {
      return entries;
    }

    private void run() {
      try {
        List<Generation> found = new ArrayList<>();
        for (Path path : disk.list(directory)) {
          long number = numberOf(path);
          if (number > 0) {
            generation = Math.max(generation, number);
            found.add(new Generation(path, number));
          }
        }
        found.sort((one, other) -> Long.compare(other.number, one.number));
        Generation chosen = choose(found);
        if (chosen != null && readOnlyReason == null) {
          settle(chosen, found);
        }
      } catch (IOException e) {
        unusable(directory, e.toString());
      }
    }

    private long numberOf(Path path) {
      String file = path.getFileName().toString();
      String prefix = name + ".";
      return file.startsWith(prefix) && file.substring(prefix.length()).matches("[0-9]{1,18}")
          ? Long.parseLong(file.substring(prefix.length()))
          : 0;
    }

    /** The newest complete one; else the newest in which anything is sound. */
    private Generation choose(List<Generation> newestFirst) {
      Generation salvage = null;
      for (Generation one : newestFirst) {
        try (BlockingFiles.OpenFile open = disk.open(one.path)) {
          one.read(open);
        } catch (IOException e) {
          unusable(one.path, e.toString());
        }
        if (one.newer) {
          unusable(one.path, "written by a later version");
        }
        int untorn = one.untorn();
        boolean first = one.number == 1;
        if (first || one.found.subList(0, untorn).stream().anyMatch(Found::completes)) {
          one.take(untorn);
          take(one);
          return one;
        }
        salvage = salvage == null && !one.found.isEmpty() ? one : salvage;
      }
      if (salvage != null) {
        // Its snapshot was durable, or the generation before would still be there.
        salvage.take(salvage.found.size());
        damage.accept(
            new Damage(
                Damage.Kind.LOST, salvage.path, 0, 0, -1, 0, "the snapshot is not complete"));
        take(salvage);
      }
      return salvage;
    }

    private void take(Generation chosen) {
      entries = chosen.payloads;
      nextNumber = chosen.expected;
      snapshotBytes = chosen.snapshotEnd;
      chosen.gaps.forEach(damage);
    }

    private void settle(Generation chosen, List<Generation> all) throws IOException {
      long end = Blocks.up(chosen.end);
      if (chosen.trash) {
        Damage.Kind kind = chosen.defaced ? Damage.Kind.LOST : Damage.Kind.TAIL_CUT;
        long bytes = chosen.size - chosen.end;
        damage.accept(
            new Damage(kind, chosen.path, chosen.end, bytes, -1, 0, "bytes of no sound entry"));
      }
      try (BlockingFiles.OpenFile open = disk.open(chosen.path)) {
        open.truncate(end);
        open.force();
      }
      disk.syncDirectory(directory);
      file = new Segment(chosen.path, 0, chosen.salt, FileHeader.COPIES_BYTES, Blocks.BYTES);
      file.length = end;
      unclean = chosen.unclean;
      for (Generation one : all) {
        if (one != chosen) {
          disk.delete(one.path);
        }
      }
      disk.syncDirectory(directory.toAbsolutePath().getParent());
    }

    private void unusable(Path path, String why) {
      readOnlyReason = path + ": " + why;
      damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "read-only: " + why));
    }
  }

  /** A sound entry. */
  private record Found(int at, int commitStart, long number, int kind, byte[] payload) {
    /** Tells that the snapshot before it is whole. */
    boolean completes() {
      return kind != KIND_SNAPSHOT;
    }
  }

  /** One file, read whole. */
  private static final class Generation {
    final Path path;
    final long number;
    final List<Found> found = new ArrayList<>();
    final List<byte[]> payloads = new ArrayList<>();
    final List<Damage> gaps = new ArrayList<>();
    long salt;
    long expected = 1;
    long snapshotEnd;
    long end = FileHeader.COPIES_BYTES;
    long size;
    ByteBuf content;
    boolean newer;

    /** Both copies of the header are gone: nothing is written behind it any more. */
    boolean headless;

    /** There was one: a crash leaves a header whole, or zeros. */
    boolean defaced;

    boolean trash;
    boolean unclean;

    Generation(Path path, long number) {
      this.path = path;
      this.number = number;
    }

    void read(BlockingFiles.OpenFile open) throws IOException {
      size = open.size();
      if (size > Integer.MAX_VALUE - Blocks.BYTES) {
        throw new IOException("journal of " + size + " bytes");
      }
      ByteBuf all = Unpooled.buffer((int) size);
      all.writerIndex(open.read(0, all.nioBuffer(0, (int) size)));
      if (all.writerIndex() < size) {
        throw new IOException(all.writerIndex() + " of " + size + " bytes could be read");
      }
      content = all;
      newer =
          FileHeader.isNewer(all, 0, FileHeader.JOURNAL)
              || FileHeader.isNewer(all, Blocks.BYTES, FileHeader.JOURNAL);
      FileHeader header = FileHeader.read(all, 0, FileHeader.JOURNAL, number);
      if (header == null) {
        header = FileHeader.read(all, Blocks.BYTES, FileHeader.JOURNAL, number);
      }
      if (header != null) {
        salt = header.salt();
        expected = header.base();
      } else {
        headless = true;
        defaced = isThere(all, 0) || isThere(all, Blocks.BYTES);
        if (!adoptSalt(all)) {
          return;
        }
      }
      find(all);
    }

    private static boolean isThere(ByteBuf all, int at) {
      return all.writerIndex() >= at + Integer.BYTES && all.getInt(at) != 0;
    }

    /** Both copies of the header are gone: the first sound entry at a block boundary tells. */
    private boolean adoptSalt(ByteBuf all) {
      for (int at = FileHeader.COPIES_BYTES; at < size; at += Blocks.BYTES) {
        if (isSound(all, at)) {
          salt = all.getLongLE(at + 8);
          expected = all.getLongLE(at + 16);
          return true;
        }
      }
      return false;
    }

    private void find(ByteBuf all) {
      long next = expected;
      int at = FileHeader.COPIES_BYTES;
      while (at + ENTRY_HEADER_BYTES <= size) {
        if (!isSound(all, at) || all.getLongLE(at + 8) != salt || all.getLongLE(at + 16) < next) {
          at += Blocks.STEP_BYTES;
          continue;
        }
        byte[] payload = new byte[all.getIntLE(at + 4)];
        all.getBytes(at + ENTRY_HEADER_BYTES, payload);
        long entryNumber = all.getLongLE(at + 16);
        int kind = all.getUnsignedShortLE(at + 28);
        found.add(new Found(at, at - all.getIntLE(at + 24), entryNumber, kind, payload));
        next = entryNumber + 1;
        at += sizeOf(payload);
      }
    }

    /** How many of the entries found count, when the last commit may be torn. */
    int untorn() {
      if (found.isEmpty()) {
        return 0;
      }
      int commitStart = found.get(found.size() - 1).commitStart;
      int first = found.size() - 1;
      while (first > 0 && found.get(first - 1).commitStart == commitStart) {
        first--;
      }
      if (found.get(first).at != commitStart) {
        return first;
      }
      int count = first + 1;
      while (count < found.size() && found.get(count).number == found.get(count - 1).number + 1) {
        count++;
      }
      return count;
    }

    /** Takes the first {@code count} of the entries found. */
    void take(int count) {
      for (Found one : found.subList(0, count)) {
        if (one.number > expected) {
          long lost = one.number - expected;
          gaps.add(
              new Damage(Damage.Kind.LOST, path, one.at, 0, expected, lost, "entries are damaged"));
        }
        expected = one.number + 1;
        if (one.kind != KIND_SNAPSHOT_END) {
          payloads.add(one.payload);
        }
        end = one.at + ENTRY_HEADER_BYTES + one.payload.length;
        snapshotEnd = one.kind == KIND_ENTRY ? snapshotEnd : end;
      }
      unclean = headless || Blocks.up(end) > size;
      for (int i = (int) end; content != null && i < size && !trash; i++) {
        trash = content.getByte(i) != 0;
        unclean |= trash && i < Blocks.up(end);
      }
    }

    private boolean isSound(ByteBuf all, int at) {
      if (at + ENTRY_HEADER_BYTES > size || all.getIntLE(at) != MAGIC) {
        return false;
      }
      int length = all.getIntLE(at + 4);
      return length >= 0
          && length <= ENTRY_BYTES_MAX
          && at + ENTRY_HEADER_BYTES + (long) length <= size
          && all.getIntLE(at + CRC_INDEX) == crcOf(all, at, length);
    }
  }
}

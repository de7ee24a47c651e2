package dev.whippet.broker.internal.log.commit;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.internal.log.format.LooseBatch;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/**
 * What all commit files hold, of however many loops, by partition. Start-up thread; blocks.
 *
 * <ol>
 *   <li>{@link #read} finds every sound batch of every file, in the order of the files' serials.
 *       What a later one says about an offset replaces what an earlier one said, unless it is the
 *       same batch, found again because a start was interrupted.
 *   <li>The partitions take what is above the end of their segments.
 *   <li>That is written into new commit files, durably, before anybody is served.
 *   <li>{@link #remove} takes the old files away. What did not count in them, such as the end of an
 *       unfinished commit, can therefore never come back behind offsets that are used again.
 * </ol>
 */
public final class CommitRecovery {
  static final String SUFFIX = ".cmt";

  private final BlockingFiles disk;
  private final Path directory;
  private final Consumer<Damage> damage;
  private final Map<Long, List<LooseBatch>> batches = new HashMap<>();
  private final List<Path> files = new ArrayList<>();
  private ByteBuf content = Unpooled.EMPTY_BUFFER;
  private long serialMax;
  private String refusal;

  private CommitRecovery(BlockingFiles disk, Path directory, Consumer<Damage> damage) {
    this.disk = disk;
    this.directory = directory;
    this.damage = damage;
  }

  static String nameOf(long number) {
    return String.format("%016x%s", number, SUFFIX);
  }

  /** Never throws for what is on disk: damage is reported. */
  public static CommitRecovery read(BlockingFiles disk, Path directory, Consumer<Damage> damage) {
    CommitRecovery recovery = new CommitRecovery(disk, directory, damage);
    recovery.run();
    recovery.content = Unpooled.EMPTY_BUFFER;
    return recovery;
  }

  /** A file and its place in the order: the serial of its life, 0 when nobody can tell. */
  private record Candidate(Path path, long number, long serial) {}

  private void run() {
    List<Candidate> candidates = new ArrayList<>();
    try {
      disk.syncDirectory(directory); // a file whose removal shows must not come back
    } catch (NoSuchFileException e) {
      return; // so it begins
    } catch (IOException e) {
      refuse(directory, "can't be synced: " + e);
    }
    try {
      for (Path path : disk.list(directory)) {
        String name = path.getFileName().toString();
        if (name.matches("[0-9a-f]{16}\\" + SUFFIX)) {
          long number = Long.parseUnsignedLong(name.substring(0, 16), 16);
          serialMax = Math.max(serialMax, number);
          look(path, number, candidates);
        }
      }
    } catch (IOException e) {
      refuse(directory, "can't be listed: " + e);
    }
    candidates.sort(Comparator.comparingLong(Candidate::serial));
    for (Candidate one : candidates) {
      serialMax = Math.max(serialMax, one.serial);
      scan(one);
    }
  }

  private void look(Path path, long number, List<Candidate> candidates) {
    try (BlockingFiles.OpenFile file = disk.open(path)) {
      ByteBuf head = read(file, (int) Math.min(file.size(), FileHeader.COPIES_BYTES));
      if (FileHeader.isNewer(head, 0, FileHeader.COMMITS)) {
        refuse(path, "written by a later version");
        return;
      }
      FileHeader header = CommitScan.headerOf(head, number);
      candidates.add(new Candidate(path, number, header == null ? 0 : header.id()));
    } catch (IOException e) {
      refuse(path, "can't be read: " + e);
    }
  }

  /** One file is in memory at a time; of each its batches stay. */
  private void scan(Candidate one) {
    try (BlockingFiles.OpenFile file = disk.open(one.path)) {
      long size = file.size();
      if (size > CommitConfig.FILE_BYTES_MAX) {
        throw new IOException("a commit file of " + size + " bytes");
      }
      CommitScan scan = new CommitScan(one.path, one.number, read(file, (int) size), damage);
      scan.run();
      scan.forEach(this::take);
      files.add(one.path);
    } catch (IOException e) {
      refuse(one.path, "can't be read: " + e);
    } catch (OutOfMemoryError e) {
      refuse(one.path, "no memory to read it, give the broker more heap: " + e);
    }
  }

  private ByteBuf read(BlockingFiles.OpenFile file, int size) throws IOException {
    if (content.capacity() < size) {
      content = Unpooled.buffer(size);
    }
    content.clear().writerIndex(file.read(0, content.nioBuffer(0, size)));
    if (content.writerIndex() < size) {
      throw new IOException(content.writerIndex() + " of " + size + " bytes could be read");
    }
    return content;
  }

  private void refuse(Path path, String why) {
    refusal = path + ": " + why;
    damage.accept(new Damage(Damage.Kind.UNUSABLE, path, 0, 0, -1, 0, "read-only: " + why));
  }

  private void take(BatchHeader header, ByteBuf records) {
    List<LooseBatch> known = batches.computeIfAbsent(header.incarnation, key -> new ArrayList<>());
    int above = known.size();
    while (above > 0 && known.get(above - 1).header().endOffset() > header.baseOffset) {
      above--;
    }
    for (LooseBatch one : known.subList(above, known.size())) {
      if (isSame(one.header(), header)) {
        return;
      }
    }
    known.subList(above, known.size()).clear();
    known.add(new LooseBatch(header, Unpooled.copiedBuffer(records)));
  }

  private static boolean isSame(BatchHeader one, BatchHeader other) {
    return one.baseOffset == other.baseOffset
        && one.count == other.count
        && one.bodyCrc == other.bodyCrc
        && one.timestamp == other.timestamp;
  }

  /** Partitions that have batches here. */
  public Set<Long> incarnations() {
    return batches.keySet();
  }

  /** The partition's batches, by ascending offset; maybe none, maybe in its segments already. */
  public List<LooseBatch> of(long incarnation) {
    return batches.getOrDefault(incarnation, List.of());
  }

  /** Above every serial and name that was ever used, as far as anybody can tell. */
  public long nextSerial() {
    return serialMax + 1;
  }

  /** The old files, but those that could not be read. */
  public List<Path> files() {
    return files;
  }

  /** Why no partition may be written: acknowledged batches may be where they can't be read. */
  public String refusal() {
    return refusal;
  }

  /**
   * Takes the old files away, durably. Before anybody is served, and after what counts in them is
   * durable elsewhere.
   */
  public void remove() throws IOException {
    for (Path file : files) {
      disk.delete(file);
    }
    if (!files.isEmpty()) {
      disk.syncDirectory(directory);
    }
  }
}

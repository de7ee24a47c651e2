package dev.whippet.broker.internal.inspect;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.CleanStop;
import dev.whippet.broker.internal.log.Evidence;
import dev.whippet.broker.internal.log.PartitionView;
import dev.whippet.broker.internal.log.commit.CommitRecovery;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.LooseBatch;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.function.Consumer;

/** A data directory, held against brokers while tools look at it (a shared lock). Blocks. */
public final class DataFiles implements AutoCloseable {
  final BlockingFiles disk = new ReadOnlyFiles();
  private final Path root;
  private final FileChannel lock;
  private Map<Long, CleanStop.Partition> stopped;
  private CommitRecovery commits;

  private DataFiles(Path root, FileChannel lock) {
    this.root = root;
    this.lock = lock;
  }

  /** Refuses what is no data directory, and one that a broker uses. */
  public static DataFiles open(Path root) throws InspectException {
    if (!Files.isDirectory(root.resolve("partitions"))) {
      throw new InspectException(
          root + " is no data directory: it has no directory partitions; name the one of --data");
    }
    Path path = root.resolve("lock");
    if (!Files.exists(path)) {
      return new DataFiles(root, null); // a copy
    }
    try {
      FileChannel file = FileChannel.open(path, StandardOpenOption.READ);
      if (isLocked(file)) {
        return new DataFiles(root, file);
      }
      String holder = holder(file);
      file.close();
      throw new InspectException(
          "data directory " + root + " is in use by a broker (" + holder + "): stop it first");
    } catch (IOException e) {
      throw new InspectException("data directory " + root + " can't be read: " + e);
    }
  }

  private static boolean isLocked(FileChannel file) throws IOException {
    try {
      FileLock lock = file.tryLock(0, Long.MAX_VALUE, true);
      return lock != null;
    } catch (OverlappingFileLockException thisProcess) {
      return false;
    }
  }

  private static String holder(FileChannel file) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(32);
    file.read(text, 0);
    return "process "
        + new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).strip();
  }

  Path partitions() {
    return root.resolve("partitions");
  }

  Path catalog() {
    return root.resolve("catalog");
  }

  Path offsets() {
    return root.resolve("offsets");
  }

  /** Every partition that the catalog knows or that has a directory, ascending. */
  public List<Long> incarnations() throws InspectException {
    TreeSet<Long> all = new TreeSet<>();
    try {
      all.addAll(PartitionView.incarnations(disk, partitions()));
    } catch (IOException e) {
      throw new InspectException(partitions() + " can't be listed: " + e);
    }
    all.addAll(names().keySet());
    all.addAll(stopped().keySet());
    all.addAll(commits().incarnations());
    return List.copyOf(all);
  }

  /** Incarnation to {@code stream/topic/partition}; without those that the catalog lost. */
  public Map<Long, String> names() {
    Map<Long, String> names = new HashMap<>();
    List<Damage> ignored = new ArrayList<>(); // verify tells of it
    CatalogState state = Catalog.recover(disk, catalog(), ignored::add).state();
    for (StreamEntry stream : state.streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        for (PartitionEntry partition : topic.partitions()) {
          names.put(
              partition.incarnation(), stream.name() + "/" + topic.name() + "/" + partition.id());
        }
      }
    }
    return names;
  }

  /** The note of a clean stop. */
  Path cleanStop() {
    return root.resolve("clean-stop");
  }

  /** A partition as a start would find it. */
  PartitionView view(long incarnation, Consumer<Damage> damage) {
    CleanStop.Partition stopped = stopped().get(incarnation);
    long durableEnd = stopped == null ? 0 : stopped.endOffset();
    List<LooseBatch> loose = new ArrayList<>();
    for (LooseBatch one : commits().of(incarnation)) {
      loose.add(new LooseBatch(one.header(), one.records().retainedDuplicate()));
    }
    Evidence evidence = new Evidence(loose, durableEnd, null);
    return PartitionView.read(disk, partitions(), incarnation, evidence, damage);
  }

  /** What the commit files hold; verification tells what is wrong with them. */
  private CommitRecovery commits() {
    if (commits == null) {
      commits = readCommits(ignored -> {});
    }
    return commits;
  }

  CommitRecovery readCommits(Consumer<Damage> damage) {
    return CommitRecovery.read(disk, root.resolve("commits"), damage);
  }

  private Map<Long, CleanStop.Partition> stopped() {
    if (stopped == null) {
      Map<Long, CleanStop.Partition> told = CleanStop.look(disk, cleanStop());
      stopped = told == null ? Map.of() : told;
    }
    return stopped;
  }

  /** The directory of a partition. */
  Path directory(long incarnation) {
    return partitions().resolve(String.format("%016x", incarnation));
  }

  @Override
  public void close() {
    if (lock != null) {
      try {
        lock.close();
      } catch (IOException e) {
        // Nothing was written: there is nothing to lose.
      }
    }
  }
}

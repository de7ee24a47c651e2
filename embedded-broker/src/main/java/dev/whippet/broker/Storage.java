package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.CleanStop;
import dev.whippet.broker.internal.log.Evidence;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.PartitionView;
import dev.whippet.broker.internal.log.Scrub;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.LogMetrics;
import dev.whippet.broker.internal.log.engine.SegmentPool;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything durable of one broker, from recovery to close.
 *
 * <ol>
 *   <li>catalog, then offsets, are replayed on the starting thread
 *   <li>partitions are recovered side by side, one task of {@code starters} per loop, each the
 *       partitions of its loop
 *   <li>left-overs of deleted partitions are removed; those that the catalog never knew, or all if
 *       it may have lost something (a cut end counts), are set aside instead; a catalog that could
 *       not be read touches nothing
 *   <li>the journals are opened for writing on loop 0
 * </ol>
 *
 * <p>What is found damaged never stops the start: it is served as far as it is sound, and told by
 * {@link Findings}.
 */
final class Storage {

  private static final long CLOSE_SECONDS_MAX = 10;

  /** Start-up tasks side by side: more than loops, since syncs that wait together share one. */
  private static final int STARTERS = 64;

  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);

  /**
   * What the storage lives in. It knows no sockets: a test may give it loops and a disk of its own.
   *
   * @param layout where everything is
   * @param disk the file system as start-up sees it
   * @param logLoops what the logs of each loop share, by index
   * @param loops the same loops as executors
   * @param starters runs the start-up tasks, side by side; they block
   * @param rules what the configuration says about topics
   */
  record Parts(
      DataLayout layout,
      BlockingFiles disk,
      List<LogLoop> logLoops,
      List<? extends Executor> loops,
      Executor starters,
      TopicRules rules) {}

  private final Parts parts;
  private final DataLayout layout;
  private final BlockingFiles disk;
  private final Findings findings;
  private final Partitions partitions;
  private final List<Scrub> scrubs = new CopyOnWriteArrayList<>();
  private Catalog catalog;
  private ConsumerOffsets offsets;

  private Storage(Parts parts, Findings findings) {
    this.parts = parts;
    this.layout = parts.layout();
    this.disk = parts.disk();
    this.findings = findings;
    this.partitions = new Partitions(layout.partitions(), parts.logLoops());
  }

  /** Recovers and opens. Blocks as long as reading the disk takes. */
  static Storage open(Parts parts, Findings findings) throws BrokerException {
    Storage storage = new Storage(parts, findings);
    storage.recover();
    return storage;
  }

  Catalog catalog() {
    return catalog;
  }

  ConsumerOffsets offsets() {
    return offsets;
  }

  Partitions partitions() {
    return partitions;
  }

  private void recover() throws BrokerException {
    openPools();
    List<Damage> catalogDamage = new ArrayList<>();
    Catalog.Recovered recovered = Catalog.recover(disk, layout.catalog(), catalogDamage::add);
    catalogDamage.forEach(findings::damage);
    findings.add(recovered.findings());
    boolean catalogSound =
        recovered.findings().isEmpty()
            && catalogDamage.stream().allMatch(one -> one.kind() == Damage.Kind.TAIL_CUT);
    CatalogState state = recovered.state();
    ConsumerOffsets.Recovered recoveredOffsets =
        ConsumerOffsets.recover(disk, layout.offsets(), state, findings::damage);
    findings.add(recoveredOffsets.findings());
    Set<Long> onDisk = new HashSet<>();
    boolean told = incarnations(layout.partitions(), onDisk);
    boolean catalogRead =
        catalogDamage.stream().noneMatch(one -> one.kind() == Damage.Kind.UNUSABLE);
    if (catalogRead) {
      removeLeftOvers(state, onDisk, catalogSound);
    } // else the next start may be able to read it, and miss nothing
    Set<Long> everOnDisk = new HashSet<>(onDisk);
    incarnations(layout.setAside(), everOnDisk);
    everOnDisk.add(recoveredOffsets.incarnationMax());
    SharedCommits commits = new SharedCommits(parts, findings);
    onDisk.addAll(commits.incarnations());
    everOnDisk.addAll(commits.incarnations());
    if (!told) {
      state.forEachPartition(partition -> onDisk.add(partition.incarnation()));
    }
    Map<Long, CleanStop.Partition> stopped = CleanStop.take(disk, layout.cleanStop());
    onDisk.addAll(stopped.keySet()); // a directory that is gone is missed
    everOnDisk.addAll(onDisk);
    recoverPartitions(state, recoveredOffsets, new Found(onDisk, stopped, commits));
    settle(commits, catalogRead, catalogSound ? state.nextIncarnation() : 0);
    long nextIncarnation = 1 + everOnDisk.stream().mapToLong(Long::longValue).max().orElse(0);
    LogLoop logZero = parts.logLoops().get(0);
    onLoopZero(
        () -> {
          catalog = Catalog.open(logZero, recovered, nextIncarnation);
          offsets = ConsumerOffsets.open(logZero, recoveredOffsets);
        });
  }

  /** Without a directory that can be emptied, segments' files are made and removed one by one. */
  private void openPools() {
    List<LogLoop> logLoops = parts.logLoops();
    try {
      long above = SegmentPool.clear(disk, layout.pool());
      for (int index = 0; index < logLoops.size(); index++) {
        LogLoop loop = logLoops.get(index);
        loop.pool(new SegmentPool(loop, layout.pool(), above + index, logLoops.size()));
      }
    } catch (IOException e) {
      findings.add(List.of("files can't be kept for segments: " + e));
    }
  }

  /** Adds those that have a directory; false, and a finding, when the disk refuses to tell. */
  private boolean incarnations(Path directory, Set<Long> found) {
    try {
      found.addAll(PartitionView.incarnations(disk, directory));
      return true;
    } catch (IOException e) {
      findings.damage(
          new Damage(Damage.Kind.UNUSABLE, directory, 0, 0, -1, 0, "can't be listed: " + e));
      return false;
    }
  }

  private void removeLeftOvers(CatalogState state, Set<Long> onDisk, boolean catalogSound) {
    Set<Long> live = new HashSet<>();
    state.forEachPartition(partition -> live.add(partition.incarnation()));
    for (long incarnation : onDisk) {
      if (live.contains(incarnation)) {
        continue;
      }
      Path path = layout.partitions().resolve(String.format("%016x", incarnation));
      try {
        if (catalogSound && incarnation < state.nextIncarnation()) {
          for (Path file : disk.list(path)) {
            disk.delete(file);
          }
          disk.delete(path);
          LOG.info("removed what was left of a deleted partition: {}", path);
        } else {
          findings.add(List.of("unknown to the catalog, set aside: " + setAside(path)));
        }
      } catch (IOException e) {
        LOG.warn("what is left of a deleted partition stays: {}: {}", path, e.toString());
      }
    }
  }

  /** Moves a partition's directory out of the way and keeps it. */
  private Path setAside(Path partition) throws IOException {
    Path target = layout.setAside().resolve(partition.getFileName());
    disk.rename(partition, target);
    disk.syncDirectory(target.getParent());
    disk.syncDirectory(partition.getParent());
    return target;
  }

  /** What consumers have stored is known already: new messages get offsets above it. */
  private void recoverPartitions(CatalogState state, ConsumerOffsets.Recovered stored, Found found)
      throws BrokerException {
    List<PartitionSettings> all = new ArrayList<>();
    for (StreamEntry stream : state.streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        long[] incarnations =
            topic.partitions().stream().mapToLong(PartitionEntry::incarnation).toArray();
        parts
            .rules()
            .partitions(
                stream.name(),
                topic.name(),
                parts.rules().retention(topic.settings()),
                incarnations,
                stored::floor)
            .forEach(all::add);
      }
    }
    AtomicReference<Throwable> failure = new AtomicReference<>();
    AtomicInteger next = new AtomicInteger();
    int starters = Math.min(STARTERS, all.size());
    CountDownLatch running = new CountDownLatch(starters);
    for (int i = 0; i < starters; i++) {
      parts
          .starters()
          .execute(
              () -> {
                try {
                  for (int at = next.getAndIncrement();
                      at < all.size();
                      at = next.getAndIncrement()) {
                    recoverPartition(all.get(at), found);
                  }
                } catch (RuntimeException | Error e) {
                  failure.set(e);
                } finally {
                  running.countDown();
                }
              });
    }
    await(running);
    if (failure.get() != null) {
      throw failed(failure.get());
    }
  }

  /** What is known: which partitions are there, how a clean stop left them, what is loose. */
  private record Found(
      Set<Long> incarnations, Map<Long, CleanStop.Partition> stopped, SharedCommits commits) {}

  private void recoverPartition(PartitionSettings settings, Found found) {
    LogLoop loop = partitions.logLoop(settings.incarnation());
    long incarnation = settings.incarnation();
    partitions.add(
        found.incarnations.contains(incarnation)
            ? PartitionLog.recover(
                loop,
                disk,
                layout.partitions(),
                settings,
                Evidence.of(found.stopped.get(incarnation))
                    .withLoose(found.commits.of(incarnation)))
            : PartitionLog.create(loop, layout.partitions(), settings));
  }

  private void settle(SharedCommits commits, boolean catalogRead, long deletedBelow)
      throws BrokerException {
    try {
      commits.settle(partitions, catalogRead, deletedBelow);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  /** Begins to read back, slowly, what the start took on trust. */
  void scrub() {
    for (int index = 0; index < parts.loops().size(); index++) {
      int owner = index;
      parts
          .loops()
          .get(owner)
          .execute(() -> scrubs.add(Scrub.start(parts.logLoops().get(owner), logsOf(owner))));
    }
  }

  private List<PartitionLog> logsOf(int owner) {
    return partitions.all().stream()
        .filter(log -> partitions.owner(log.incarnation()) == owner)
        .toList();
  }

  /** What is read-only now, in words. */
  List<Health.Problem> problems() {
    List<Health.Problem> problems = new ArrayList<>();
    addReadOnly(problems, "catalog", catalog.readOnlyReason());
    addReadOnly(problems, "consumer offsets", offsets.readOnlyReason());
    Map<Long, String> names = new HashMap<>();
    for (PartitionLog log : partitions.all()) {
      String reason = log.readOnlyReason();
      if (reason != null) {
        addReadOnly(problems, nameOf(log.incarnation(), names), reason);
      }
      if (log.producersEvicted() > 0) {
        problems.add(forgotten(nameOf(log.incarnation(), names), log.producersEvicted()));
      }
    }
    return problems;
  }

  private static Health.Problem forgotten(String partition, long producers) {
    String what = producers + " producers were forgotten: what one of them resends is stored again";
    return new Health.Problem(Health.Kind.FORGOTTEN, partition, what);
  }

  /** The partition in words; fills {@code names} when it is asked for the first time. */
  String nameOf(long incarnation, Map<Long, String> names) {
    if (names.isEmpty()) {
      names.putAll(names());
    }
    return names.getOrDefault(incarnation, "a deleted partition");
  }

  /** The consumer group with that serial. */
  String groupName(int serial) {
    GroupEntry group = catalog.visible().groups().find(serial);
    return group == null ? "that was deleted" : group.name();
  }

  private static void addReadOnly(List<Health.Problem> problems, String what, String reason) {
    if (reason != null) {
      problems.add(new Health.Problem(Health.Kind.READ_ONLY, what, reason));
    }
  }

  private Map<Long, String> names() {
    Map<Long, String> names = new HashMap<>();
    for (StreamEntry stream : catalog.visible().streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        for (PartitionEntry partition : topic.partitions()) {
          names.put(
              partition.incarnation(),
              "partition " + partition.id() + " of " + stream.name() + "/" + topic.name());
        }
      }
    }
    return names;
  }

  /** What all loops wrote and acknowledged since the start. Any thread. */
  LogMetrics.Snapshot metrics() {
    return parts.logLoops().stream()
        .map(loop -> loop.metrics.snapshot())
        .reduce(LogMetrics.Snapshot::plus)
        .orElseThrow();
  }

  /** Ends after commits under way. Blocks for some seconds at most; no loop serves anyone. */
  void close() {
    scrubs.forEach(Scrub::stop);
    LogMetrics.Snapshot metrics = metrics();
    if (metrics.batches() > 0) {
      LOG.info(
          "{} batches acknowledged, {} a sync; {} bytes written, {} for a byte of message",
          metrics.batches(),
          String.format(Locale.ROOT, "%.1f", metrics.acksPerSync()),
          metrics.bytesWritten(),
          String.format(Locale.ROOT, "%.2f", metrics.bytesPerMessageByte()));
    }
    Collection<PartitionLog> logs = partitions.all();
    CountDownLatch open = new CountDownLatch(logs.size() + 2);
    for (PartitionLog log : logs) {
      parts
          .loops()
          .get(partitions.owner(log.incarnation()))
          .execute(() -> log.close((nothing, failure) -> open.countDown()));
    }
    parts
        .loops()
        .get(0)
        .execute(
            () -> {
              catalog.close((nothing, failure) -> open.countDown());
              offsets.close((nothing, failure) -> open.countDown());
            });
    if (awaited(open, "logs did not close") && synced()) {
      noteCleanStop(logs);
    }
  }

  /** What was written at the level INTERVAL is on stable storage now. */
  private boolean synced() {
    CountDownLatch dirty = new CountDownLatch(parts.logLoops().size());
    for (int index = 0; index < parts.logLoops().size(); index++) {
      LogLoop logLoop = parts.logLoops().get(index);
      parts.loops().get(index).execute(() -> logLoop.lateSync().flush(dirty::countDown));
    }
    return awaited(dirty, "loops did not sync");
  }

  private static boolean awaited(CountDownLatch latch, String otherwise) {
    try {
      if (latch.await(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        return true;
      }
      LOG.warn("{} {} in {} s", latch.getCount(), otherwise, CLOSE_SECONDS_MAX);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return false;
  }

  private void noteCleanStop(Collection<PartitionLog> logs) {
    try {
      CleanStop.write(disk, layout.cleanStop(), logs);
    } catch (IOException e) {
      LOG.info("no note of the clean stop, the next start reads more: {}", e.toString());
    }
  }

  private void onLoopZero(Runnable work) throws BrokerException {
    FutureTask<Void> task = new FutureTask<>(work, null);
    parts.loops().get(0).execute(task);
    try {
      task.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    } catch (ExecutionException e) {
      throw failed(e.getCause());
    }
  }

  private void await(CountDownLatch latch) throws BrokerException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  private BrokerException failed(Throwable cause) {
    return new BrokerException(
        Reason.STORAGE_FAILED,
        "data directory " + layout.root() + " could not be opened: " + cause,
        cause);
  }
}

package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Partitions;
import dev.whippet.broker.internal.command.TopicRules;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.DiskBudget;
import dev.whippet.broker.internal.log.engine.DiskSpace;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.system.WallClock;
import io.netty.buffer.ByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Everything durable of one broker, from recovery to close.
 *
 * <ol>
 *   <li>catalog, then offsets, are replayed on the starting thread
 *   <li>partitions are recovered side by side, one start-up thread per loop, each the partitions of
 *       its loop
 *   <li>left-overs of deleted partitions are removed; those that the catalog never knew, or all if
 *       it may have lost something (a cut end counts), are set aside instead
 *   <li>the journals are opened for writing on loop 0
 * </ol>
 *
 * <p>What is found damaged never stops the start: it is served as far as it is sound, and told by
 * {@link Findings}.
 */
final class Storage {

  private static final long CLOSE_SECONDS_MAX = 10;
  private static final Logger LOG = LoggerFactory.getLogger(Storage.class);

  private final DataDirectory directory;
  private final Loops loops;
  private final Findings findings;
  private final List<LogLoop> logLoops;
  private final Partitions partitions;
  private final TopicRules rules;
  private final DiskSpace space;
  private Catalog catalog;
  private ConsumerOffsets offsets;

  private Storage(DataDirectory directory, Loops loops, Findings findings, BrokerConfig config) {
    this.directory = directory;
    this.loops = loops;
    this.findings = findings;
    this.logLoops = new ArrayList<>();
    long diskBytes = Retainer.totalBytes(directory.root());
    long messageBytes = config.retention.of(diskBytes);
    this.space =
        new DiskSpace(
            messageBytes > 0 ? messageBytes : DiskBudget.UNLIMITED, config.diskFree.of(diskBytes));
    LogConfig logs = config.logs(messageBytes);
    SecureRandom random = new SecureRandom();
    for (int index = 0; index < loops.size(); index++) {
      logLoops.add(
          new LogLoop(
              loops.loop(index).files(),
              ByteBufAllocator.DEFAULT,
              logs,
              WallClock::micros,
              random,
              findings::damage));
    }
    logLoops.forEach(loop -> loop.shareSpace(space));
    this.partitions = new Partitions(directory.partitions(), logLoops);
    this.rules = config.topicRules();
  }

  /** Recovers and opens. Blocks as long as reading the disk takes. */
  static Storage open(DataDirectory directory, Loops loops, Findings findings, BrokerConfig config)
      throws BrokerException {
    Storage storage = new Storage(directory, loops, findings, config);
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

  TopicRules rules() {
    return rules;
  }

  DiskSpace space() {
    return space;
  }

  private void recover() throws BrokerException {
    BlockingFiles disk = BlockingFiles.SYSTEM;
    findings.add(directory.findings());
    List<Damage> catalogDamage = new ArrayList<>();
    Catalog.Recovered recovered = Catalog.recover(disk, directory.catalog(), catalogDamage::add);
    catalogDamage.forEach(findings::damage);
    findings.add(recovered.findings());
    boolean catalogSound = catalogDamage.isEmpty() && recovered.findings().isEmpty();
    CatalogState state = recovered.state();
    ConsumerOffsets.Recovered recoveredOffsets =
        ConsumerOffsets.recover(disk, directory.offsets(), state, findings::damage);
    findings.add(recoveredOffsets.findings());
    List<Long> onDisk = PartitionLog.incarnations(disk, directory.partitions());
    removeLeftOvers(state, onDisk, catalogSound);
    recoverPartitions(state, recoveredOffsets, new HashSet<>(onDisk));
    List<Long> everOnDisk = new ArrayList<>(onDisk);
    everOnDisk.addAll(PartitionLog.incarnations(disk, directory.setAside()));
    long nextIncarnation = 1 + everOnDisk.stream().mapToLong(Long::longValue).max().orElse(0);
    onLoopZero(
        () -> {
          catalog = Catalog.open(logLoops.get(0), recovered, nextIncarnation);
          offsets = ConsumerOffsets.open(logLoops.get(0), recoveredOffsets);
        });
  }

  private void removeLeftOvers(CatalogState state, List<Long> onDisk, boolean catalogSound) {
    Set<Long> live = new HashSet<>();
    state.forEachPartition(partition -> live.add(partition.incarnation()));
    for (long incarnation : onDisk) {
      if (live.contains(incarnation)) {
        continue;
      }
      Path path = directory.partitions().resolve(String.format("%016x", incarnation));
      try {
        if (catalogSound && incarnation < state.nextIncarnation()) {
          for (Path file : BlockingFiles.SYSTEM.list(path)) {
            BlockingFiles.SYSTEM.delete(file);
          }
          BlockingFiles.SYSTEM.delete(path);
          LOG.info("removed what was left of a deleted partition: {}", path);
        } else {
          findings.add(List.of("unknown to the catalog, set aside: " + directory.setAside(path)));
        }
      } catch (IOException e) {
        LOG.warn("what is left of a deleted partition stays: {}: {}", path, e.toString());
      }
    }
  }

  /** What consumers have stored is known already: new messages get offsets above it. */
  private void recoverPartitions(
      CatalogState state, ConsumerOffsets.Recovered stored, Set<Long> onDisk)
      throws BrokerException {
    List<List<PartitionSettings>> byLoop = new ArrayList<>();
    loops().forEach(loop -> byLoop.add(new ArrayList<>()));
    for (StreamEntry stream : state.streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        long[] incarnations =
            topic.partitions().stream().mapToLong(PartitionEntry::incarnation).toArray();
        rules
            .partitions(stream.name(), topic.name(), topic.settings(), incarnations, stored::floor)
            .forEach(each -> byLoop.get(partitions.owner(each.incarnation())).add(each));
      }
    }
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (List<PartitionSettings> ofLoop : byLoop) {
      Thread thread =
          new Thread(() -> recoverPartitions(ofLoop, onDisk), "whippet-start-" + threads.size());
      thread.setUncaughtExceptionHandler((which, thrown) -> failure.set(thrown));
      thread.start();
      threads.add(thread);
    }
    for (Thread thread : threads) {
      join(thread);
    }
    if (failure.get() != null) {
      throw failed(failure.get());
    }
  }

  private void recoverPartitions(List<PartitionSettings> ofLoop, Set<Long> onDisk) {
    for (PartitionSettings settings : ofLoop) {
      LogLoop loop = partitions.logLoop(settings.incarnation());
      partitions.add(
          onDisk.contains(settings.incarnation())
              ? PartitionLog.recover(loop, BlockingFiles.SYSTEM, directory.partitions(), settings)
              : PartitionLog.create(loop, directory.partitions(), settings));
    }
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
        addReadOnly(problems, nameOf(log, names), reason);
      }
    }
    return problems;
  }

  /** The partition in words; fills {@code names} when it is asked for the first time. */
  String nameOf(PartitionLog log, Map<Long, String> names) {
    if (names.isEmpty()) {
      names.putAll(names());
    }
    return names.getOrDefault(log.incarnation(), "a deleted partition");
  }

  private static void addReadOnly(List<Health.Problem> problems, String what, String reason) {
    if (reason != null) {
      problems.add(new Health.Problem(what, true, reason));
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

  /** Ends after commits under way. Blocks for some seconds at most; no loop serves anyone. */
  void close() {
    Collection<PartitionLog> logs = partitions.all();
    CountDownLatch open = new CountDownLatch(logs.size() + 2);
    for (PartitionLog log : logs) {
      loops
          .loop(partitions.owner(log.incarnation()))
          .execute(() -> log.close((nothing, failure) -> open.countDown()));
    }
    loops
        .loop(0)
        .execute(
            () -> {
              catalog.close((nothing, failure) -> open.countDown());
              offsets.close((nothing, failure) -> open.countDown());
            });
    try {
      if (!open.await(CLOSE_SECONDS_MAX, TimeUnit.SECONDS)) {
        LOG.warn("{} logs did not close in {} s", open.getCount(), CLOSE_SECONDS_MAX);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Loop> loops() {
    List<Loop> all = new ArrayList<>();
    for (int index = 0; index < loops.size(); index++) {
      all.add(loops.loop(index));
    }
    return all;
  }

  private void onLoopZero(Runnable work) throws BrokerException {
    try {
      loops.loop(0).executor().submit(work).get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    } catch (ExecutionException e) {
      throw failed(e.getCause());
    }
  }

  private void join(Thread thread) throws BrokerException {
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw failed(e);
    }
  }

  private BrokerException failed(Throwable cause) {
    return new BrokerException(
        Reason.STORAGE_FAILED,
        "data directory " + directory.root() + " could not be opened: " + cause,
        cause);
  }
}

package dev.whippet.broker;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Partitions;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.Damage;
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
  private Catalog catalog;
  private ConsumerOffsets offsets;

  private Storage(DataDirectory directory, Loops loops, Findings findings, LogConfig config) {
    this.directory = directory;
    this.loops = loops;
    this.findings = findings;
    this.logLoops = new ArrayList<>();
    SecureRandom random = new SecureRandom();
    for (int index = 0; index < loops.size(); index++) {
      logLoops.add(
          new LogLoop(
              loops.loop(index).files(),
              ByteBufAllocator.DEFAULT,
              config,
              WallClock::micros,
              random,
              findings::damage));
    }
    this.partitions = new Partitions(directory.partitions(), logLoops);
  }

  /** Recovers and opens. Blocks as long as reading the disk takes. */
  static Storage open(DataDirectory directory, Loops loops, Findings findings, LogConfig config)
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
    recoverPartitions(state, new HashSet<>(onDisk));
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

  private void recoverPartitions(CatalogState state, Set<Long> onDisk) throws BrokerException {
    List<List<Long>> byLoop = new ArrayList<>();
    loops().forEach(loop -> byLoop.add(new ArrayList<>()));
    state.forEachPartition(
        partition ->
            byLoop.get(partitions.owner(partition.incarnation())).add(partition.incarnation()));
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    for (List<Long> ofLoop : byLoop) {
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

  private void recoverPartitions(List<Long> incarnations, Set<Long> onDisk) {
    for (long incarnation : incarnations) {
      LogLoop loop = partitions.logLoop(incarnation);
      partitions.add(
          onDisk.contains(incarnation)
              ? PartitionLog.recover(
                  loop, BlockingFiles.SYSTEM, directory.partitions(), incarnation)
              : PartitionLog.create(loop, directory.partitions(), incarnation));
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
        if (names.isEmpty()) {
          names.putAll(names());
        }
        addReadOnly(problems, names.get(log.incarnation()), reason);
      }
    }
    return problems;
  }

  private static void addReadOnly(List<Health.Problem> problems, String what, String reason) {
    if (reason != null) {
      problems.add(new Health.Problem(what == null ? "a deleted partition" : what, true, reason));
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

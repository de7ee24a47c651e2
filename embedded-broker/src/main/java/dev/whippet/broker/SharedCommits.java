package dev.whippet.broker;

import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.commit.CommitLog;
import dev.whippet.broker.internal.log.commit.CommitRecovery;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.format.LooseBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;

/**
 * The commit files at start-up: what the last life left in them goes into files of this life,
 * however many loops there were and are, and then the old ones go, all before anybody is served.
 * Start-up thread; blocks.
 */
final class SharedCommits {
  private final Storage.Parts parts;
  private final Findings findings;
  private final Path directory;
  private final CommitRecovery found;

  /** Reads what is there and gives every loop a commit log of its own. */
  SharedCommits(Storage.Parts parts, Findings findings) {
    this.parts = parts;
    this.findings = findings;
    this.directory = parts.layout().commits();
    this.found = CommitRecovery.read(parts.disk(), directory, findings::damage);
    List<LogLoop> loops = parts.logLoops();
    if (found.refusal() != null) {
      return; // nothing is written, and names may be taken
    }
    for (int index = 0; index < loops.size(); index++) {
      LogLoop loop = loops.get(index);
      loop.commitInto(new CommitLog(loop, directory, found.nextSerial() + index, loops.size()));
    }
  }

  /** Partitions that have something here. */
  Set<Long> incarnations() {
    return found.incarnations();
  }

  List<LooseBatch> of(long incarnation) {
    return found.of(incarnation);
  }

  /**
   * After all partitions have taken what is theirs.
   *
   * @param catalogRead false when the next start may be able to read the catalog: the files are
   *     left alone then, and nothing is written
   * @param deletedBelow a partition that nobody knows was deleted if its incarnation is below; one
   *     at or above was never given as far as the catalog tells, and the files are kept, aside
   */
  void settle(Partitions partitions, boolean catalogRead, long deletedBelow)
      throws InterruptedException {
    List<String> failures = Collections.synchronizedList(new ArrayList<>());
    if (!catalogRead && !found.files().isEmpty()) {
      failures.add("the catalog can't be read: commit files are left alone");
    }
    if (found.refusal() != null) {
      failures.add(found.refusal());
    }
    if (failures.isEmpty()) { // else what is missing now may be there at the next start
      keepAll(partitions, failures);
    }
    try {
      if (failures.isEmpty()) {
        leave(partitions, deletedBelow);
      }
    } catch (IOException e) {
      failures.add("old commit files can't be removed: " + e);
    }
    if (!failures.isEmpty()) {
      // What did not count in an old file could come back behind offsets that are used again.
      partitions.all().forEach(log -> refuse(partitions, log, failures.get(0)));
    }
  }

  private void keepAll(Partitions partitions, List<String> failures) throws InterruptedException {
    List<PartitionLog> owners =
        partitions.all().stream()
            .filter(log -> found.incarnations().contains(log.incarnation()))
            .toList();
    CountDownLatch keeping = new CountDownLatch(owners.size());
    for (PartitionLog log : owners) {
      onLoop(partitions, log, () -> keep(log, failures, keeping));
    }
    if (keeping.getCount() > 0) {
      assureDiskAnswers();
    }
    keeping.await();
  }

  private static void keep(PartitionLog log, List<String> failures, CountDownLatch keeping) {
    try {
      log.keepRecovered(
          (nothing, failure) -> {
            if (failure != null) {
              failures.add("what was committed can't be kept: " + failure);
            }
            keeping.countDown();
          });
    } catch (RuntimeException | Error e) { // or the start would wait for ever
      failures.add("what was committed can't be kept: " + e);
      keeping.countDown();
    }
  }

  /** A disk that is gone for good would let us wait for ever. */
  private void assureDiskAnswers() {
    try {
      parts.disk().syncDirectory(parts.layout().root());
    } catch (IOException e) {
      findings.add(List.of("data directory can't be synced: " + e));
    }
  }

  private void leave(Partitions partitions, long deletedBelow) throws IOException {
    Set<Long> unknown = new HashSet<>(found.incarnations());
    partitions.all().forEach(log -> unknown.remove(log.incarnation()));
    if (unknown.stream().allMatch(incarnation -> incarnation < deletedBelow)) {
      found.remove();
      return;
    }
    Path aside = parts.layout().setAside();
    BlockingFiles disk = parts.disk();
    for (Path file : found.files()) {
      disk.rename(file, aside.resolve(file.getFileName()));
    }
    disk.syncDirectory(aside);
    disk.syncDirectory(directory);
    findings.add(
        List.of(
            "commit files with batches of "
                + unknown.size()
                + " partitions unknown to the catalog, set aside: "
                + aside));
  }

  private void refuse(Partitions partitions, PartitionLog log, String reason) {
    onLoop(partitions, log, () -> log.refuse(reason));
  }

  private void onLoop(Partitions partitions, PartitionLog log, Runnable work) {
    parts.loops().get(partitions.owner(log.incarnation())).execute(work);
  }
}

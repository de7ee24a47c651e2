package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The power goes, or an operation fails, at every single operation of a workload. */
abstract class CrashContract {
  private final LogConfig config;
  private static final int STEPS = 60;
  private static final int SEEDS = 2;

  CrashContract(LogConfig config) {
    this.config = config;
  }

  /** How many of so many failures may leave the partition writable. */
  abstract int unnoticedMax(int failures);

  /** Operations whose failure did nothing. */
  private int unnoticed;

  @ParameterizedTest
  @EnumSource(Cut.class)
  void everythingAcknowledgedSurvivesAPowerCutAtEveryOperation(Cut cut) {
    for (long seed = 1; seed <= SEEDS; seed++) {
      int operation = 0;
      while (cutAt(operation, cut, seed)) {
        operation++;
      }
      assertThat(operation).as("operations of the workload").isGreaterThan(STEPS / 2);
    }
  }

  /** False when the workload ended before. */
  private boolean cutAt(int operation, Cut cut, long seed) {
    try {
      MemoryDisk disk = new MemoryDisk(seed * 1_000 + operation, LogFixture.ROOT);
      disk.cutAt(operation, cut);
      PartitionWorkload workload = new PartitionWorkload(seed);
      LogFixture fixture = new LogFixture(disk, config, LogFixture.MORTAL);
      workload.run(
          fixture,
          PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS),
          STEPS);
      MemoryDisk left = operation % 2 == 0 ? disk.afterPowerCut(seed) : disk.afterKill(seed);
      if (operation % 11 == 0) {
        cutRecoveryToo(workload, left);
      }
      workload.checkAfter(left, config);
      return disk.isOff();
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + ", cut " + cut + " operation " + operation, e);
    }
  }

  private void cutRecoveryToo(PartitionWorkload workload, MemoryDisk before) {
    for (int operation = 0; ; operation++) {
      MemoryDisk disk = before.afterKill(operation);
      disk.cutAt(operation, Cut.DURING);
      LogFixture fixture = new LogFixture(disk, config, LogFixture.MORTAL);
      try {
        fixture.recover();
        return;
      } catch (MemoryDisk.PowerCut expected) {
        LogFixture next = new LogFixture(disk.afterPowerCut(operation), config, LogFixture.MORTAL);
        PartitionLog log = next.recover();
        workload.check(next, log);
        next.close(log);
      }
    }
  }

  @Test
  void everythingAcknowledgedSurvivesAFailureOfEveryOperation() {
    for (long seed = 1; seed <= SEEDS; seed++) {
      int operation = 0;
      unnoticed = 0;
      while (failAt(operation, seed)) {
        operation++;
      }
      assertThat(operation).isGreaterThan(STEPS / 2);
      assertThat(unnoticed).as("those that nobody waits for").isLessThan(unnoticedMax(operation));
    }
  }

  private boolean failAt(int operation, long seed) {
    try {
      MemoryDisk disk = new MemoryDisk(seed * 1_000 + operation, LogFixture.ROOT);
      disk.failAt(operation);
      PartitionWorkload workload = new PartitionWorkload(seed);
      LogFixture fixture = new LogFixture(disk, config, LogFixture.MORTAL);
      PartitionLog log =
          PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
      workload.run(fixture, log, STEPS);
      int ran = disk.operations();
      disk.failAt(-1);
      if (ran > operation && log.readOnlyReason() == null) {
        unnoticed++;
      } else if (ran > operation) {
        assertThat(log.readOnlyReason()).contains("EIO");
      }
      workload.check(fixture, log);
      fixture.close(log);
      workload.checkAfter(disk.afterKill(seed), config);
      return ran > operation;
    } catch (AssertionError e) {
      throw new AssertionError("seed " + seed + ", failed operation " + operation, e);
    }
  }

  @Test
  void recoveryStartsWhateverOperationFails() {
    boolean failed = true;
    int total = 0;
    for (int operation = 0; failed; operation++) {
      MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);
      PartitionWorkload workload = new PartitionWorkload(1);
      LogFixture fixture = new LogFixture(disk, config, LogFixture.MORTAL);
      PartitionLog log =
          PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
      workload.run(fixture, log, STEPS);
      fixture.close(log);
      MemoryDisk faulty = disk.afterKill(operation);
      faulty.failAt(operation);
      LogFixture next = new LogFixture(faulty, config, LogFixture.MORTAL);

      PartitionLog again = next.recover();

      failed = faulty.operations() > operation;
      faulty.failAt(-1);
      unnoticed += failed && next.damage.isEmpty() ? 1 : 0;
      assertThat(failed || next.damage.isEmpty()).as("nothing is reported for nothing").isTrue();
      next.readAll(again);
      next.close(again);
      workload.checkAfter(faulty.afterKill(operation), config);
      total = operation;
    }
    assertThat(unnoticed).as("those that nobody waits for").isLessThan(unnoticedMax(total));
  }
}

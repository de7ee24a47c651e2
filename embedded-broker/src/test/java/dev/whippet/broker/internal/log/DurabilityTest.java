package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure.Reason;
import dev.whippet.broker.testkit.MemoryDisk;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Levels of a partition, straight into its segments or by a commit file: what a cut leaves. */
class DurabilityTest {
  private static final long INTERVAL_MILLIS = 100;

  private static final LogConfig STRAIGHT =
      LogConfig.DEFAULT.withSyncIntervalMillis(INTERVAL_MILLIS);
  private static final LogConfig SHARED =
      STRAIGHT.withCommits(LogFixture.sharing().commits().withFileBytes(64 << 10));

  private LogConfig config;
  private LogFixture fixture;
  private PartitionLog log;

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void atPowerEveryMessageSurvivesAPowerCut(boolean shared) {
    open(Durability.POWER, shared);

    fixture.append(log, 1).value();
    fixture.append(log, 2).value();

    assertThat(someCutLoses(2)).isFalse();
    fixture.close(log);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void atIntervalItSurvivesHalfAnIntervalLater(boolean shared) {
    open(Durability.INTERVAL, shared);
    fixture.append(log, 1).value();
    fixture.append(log, 2).value();
    fixture.append(log, 3).value();
    assertThat(someCutLoses(3)).isTrue();

    pass(INTERVAL_MILLIS / 2);

    assertThat(someCutLoses(2)).isFalse();
    assertThat(someCutLoses(3)).isFalse();
    fixture.close(log);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void atProcessItSurvivesTheEndOfTheProcessOnly(boolean shared) {
    open(Durability.PROCESS, shared);
    fixture.append(log, 1).value();
    fixture.append(log, 2).value();

    pass(10 * INTERVAL_MILLIS);

    assertThat(someCutLoses(2)).isTrue();
    assertThat(tags(fixture.disk.afterKill(1))).containsExactly(1L, 2L);
    fixture.close(log);
  }

  @Test
  void aSyncThatFailsMakesThePartitionReadOnly() {
    open(Durability.INTERVAL, false);
    fixture.append(log, 1).value();
    fixture.append(log, 2).value();
    fixture.disk.failAt(fixture.disk.operations());

    pass(INTERVAL_MILLIS);

    assertThat(log.readOnlyReason()).contains("EIO");
    assertThat(fixture.append(log, 3).reason()).isEqualTo(Reason.READ_ONLY);
    assertThat(fixture.readAll(log)).containsExactly(1L, 2L);
    fixture.close(log);
  }

  /** What it holds is in memory, too. */
  @Test
  void aCommitFileThatCantBeSyncedIsFoldedDurably() {
    open(Durability.INTERVAL, true);
    fixture.append(log, 1).value();
    fixture.append(log, 2).value();
    fixture.disk.failAt(fixture.disk.operations());

    pass(INTERVAL_MILLIS);

    assertThat(log.readOnlyReason()).isNull();
    assertThat(someCutLoses(2)).isFalse();
    assertThat(fixture.append(log, 3).value()).isEqualTo(2L);
    fixture.close(log);
  }

  private void open(Durability level, boolean shared) {
    config = shared ? SHARED : STRAIGHT;
    fixture = new LogFixture(new MemoryDisk(1, LogFixture.ROOT), config, LogFixture.MORTAL);
    log =
        PartitionLog.create(
            fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS.withDurability(level));
  }

  private void pass(long millis) {
    fixture.clock += millis * 1_000;
    fixture.timers.runDue();
    fixture.loop.runAll();
  }

  private boolean someCutLoses(long tag) {
    for (int seed = 0; seed < 50; seed++) {
      if (!tags(fixture.disk.afterPowerCut(seed)).contains(tag)) {
        return true;
      }
    }
    return false;
  }

  private List<Long> tags(MemoryDisk disk) {
    LogFixture after = new LogFixture(disk, config, LogFixture.MORTAL);
    PartitionLog left = after.recover();
    List<Long> tags = after.readAll(left);
    after.close(left);
    return tags;
  }
}

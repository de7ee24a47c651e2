package dev.whippet.broker.internal.log.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture;
import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.journal.Journal;
import dev.whippet.broker.internal.log.journal.JournalRecovery;
import dev.whippet.broker.testkit.MemoryDisk;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Levels of a journal, by what a power cut leaves. */
class LateSyncTest {
  private static final long INTERVAL_MILLIS = 100;

  private LogFixture fixture;
  private Journal journal;

  @Test
  void atPowerEveryEntrySurvivesAPowerCut() {
    open(Durability.POWER);
    append(1);
    append(2);

    assertThat(survivors()).containsExactly(1, 2);
    close();
  }

  @Test
  void atIntervalASyncFollowsWithinTheInterval() {
    open(Durability.INTERVAL);
    append(1); // begins the file: that is durable at any level
    append(2);
    append(3);
    assertThat(someCutLoses(3)).isTrue();

    pass(INTERVAL_MILLIS / 2);

    assertThat(survivors()).containsExactly(1, 2, 3);
    append(4);
    assertThat(someCutLoses(4)).isTrue();
    pass(INTERVAL_MILLIS / 2);
    assertThat(survivors()).containsExactly(1, 2, 3, 4);
    close();
  }

  @Test
  void manyWritesAreOneSync() {
    open(Durability.INTERVAL);
    append(1);
    append(2);
    append(3);
    int before = fixture.disk.operations();

    pass(INTERVAL_MILLIS);

    assertThat(fixture.disk.operations() - before).isEqualTo(1);
    close();
  }

  @Test
  void aSyncThatFailsMakesTheJournalReadOnly() {
    open(Durability.INTERVAL);
    append(1);
    append(2);
    fixture.disk.failAt(fixture.disk.operations());

    pass(INTERVAL_MILLIS);

    assertThat(journal.readOnlyReason()).contains("EIO");
    Answer<Void> next = fixture.run(done -> journal.append(new byte[] {3}, done));
    assertThat(next.reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
    close();
  }

  @Test
  void aStopSyncsWhatIsDirty() {
    open(Durability.INTERVAL);
    append(1);
    append(2);
    boolean[] ended = {false};

    fixture.logs.lateSync().flush(() -> ended[0] = true);
    fixture.loop.runAll();

    assertThat(ended[0]).isTrue();
    assertThat(survivors()).containsExactly(1, 2);
    close();
  }

  @Test
  void atProcessNothingIsSynced() {
    open(Durability.PROCESS);
    append(1);
    append(2);
    int before = fixture.disk.operations();

    pass(10 * INTERVAL_MILLIS);

    assertThat(fixture.disk.operations()).isEqualTo(before);
    assertThat(read(fixture.disk.afterKill(1))).containsExactly(1, 2);
    assertThat(someCutLoses(2)).isTrue();
    close();
  }

  private void open(Durability level) {
    LogConfig config =
        LogConfig.DEFAULT.withDurability(level).withSyncIntervalMillis(INTERVAL_MILLIS);
    fixture = LogFixture.onEmptyDisk(config);
    JournalRecovery recovered =
        Journal.recover(
            fixture.disk.blockingFiles(), LogFixture.JOURNALS, "test", fixture.damage::add);
    journal = Journal.open(fixture.logs, recovered, List::of);
  }

  private void append(int value) {
    fixture.<Void>run(done -> journal.append(new byte[] {(byte) value}, done)).value();
  }

  private void pass(long millis) {
    fixture.clock += millis * 1_000;
    fixture.timers.runDue();
    fixture.loop.runAll();
  }

  private void close() {
    fixture.<Void>run(journal::close);
    boolean[] ended = {false};
    fixture.logs.lateSync().flush(() -> ended[0] = true);
    fixture.loop.runAll();
    assertThat(ended[0]).isTrue();
  }

  /** What every one of some power cuts leaves; they agree. */
  private List<Integer> survivors() {
    List<Integer> first = read(fixture.disk.afterPowerCut(0));
    for (int seed = 1; seed < 20; seed++) {
      assertThat(read(fixture.disk.afterPowerCut(seed))).isEqualTo(first);
    }
    return first;
  }

  private boolean someCutLoses(int value) {
    for (int seed = 0; seed < 50; seed++) {
      if (!read(fixture.disk.afterPowerCut(seed)).contains(value)) {
        return true;
      }
    }
    return false;
  }

  private static List<Integer> read(MemoryDisk disk) {
    return Journal.recover(disk.blockingFiles(), LogFixture.JOURNALS, "test", damage -> {})
        .entries()
        .stream()
        .map(entry -> (int) entry[0])
        .toList();
  }
}

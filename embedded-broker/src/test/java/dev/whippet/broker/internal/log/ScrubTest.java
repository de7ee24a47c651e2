package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.FileHeader;
import dev.whippet.broker.testkit.MemoryDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the start took on trust is read back, slowly. */
class ScrubTest {
  private static final int MESSAGES = 40;

  private final MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);

  private void fill() {
    LogFixture fixture = process();
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    for (long tag = 1; tag <= MESSAGES; tag++) {
      fixture.append(log, tag);
    }
    fixture.close(log);
  }

  private LogFixture process() {
    return new LogFixture(disk, LogFixture.small(), LogFixture.MORTAL);
  }

  private List<Path> segments() {
    return disk.files().stream().filter(file -> file.toString().endsWith(".seg")).toList();
  }

  private static void runToTheEnd(LogFixture fixture, Scrub scrub) {
    for (int turn = 0; !scrub.isDone() && turn < 1_000; turn++) {
      fixture.clock += 1_000_000;
      fixture.timers.runDue();
      fixture.loop.runAll();
    }
    assertThat(scrub.isDone()).isTrue();
  }

  @Test
  void damageThatNobodyReadsIsFoundAndReportedOnce() {
    fill();
    Path segment = segments().get(1);
    disk.flip(segment, FileHeader.COPIES_BYTES + BatchHeader.BYTES + 70, 1);
    LogFixture fixture = process();
    PartitionLog log = fixture.recover();
    assertThat(fixture.damage).as("taken on trust").isEmpty();

    runToTheEnd(fixture, Scrub.start(fixture.logs, List.of(log)));
    runToTheEnd(fixture, Scrub.start(fixture.logs, List.of(log)));
    fixture.readAll(log);

    assertThat(fixture.damage).hasSize(1);
    assertThat(fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.LOST);
    assertThat(fixture.damage.get(0).file()).isEqualTo(segment);
    assertThat(fixture.damage.get(0).count()).isEqualTo(1);
    assertThat(log.readOnlyReason()).isNull();
    fixture.close(log);
  }

  @Test
  void soundSegmentsAreReadOnceAndNothingIsReported() {
    fill();
    LogFixture fixture = process();
    PartitionLog log = fixture.recover();
    int before = disk.operations();

    runToTheEnd(fixture, Scrub.start(fixture.logs, List.of(log)));

    assertThat(disk.operations() - before).isGreaterThanOrEqualTo(2 * segments().size());
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  @Test
  void aFileThatWasCutShortIsFound() {
    fill();
    LogFixture fixture = process();
    PartitionLog log = fixture.recover();
    disk.shorten(segments().get(2), FileHeader.COPIES_BYTES + 4096);

    runToTheEnd(fixture, Scrub.start(fixture.logs, List.of(log)));

    assertThat(fixture.damage).isNotEmpty().allMatch(one -> one.count() > 0);
    fixture.close(log);
  }

  @Test
  void segmentsThatLeaveAndAClosedLogAreLeftOut() {
    fill();
    LogFixture fixture = process();
    PartitionLog log = fixture.recover();
    Scrub scrub = Scrub.start(fixture.logs, List.of(log));
    log.drop(
        log.shelf(0).sealed().get(2).end(),
        dev.whippet.broker.internal.log.retain.Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    fixture.clock += 1_000_000;
    fixture.timers.runDue();
    fixture.loop.runAll();
    fixture.close(log);

    runToTheEnd(fixture, scrub);

    assertThat(fixture.damage).isEmpty();
  }
}

package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.testkit.MemoryDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a clean stop notes, and what a start makes of it. */
class CleanStopTest {
  private static final Path FILE = LogFixture.ROOT.resolve("clean-stop");
  private static final Producer PRODUCER = new Producer(1, 2, 3, 4);
  private static final int MESSAGES = 20;

  private final MemoryDisk disk = new MemoryDisk(1, LogFixture.ROOT);

  private void fillAndStop() throws IOException {
    LogFixture fixture = process(disk);
    PartitionLog log =
        PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    for (long i = 0; i < MESSAGES; i++) {
      append(fixture, log, i);
    }
    fixture.close(log);
    CleanStop.write(disk.blockingFiles(), FILE, List.of(log));
  }

  private static void append(LogFixture fixture, PartitionLog log, long number) {
    Publication publication = new Publication(PRODUCER, 1, number, number + 1);
    fixture
        .<PartitionLog.Published>run(
            done -> log.publish(fixture.records(100 * number), 1, publication, done))
        .value();
  }

  private static LogFixture process(MemoryDisk disk) {
    return new LogFixture(disk, LogFixture.small(), LogFixture.MORTAL);
  }

  private static PartitionLog start(LogFixture fixture) {
    Map<Long, CleanStop.Partition> stopped = CleanStop.take(fixture.disk.blockingFiles(), FILE);
    return PartitionLog.recover(
        fixture.logs,
        fixture.disk.blockingFiles(),
        LogFixture.PARTITIONS,
        LogFixture.SETTINGS,
        Evidence.of(stopped.get(LogFixture.INCARNATION)));
  }

  private static List<Long> numbers(int count) {
    List<Long> all = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      all.add(100 * i);
    }
    return all;
  }

  private List<Path> segments() {
    return disk.files().stream().filter(file -> file.toString().endsWith(".seg")).toList();
  }

  @Test
  void theNextStartGoesOnWhereItStoppedAndReadsNoSegment() throws IOException {
    fillAndStop();
    Path last = segments().get(segments().size() - 1);
    List<String> read = new ArrayList<>();
    disk.watch(moment -> read.add(moment.toString()));
    LogFixture fixture = process(disk);

    PartitionLog log = start(fixture);

    assertThat(read)
        .noneMatch(one -> one.contains(last.getFileName() + "") && !one.contains("size"));
    disk.watch(null);
    assertThat(disk.exists(FILE)).as("believed once").isFalse();
    append(fixture, log, MESSAGES);
    assertThat(log.endOffset()).isEqualTo(MESSAGES + 1);
    assertThat(log.messages()).isEqualTo(MESSAGES + 1);
    assertThat(fixture.readAll(log)).isEqualTo(numbers(MESSAGES + 1));
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
    LogFixture crashed = process(disk);
    PartitionLog again = start(crashed);
    assertThat(crashed.readAll(again)).isEqualTo(numbers(MESSAGES + 1));
    crashed.close(again);
  }

  @Test
  void aNoteWithAnyByteFlippedIsNotBelievedAndNothingIsLost() throws IOException {
    fillAndStop();
    int length = disk.content(FILE).length;
    for (int i = 0; i < length; i++) {
      MemoryDisk left = disk.afterKill(i);
      left.flip(FILE, i, 1 << i % 8);
      LogFixture fixture = process(left);
      PartitionLog log = start(fixture);
      assertThat(fixture.readAll(log)).as("byte " + i).isEqualTo(numbers(MESSAGES));
      assertThat(fixture.damage).isEmpty();
      fixture.close(log);
      i += disk.content(FILE)[i] == 0 ? 15 : 0;
    }
  }

  @Test
  void whatIsMissingAtTheEndAfterACleanStopIsALoss() throws IOException {
    fillAndStop();
    Path last = segments().get(segments().size() - 1);
    disk.shorten(last, 8192 + 4096);
    LogFixture fixture = process(disk);

    PartitionLog log = start(fixture);

    assertThat(fixture.damage).anyMatch(one -> one.kind() == Damage.Kind.LOST && one.count() > 0);
    assertThat(log.endOffset()).as("no offset is used twice").isEqualTo(MESSAGES);
    assertThat(fixture.append(log, 7_700).value()).isEqualTo(MESSAGES);
    assertThat(fixture.readAll(log)).endsWith(7_700L);
    fixture.close(log);
  }

  @Test
  void everySegmentGoneIsALossToo() throws IOException {
    fillAndStop();
    segments().forEach(disk::lose);
    LogFixture fixture = process(disk);

    PartitionLog log = start(fixture);

    assertThat(fixture.damage).anyMatch(one -> one.count() == MESSAGES);
    assertThat(log.endOffset()).isEqualTo(MESSAGES);
    fixture.close(log);
  }

  @Test
  void aPowerCutWhileTheNoteIsTakenOrWrittenLosesNothing() throws IOException {
    fillAndStop();
    int operations = disk.operations();
    for (int cut = 0; cut < 12; cut++) {
      MemoryDisk before = disk.afterKill(cut);
      before.cutAt(cut, MemoryDisk.Cut.values()[cut % 3]);
      try {
        LogFixture fixture = process(before);
        PartitionLog log = start(fixture);
        append(fixture, log, MESSAGES);
        fixture.close(log);
        CleanStop.write(before.blockingFiles(), FILE, List.of(log));
      } catch (MemoryDisk.PowerCut | AssertionError expected) {
        // the operation that was cut is not acknowledged
      }
      MemoryDisk left = before.isOff() ? before.afterPowerCut(cut) : before;
      LogFixture fixture = process(left);
      PartitionLog log = start(fixture);
      assertThat(fixture.readAll(log)).as("cut " + cut).startsWith(0L, 100L).hasSizeBetween(20, 21);
      fixture.close(log);
    }
    assertThat(operations).isPositive();
  }
}

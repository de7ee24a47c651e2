package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogMetrics;
import dev.whippet.broker.internal.log.retain.Retention;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Fault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Several partitions of a loop and one commit file. */
class SharedCommitTest {
  private static final int PARTITIONS = 20;

  /** Of the first one. */
  private static final PartitionSettings SETTINGS =
      new PartitionSettings(100, Durability.POWER, 0, Retention.unlimited());

  private LogFixture fixture = process(LogFixture.sharing());
  private final List<PartitionLog> logs = new ArrayList<>();

  private static LogFixture process(LogConfig config) {
    return new LogFixture(new MemoryDisk(1, LogFixture.ROOT), config, LogFixture.MORTAL);
  }

  private void open(int count, Durability level) {
    for (int i = 0; i < count; i++) {
      logs.add(create(100L + i, level));
    }
  }

  private PartitionLog create(long incarnation, Durability level) {
    return PartitionLog.create(
        fixture.logs,
        LogFixture.PARTITIONS,
        new PartitionSettings(incarnation, level, 0, Retention.unlimited()));
  }

  private List<Answer<Long>> appendToAll(long tag) {
    List<Answer<Long>> answers = new ArrayList<>();
    for (PartitionLog log : logs) {
      Answer<Long> answer = new Answer<>();
      log.append(fixture.records(tag), 1, 3, answer);
      answers.add(answer);
    }
    return answers;
  }

  private List<Path> segments() {
    return fixture.disk.files().stream().filter(path -> path.toString().endsWith(".seg")).toList();
  }

  @Test
  void whatManyPartitionsSendMeanwhileIsOneCommit() {
    open(PARTITIONS, Durability.POWER);
    appendToAll(1);
    fixture.loop.runAll();
    LogMetrics.Snapshot before = fixture.logs.metrics.snapshot();

    List<Answer<Long>> answers = appendToAll(2);
    fixture.loop.runAll();

    LogMetrics.Snapshot after = fixture.logs.metrics.snapshot();
    assertThat(answers).allMatch(answer -> answer.value() == 1);
    assertThat(after.commits() - before.commits())
        .as("the first alone, the others together, as far as 16 KiB reach")
        .isEqualTo(2);
    assertThat(after.batches() - before.batches()).isEqualTo(PARTITIONS);
    assertThat(segments()).as("no file before it is needed").isEmpty();
  }

  @Test
  void aFullFileIsFoldedAndUsedAgain() {
    open(3, Durability.POWER);

    for (int round = 0; round < 100; round++) {
      List<Answer<Long>> answers = appendToAll(round);
      fixture.loop.runAll();
      long offset = round;
      assertThat(answers).allMatch(answer -> answer.value() == offset);
    }

    assertThat(segments()).isNotEmpty();
    assertThat(fixture.disk.files().stream().filter(one -> one.toString().endsWith(".cmt")))
        .hasSizeLessThanOrEqualTo(4);
    assertThat(fixture.logs.metrics.snapshot().folds()).isGreaterThan(5);
    for (PartitionLog log : logs) {
      assertThat(fixture.readAll(log)).hasSize(100).isSorted();
    }
  }

  @Test
  void aLargeBatchTakesTheSmallOnesBeforeItAlong() {
    open(1, Durability.POWER);
    PartitionLog log = logs.get(0);
    fixture.append(log, 1);
    fixture.append(log, 2);

    long[] many = new long[20];
    for (int i = 0; i < many.length; i++) {
      many[i] = 100 + i;
    }
    fixture.append(log, many);

    assertThat(segments()).hasSize(1);
    assertThat(fixture.logs.metrics.snapshot().folds()).isZero();
    assertThat(fixture.readAll(log)).hasSize(22).startsWith(1L, 2L, 100L);
  }

  @Test
  void theFirstFileWhichIsOnlyReservedIsLeftForOneFullOfZerosAndFoldedWithThat() {
    open(1, Durability.POWER);
    PartitionLog log = logs.get(0);
    fixture.append(log, 1).value();
    assertThat(commitFiles(fixture.disk)).as("the next is made at once").hasSize(2);

    fixture.append(log, 2).value();

    for (Path file : commitFiles(fixture.disk)) {
      MemoryDisk without = fixture.disk.afterPowerCut(1);
      without.lose(file);
      LogFixture next = new LogFixture(without, LogFixture.sharing(), LogFixture.MORTAL);
      assertThat(next.readAll(next.recover(SETTINGS))).as("without %s", file).hasSize(1);
    }
    assertThat(segments()).isEmpty();
    List<Path> before = commitFiles(fixture.disk);
    for (long tag = 3; segments().isEmpty(); tag++) {
      fixture.append(log, tag).value();
    }
    assertThat(commitFiles(fixture.disk)).as("it has one life").isNotEqualTo(before);
    fixture.close(log);
  }

  @Test
  void muchGoesStraightIntoASegmentThatGrowsWhereTheReplyIsNotDurable() {
    PartitionLog process = create(200, Durability.PROCESS);
    PartitionLog power = create(201, Durability.POWER);

    for (PartitionLog log : List.of(process, power)) {
      List<Answer<Long>> answers = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        Answer<Long> answer = new Answer<>();
        log.append(fixture.records(1), 1, 3, answer);
        answers.add(answer);
      }
      fixture.loop.runAll();
      assertThat(answers).allMatch(answer -> answer.failure == null && answer.ended);
      assertThat(segments()).as("nothing more of the durable one").hasSize(1);
    }
  }

  @Test
  void withADelayNothingIsWrittenBeforeIt() {
    CommitConfig flash = LogFixture.sharing().commits().withDelayMicros(20_000);
    fixture = process(LogFixture.sharing().withCommits(flash));
    open(5, Durability.POWER);

    List<Answer<Long>> answers = appendToAll(1);
    fixture.loop.runAll();
    fixture.clock += 19_999;
    fixture.timers.runDue();
    fixture.loop.runAll();
    assertThat(answers).noneMatch(answer -> answer.ended);
    fixture.clock += 1;
    fixture.timers.runDue();
    fixture.loop.runAll();

    assertThat(answers).allMatch(answer -> answer.value() == 0);
    assertThat(fixture.logs.metrics.snapshot().commits()).isEqualTo(1);
    assertThat(fixture.logs.metrics.snapshot().acksPerSync()).isGreaterThan(1);
  }

  @Test
  void aFailedCommitStopsItsPartitionsAndNobodyElse() {
    open(2, Durability.POWER);
    fixture.append(logs.get(0), 1);
    fixture.append(logs.get(1), 1);

    fixture.disk.failAt(fixture.disk.operations());
    Answer<Long> failed = fixture.append(logs.get(0), 2);
    fixture.disk.failAt(-1);
    Answer<Long> other = fixture.append(logs.get(1), 2);

    assertThat(failed.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(fixture.append(logs.get(0), 3).reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
    assertThat(logs.get(0).readOnlyReason()).contains("commit file");
    assertThat(fixture.readAll(logs.get(0))).containsExactly(1L);
    assertThat(other.value()).isEqualTo(1);
    assertThat(fixture.readAll(logs.get(1))).containsExactly(1L, 2L);
  }

  @Test
  void afterAFailedCommitAPartitionGoesOnOnceItsFileIsGone() {
    open(1, Durability.POWER);
    PartitionLog log = logs.get(0);
    fixture.append(log, 1).value();
    List<Path> before = commitFiles(fixture.disk);
    fixture.disk.failAt(fixture.disk.operations(), Fault.EIO_AFTERWARDS);
    fixture.append(log, 2);
    fixture.disk.failAt(-1);
    fixture.loop.runAll();
    assertThat(log.isResumable()).isTrue();
    assertThat(commitFiles(fixture.disk.afterPowerCut(3))).doesNotContainAnyElementsOf(before);

    log.resume();
    fixture.loop.runAll();

    assertThat(log.readOnlyReason()).isNull();
    assertThat(fixture.append(log, 3).value()).isEqualTo(1);
    assertThat(fixture.append(log, 4).value()).isEqualTo(2);
    LogFixture next =
        new LogFixture(fixture.disk.afterPowerCut(1), LogFixture.sharing(), LogFixture.MORTAL);
    assertThat(next.readAll(next.recover(SETTINGS))).containsExactly(1L, 3L, 4L);
  }

  @Test
  void aPartitionWhoseEndCannotBeReadBackStaysReadOnly() {
    open(1, Durability.POWER);
    PartitionLog log = logs.get(0);
    fixture.append(log, 1).value();
    fixture.disk.failAt(fixture.disk.operations());
    fixture.append(log, 2);
    fixture.disk.failWhere(
        (number, what, path) -> what.startsWith("read") ? Fault.EIO : Fault.NONE);

    log.resume();
    fixture.loop.runAll();

    assertThat(log.isResumable()).isFalse();
    assertThat(fixture.append(log, 3).reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
  }

  @Test
  void aFileWithoutASoundHeaderKeepsItsMessages() {
    open(1, Durability.POWER);
    fixture.append(logs.get(0), 1).value();
    fixture.append(logs.get(0), 2, 3).value();
    MemoryDisk left = fixture.disk.afterPowerCut(1);
    for (Path file : commitFiles(left)) {
      left.flip(file, 8, 1);
      left.flip(file, 4096 + 8, 1);
    }

    LogFixture next = new LogFixture(left, LogFixture.sharing(), LogFixture.MORTAL);

    assertThat(next.readAll(next.recover(SETTINGS))).containsExactly(1L, 2L, 3L);
    assertThat(next.damage).isNotEmpty().allMatch(one -> one.what().contains("no sound header"));
  }

  private static List<Path> commitFiles(MemoryDisk disk) {
    return disk.files().stream().filter(one -> one.toString().endsWith(".cmt")).toList();
  }

  @Test
  void atLevelIntervalAPowerCutLosesNothingThatIsOlder() {
    open(1, Durability.INTERVAL);
    fixture.append(logs.get(0), 1).value();
    long interval = fixture.logs.config.syncIntervalMillis() * 1_000;

    fixture.clock += interval;
    fixture.timers.runDue();
    fixture.loop.runAll();
    fixture.append(logs.get(0), 2).value();

    int kept = 0;
    for (int seed = 0; seed < 20; seed++) {
      LogFixture next =
          new LogFixture(fixture.disk.afterPowerCut(seed), LogFixture.sharing(), LogFixture.MORTAL);
      PartitionLog log =
          next.recover(new PartitionSettings(100, Durability.INTERVAL, 0, Retention.unlimited()));
      List<Long> found = next.readAll(log);
      assertThat(found).as("seed " + seed).startsWith(1L);
      kept += found.size() - 1;
    }
    assertThat(kept).as("the newest is not on stable storage yet").isLessThan(20);
  }

  @Test
  void whatCannotBeReadAtOneStartIsThereAtTheNext() {
    open(1, Durability.POWER);
    Path folder = LogFixture.PARTITIONS.resolve("0000000000000064");
    fixture.disk.failWhere(
        (number, what, path) -> path.startsWith(folder) ? Fault.EIO : Fault.NONE);
    for (int tag = 0; tag < 6; tag++) { // four fit into the first file
      fixture.append(logs.get(0), tag).value();
    }
    assertThat(fixture.damage).as("told once").hasSize(1);
    assertThat(fixture.damage.get(0).file()).isEqualTo(folder);
    MemoryDisk left = fixture.disk.afterPowerCut(1);
    List<Path> files =
        left.files().stream().filter(one -> one.toString().endsWith(".cmt")).toList();
    assertThat(files).hasSizeGreaterThan(1);

    for (Path unreadable : files) {
      MemoryDisk disk = left.afterKill(1);
      disk.failWhere((number, what, path) -> path.equals(unreadable) ? Fault.EIO : Fault.NONE);
      LogFixture faulty = new LogFixture(disk, LogFixture.sharing(), LogFixture.MORTAL);
      PartitionLog log = faulty.recover(SETTINGS);
      assertThat(log.readOnlyReason()).contains(unreadable.toString());
      assertThat(faulty.readAll(log)).isNotEmpty().isSubsetOf(0L, 1L, 2L, 3L, 4L, 5L);
      faulty.close(log);
      disk.failWhere((number, what, path) -> Fault.NONE);

      LogFixture sound =
          new LogFixture(disk.afterPowerCut(2), LogFixture.sharing(), LogFixture.MORTAL);
      assertThat(sound.readAll(sound.recover(SETTINGS))).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
    }
  }

  @Test
  void foldsAreNotKeptWaitingByStraightCommitsThatFollowEachOther() {
    open(17, Durability.POWER);
    PartitionLog small = logs.remove(16);
    appendToAll(1);
    fixture.loop.runAll();
    long[] many = new long[20];
    boolean[] stop = {false};
    for (PartitionLog log : logs) {
      LogCallback<Long> again =
          new LogCallback<>() {
            @Override
            public void done(Long result, LogFailure failure) {
              if (!stop[0]) {
                log.append(fixture.records(many), many.length, 3, this);
              }
            }
          };
      log.append(fixture.records(many), many.length, 3, again);
      log.append(fixture.records(many), many.length, 3, again);
    }

    Answer<Long> answer = new Answer<>();
    small.append(fixture.records(1), 1, 3, answer);
    for (int turn = 0; turn < 20_000 && small.endOffset() < 40; turn++) {
      fixture.loop.runOne();
      if (answer.ended) {
        answer = new Answer<>();
        small.append(fixture.records(1), 1, 3, answer);
      }
    }

    assertThat(small.endOffset()).as("more than all commit files hold").isEqualTo(40);
    stop[0] = true;
    fixture.loop.runAll();
  }

  @Test
  void aDeletedPartitionGivesItsRoomBack() {
    open(1, Durability.POWER);
    PartitionLog log = logs.get(0);
    fixture.append(log, 1);

    fixture.<Void>run(log::delete).value();
    logs.clear();
    open(2, Durability.POWER);
    logs.remove(0);
    for (int round = 0; round < 60; round++) {
      appendToAll(round);
      fixture.loop.runAll();
    }

    assertThat(fixture.readAll(logs.get(0))).hasSize(60);
    assertThat(fixture.disk.files().stream().filter(one -> one.toString().endsWith(".cmt")))
        .as("not one of them waits for ever")
        .hasSizeLessThanOrEqualTo(2);
  }
}

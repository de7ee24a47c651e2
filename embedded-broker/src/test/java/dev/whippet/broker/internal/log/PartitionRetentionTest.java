package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.retain.Retention;
import dev.whippet.broker.internal.log.retain.SealedSegment;
import dev.whippet.broker.internal.log.space.DiskBudget;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Segments of a partition leave: at once for readers, in order and durably from the disk. */
class PartitionRetentionTest {
  private static final long HOUR = 3_600_000_000L;

  private LogFixture fixture = LogFixture.onEmptyDisk(LogFixture.small());
  private final DiskSpace space = new DiskSpace(1L << 20, 0);
  private final DiskBudget topic = new DiskBudget(1L << 20);
  private PartitionLog log = create();

  @Test
  void whatIsDroppedIsGoneForReadersAndFigures() {
    fill(20);
    List<SealedSegment> sealed = log.shelf(0).sealed();
    long messages = log.messages();
    long bytes = log.bytes();

    Drop drop = log.drop(sealed.get(1).end(), Drop.Reason.EXPIRED);
    fixture.loop.runAll();

    assertThat(drop.range()).isEqualTo(new Drop.Range(0, sealed.get(1).end() - 1));
    assertThat(drop.size().segments()).isEqualTo(2);
    assertThat(drop.size().messages()).isEqualTo(sealed.get(1).end());
    assertThat(log.firstOffset()).isEqualTo(sealed.get(1).end());
    assertThat(log.messages()).isEqualTo(messages - drop.size().messages());
    assertThat(log.bytes())
        .isEqualTo(bytes - sealed.get(0).recordBytes() - sealed.get(1).recordBytes());
    assertThat(topic.bytes()).isEqualTo(log.bytes());
    assertThat(log.segments()).isEqualTo(sealed.size() - 1);
    assertThat(segmentFiles()).hasSize(log.segments());
    assertThat(fixture.readAll(log)).hasSize((int) log.messages());
    Records found = fixture.<Records>run(done -> log.read(0, 1, 4096, done)).value();
    assertThat(LogFixture.tags(found, log.firstOffset())).hasSize(1);
    found.release();
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  @Test
  void theNewestSegmentStaysAndOffsetsGoOn() {
    fill(20);

    log.drop(Long.MAX_VALUE, Drop.Reason.DISK_FREE);
    fixture.loop.runAll();

    assertThat(log.segments()).isEqualTo(1);
    assertThat(fixture.append(log, 100).value()).isEqualTo(20L);
    fixture.close(log);
    log = again().recover(space, topic);
    assertThat(log.endOffset()).isEqualTo(21);
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  @Test
  void segmentsAreDroppedWholeAndOnlyThoseThatEndBelow() {
    fill(20);
    SealedSegment first = log.shelf(0).sealed().get(0);

    assertThat(log.drop(first.end() - 1, Drop.Reason.EXPIRED)).isNull();
    assertThat(log.firstOffset()).isZero();
    assertThat(log.drop(first.end(), Drop.Reason.EXPIRED).range().last())
        .isEqualTo(first.end() - 1);
    fixture.loop.runAll();
    fixture.close(log);
  }

  @Test
  void theDisksAccountIsWhatTheFilesTakeUp() {
    fill(20);
    assertThat(space.segmentBytes()).isEqualTo(bytesOnDisk());

    log.drop(log.shelf(0).sealed().get(2).end(), Drop.Reason.EXPIRED);
    fixture.loop.runAll();

    assertThat(space.segmentBytes()).isEqualTo(bytesOnDisk());
    fixture.close(log);
    long before = space.segmentBytes();
    DiskSpace fresh = new DiskSpace(1L << 20, 0);
    log = again().recover(fresh, new DiskBudget(1L << 20));
    assertThat(fresh.segmentBytes()).isEqualTo(before);
    fixture.<Void>run(log::delete).value();
    assertThat(fresh.segmentBytes()).isZero();
  }

  @Test
  void aReaderInTheMiddleOfASegmentReadsOnAndTheFileStaysUntilThen() {
    fill(20);
    fixture.disk.stall();
    Answer<Records> reading = fixture.run(done -> log.read(0, 100, 1 << 20, done));
    assertThat(reading.ended).isFalse();
    int files = segmentFiles().size();

    log.drop(Long.MAX_VALUE, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    assertThat(segmentFiles()).hasSize(files);
    fixture.disk.resume();
    fixture.loop.runAll();

    assertThat(LogFixture.tags(reading.value(), 0)).isNotEmpty();
    reading.value().release();
    assertThat(segmentFiles()).hasSize(1);
    fixture.close(log);
  }

  @Test
  void removalsAreDurableInOrderWhereverThePowerGoes() {
    int cuts = 0;
    boolean more = true;
    while (more) {
      for (Cut when : Cut.values()) {
        for (int seed = 0; seed < 5; seed++) {
          more &= cutDuringDrop(cuts, when, seed);
        }
      }
      cuts++;
    }

    assertThat(cuts).isGreaterThan(6);
  }

  private boolean cutDuringDrop(int operation, Cut when, int seed) {
    fixture =
        new LogFixture(
            new MemoryDisk(seed, LogFixture.ROOT), LogFixture.small(), LogFixture.MORTAL);
    log = create();
    fill(20);
    long end = log.endOffset();
    fixture.disk.cutAt(fixture.disk.operations() + operation, when);
    log.drop(Long.MAX_VALUE, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    boolean cut = fixture.disk.isOff();

    LogFixture after =
        new LogFixture(fixture.disk.afterPowerCut(seed), LogFixture.small(), LogFixture.MORTAL);
    PartitionLog left = after.recover();
    assertThat(after.damage).as("cut %s operation %s seed %s", when, operation, seed).isEmpty();
    assertThat(left.endOffset()).isEqualTo(end);
    assertThat(after.readAll(left)).hasSize((int) (end - left.firstOffset()));
    after.close(left);
    return cut;
  }

  @Test
  void aRemovalThatFailsIsTriedAgainWithTheNextDrop() {
    fill(20);
    fixture.disk.failAt(fixture.disk.operations());

    log.drop(log.shelf(0).sealed().get(0).end(), Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    long leftOver = bytesOnDisk();
    log.drop(log.shelf(0).sealed().get(0).end(), Drop.Reason.EXPIRED);
    fixture.loop.runAll();

    assertThat(leftOver).isGreaterThan(space.segmentBytes());
    assertThat(bytesOnDisk()).isEqualTo(space.segmentBytes());
    fixture.close(log);
  }

  @Test
  void aSegmentThatHasOutlivedTheExpiryIsFollowedByANewOne() {
    log =
        PartitionLog.create(
            fixture.logs,
            LogFixture.PARTITIONS,
            LogFixture.SETTINGS.withRetention(new Retention(HOUR, topic)));
    fixture.append(log, 1).value();
    fixture.clock += HOUR - 1;
    fixture.append(log, 2).value();
    assertThat(log.segments()).isEqualTo(1);
    fixture.clock += 1;
    fixture.append(log, 3).value();

    assertThat(log.segments()).isEqualTo(2);
    assertThat(log.shelf(0).sealed().get(0).newestMicros()).isEqualTo(1_000_000 + HOUR - 1);
    fixture.close(log);
  }

  @Test
  void theNewestSegmentOfAnIdlePartitionExpiresByTheClock() {
    log =
        PartitionLog.create(
            fixture.logs,
            LogFixture.PARTITIONS,
            LogFixture.SETTINGS.withRetention(new Retention(HOUR, topic)));
    Housekeeping housekeeping = housekeeping();
    fixture.append(log, 1).value();
    fixture.append(log, 2).value();
    sweepAt(housekeeping, HOUR - 1);
    assertThat(log.messages()).isEqualTo(2);

    sweepAt(housekeeping, 1);

    assertThat(log.messages()).isZero();
    assertThat(log.firstOffset()).isEqualTo(2);
    assertThat(segmentFiles()).hasSize(1);
    assertThat(housekeeping.drops().sum(Drop.Reason.EXPIRED).messages()).isEqualTo(2);
    sweepAt(housekeeping, HOUR);
    assertThat(segmentFiles()).as("nothing more to do").hasSize(1);
    fixture.close(log);
    log = again().recover(space, topic);
    assertThat(log.endOffset()).isEqualTo(2);
    assertThat(fixture.append(log, 3).value()).isEqualTo(2);
    assertThat(fixture.readAll(log)).containsExactly(3L);
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  private void sweepAt(Housekeeping housekeeping, long later) {
    fixture.clock += later;
    for (int turn = 0; turn < 3; turn++) {
      housekeeping.sweep();
      fixture.loop.runAll();
    }
  }

  @Test
  void housekeepingHoldsTheTopicToItsSizeToOneSegment() {
    DiskBudget limited = new DiskBudget(40_000);
    log =
        PartitionLog.create(
            fixture.logs,
            LogFixture.PARTITIONS,
            LogFixture.SETTINGS.withRetention(new Retention(Retention.NEVER, limited)));
    Housekeeping housekeeping = housekeeping();
    space.onAlarm(housekeeping::sweep);
    long largest = 0;
    for (int i = 0; i < 40; i++) {
      append(i);
      largest = Math.max(largest, limited.bytes());
    }
    fixture.loop.runAll();

    assertThat(largest).isLessThanOrEqualTo(40_000 + 24_000);
    assertThat(limited.bytes()).isLessThanOrEqualTo(40_000);
    assertThat(limited.bytes()).isGreaterThan(40_000 - 24_000);
    assertThat(housekeeping.drops().sum(Drop.Reason.TOPIC_SIZE).messages())
        .isEqualTo(40 - log.messages());
    fixture.close(log);
  }

  @Test
  void messagesAreRefusedBelowTheFreeSpaceAndTakenAgainAboveIt() {
    DiskSpace tight = new DiskSpace(1L << 30, 1 << 20);
    fixture.logs.shareSpace(tight);
    long[] free = {(1 << 20) - 1};
    Housekeeping housekeeping = housekeeping(tight, free);
    housekeeping.tick();

    assertThat(fixture.append(log, 1).reason()).isEqualTo(LogFailure.Reason.NO_SPACE);
    free[0] = 1 << 20;
    housekeeping.tick();
    assertThat(fixture.append(log, 2).value()).isZero();
    assertThat(fixture.readAll(log)).containsExactly(2L);
    fixture.close(log);
  }

  @Test
  void whereOnlySegmentsInUseAreLeftTheNextCommitLetsThemGo() {
    DiskSpace tight = new DiskSpace(1L << 30, 1 << 20);
    fixture.logs.shareSpace(tight);
    long[] free = {2 << 20};
    Housekeeping housekeeping = housekeeping(tight, free);
    fixture.append(log, 1).value();
    free[0] = 1;
    housekeeping.tick();
    fixture.loop.runAll();
    assertThat(tight.isFull()).isTrue();

    assertThat(fixture.append(log, 2).value()).isEqualTo(1L);
    assertThat(fixture.append(log, 3).reason()).isEqualTo(LogFailure.Reason.NO_SPACE);
    housekeeping.tick();
    fixture.loop.runAll();

    assertThat(log.firstOffset()).isEqualTo(1);
    fixture.close(log);
  }

  // --- pieces -----------------------------------------------------------------------------------

  private Housekeeping housekeeping() {
    return housekeeping(space, new long[] {Long.MAX_VALUE});
  }

  private Housekeeping housekeeping(DiskSpace bounds, long[] free) {
    return new Housekeeping(
        bounds,
        new Housekeeping.Surroundings(
            () -> List.of(log),
            (owner, task) -> fixture.loop.execute(task),
            incarnation -> Long.MAX_VALUE,
            () -> fixture.clock,
            () -> free[0],
            0));
  }

  private PartitionLog create() {
    fixture.logs.shareSpace(space);
    return PartitionLog.create(
        fixture.logs,
        LogFixture.PARTITIONS,
        LogFixture.SETTINGS.withRetention(new Retention(Retention.NEVER, topic)));
  }

  private Again again() {
    fixture = new LogFixture(fixture.disk, LogFixture.small(), fixture.allocator);
    return new Again();
  }

  private final class Again {
    PartitionLog recover(DiskSpace account, DiskBudget ofTopic) {
      fixture.logs.shareSpace(account);
      return PartitionLog.recover(
          fixture.logs,
          fixture.disk.blockingFiles(),
          LogFixture.PARTITIONS,
          LogFixture.SETTINGS.withRetention(new Retention(Retention.NEVER, ofTopic)),
          Evidence.NONE);
    }
  }

  /** Messages of about 4 KiB, one a commit. */
  private void fill(int count) {
    for (int i = 0; i < count; i++) {
      append(i);
    }
  }

  private void append(int tag) {
    fixture.<Long>run(done -> log.append(large(tag), 1, 3, done)).value();
  }

  private ByteBuf large(long tag) {
    ByteBuf out = fixture.allocator.directBuffer();
    out.writeZero(48).writeIntLE(0).writeIntLE(3_500).writeZero(8);
    out.writeLongLE(tag).writeZero(3_492);
    return out;
  }

  private long bytesOnDisk() {
    return segmentFiles().stream().mapToLong(file -> fixture.disk.content(file).length).sum();
  }

  /** Index files are derived, small, and not counted. */
  private List<Path> segmentFiles() {
    return fixture.disk.files().stream().filter(file -> file.toString().endsWith(".seg")).toList();
  }
}

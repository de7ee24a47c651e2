package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.retain.Retention;
import org.junit.jupiter.api.Test;

/** After a tail was lost, no consumer silently skips what is written next. */
class OffsetFloorTest {
  private final LogFixture before = LogFixture.onEmptyDisk(LogFixture.small());

  @Test
  void offsetsGoOnAboveTheHighestStoredOne() {
    PartitionLog log = writeTwo();

    LogFixture after = new LogFixture(before.disk, LogFixture.small(), before.allocator);
    PartitionLog again = recover(after, 10);

    assertThat(log.endOffset()).isEqualTo(2);
    assertThat(again.endOffset()).isEqualTo(10);
    assertThat(after.append(again, 300).value()).isEqualTo(10L);
    assertThat(again.endOffset()).isEqualTo(11);
    assertThat(again.messages()).isEqualTo(3);
    after.close(again);
  }

  @Test
  void whatIsLostIsReportedOnceAndReadersPassOverIt() {
    writeTwo();

    LogFixture after = new LogFixture(before.disk, LogFixture.small(), before.allocator);
    PartitionLog again = recover(after, 10);
    after.append(again, 300).value();
    Records found = after.<Records>run(done -> again.read(5, 10, 1 << 20, done)).value();

    assertThat(LogFixture.tags(found, 10)).containsExactly(300L);
    assertThat(after.readAll(again)).containsExactly(100L, 200L, 300L);
    assertThat(after.damage).hasSize(1);
    assertThat(after.damage.get(0).kind()).isEqualTo(Damage.Kind.LOST);
    assertThat(after.damage.get(0).firstOffset()).isEqualTo(2);
    assertThat(after.damage.get(0).count()).isEqualTo(8);
    found.release();
    after.close(again);
  }

  @Test
  void aThirdStartReadsAcrossTheGap() {
    writeTwo();
    LogFixture second = new LogFixture(before.disk, LogFixture.small(), before.allocator);
    PartitionLog again = recover(second, 10);
    second.append(again, 300).value();
    second.close(again);

    LogFixture third = new LogFixture(before.disk, LogFixture.small(), before.allocator);
    PartitionLog last = recover(third, 11);

    assertThat(last.endOffset()).isEqualTo(11);
    assertThat(third.readAll(last)).containsExactly(100L, 200L, 300L);
    third.close(last);
  }

  @Test
  void aPartitionWithNothingOnDiskBeginsAboveTheFloor() {
    PartitionLog log = PartitionLog.create(before.logs, LogFixture.PARTITIONS, settings(6));

    assertThat(log.firstOffset()).isEqualTo(6);
    assertThat(log.endOffset()).isEqualTo(6);
    assertThat(before.append(log, 100).value()).isEqualTo(6L);
    before.close(log);
  }

  @Test
  void aFloorBelowTheEndChangesNothing() {
    writeTwo();

    LogFixture after = new LogFixture(before.disk, LogFixture.small(), before.allocator);
    PartitionLog again = recover(after, 2);

    assertThat(after.append(again, 300).value()).isEqualTo(2L);
    assertThat(after.damage).isEmpty();
    after.close(again);
  }

  private PartitionLog writeTwo() {
    PartitionLog log = PartitionLog.create(before.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    before.append(log, 100).value();
    before.append(log, 200).value();
    before.close(log);
    return log;
  }

  private static PartitionSettings settings(long floor) {
    return new PartitionSettings(
        LogFixture.INCARNATION, Durability.POWER, floor, Retention.unlimited());
  }

  private static PartitionLog recover(LogFixture fixture, long floor) {
    return PartitionLog.recover(
        fixture.logs,
        fixture.disk.blockingFiles(),
        LogFixture.PARTITIONS,
        settings(floor),
        Evidence.NONE);
  }
}

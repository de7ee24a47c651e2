package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.PartitionLog.Outcome;
import dev.whippet.broker.internal.log.PartitionLog.ProducerMark;
import dev.whippet.broker.internal.log.PartitionLog.Published;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Producer;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.Test;

class PartitionLogTest {
  private static final Producer PRODUCER = new Producer(3, 11, 12, 0);

  private LogFixture fixture = LogFixture.onEmptyDisk(LogFixture.small());
  private PartitionLog log =
      PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);

  @Test
  void anEmptyPartitionHasNoFiles() {
    assertThat(fixture.disk.files()).isEmpty();
    assertThat(fixture.disk.exists(LogFixture.PARTITIONS)).isFalse();
    assertThat(log.segments()).isEqualTo(1);
    assertThat(log.currentOffset()).isZero();
    assertThat(log.endOffset()).isZero();
    assertThat(fixture.readAll(log)).isEmpty();
    assertThat(fixture.<Long>run(done -> log.offsetAtOrAfter(5, done)).value()).isZero();
    fixture.close(log);
  }

  @Test
  void appendStampsOffsetTimeIdAndChecksum() {
    ByteBuf records = fixture.records(100, 201);
    records.setLong(8, 77);

    long base = fixture.<Long>run(done -> log.append(records, 2, 3, done)).value();

    Records found = fixture.<Records>run(done -> log.read(0, 10, 4096, done)).value();
    ByteBuf all = found.slices().get(0);
    int second = BatchHeader.recordBytes(all, 0);
    assertThat(base).isZero();
    assertThat(LogFixture.tags(found, 0)).containsExactly(100L, 201L);
    assertThat(all.getLong(8)).isEqualTo(77);
    assertThat(all.getLongLE(24)).isZero();
    assertThat(all.getLongLE(second + 24)).isEqualTo(1);
    assertThat(all.getLongLE(second + 32)).isEqualTo(1_000_000);
    assertThat(all.getByte(second + 14) >> 4 & 15).as("UUID version").isEqualTo(4);
    assertThat(all.getByte(second + 16) >> 6 & 3).as("UUID variant").isEqualTo(2);
    assertThat(log.messages()).isEqualTo(2);
    assertThat(log.bytes()).isEqualTo(2 * (64 + 8 + 2) + 1);
    found.release();
    fixture.close(log);
  }

  @Test
  void checksumIsXxh3() {
    ByteBuf text = fixture.allocator.directBuffer().writeBytes("iggy".getBytes());

    assertThat(BatchHeader.checksum(text, 0, 4)).isEqualTo(0xb421037ed388f177L);
    text.release();
  }

  @Test
  void nothingIsVisibleBeforeItIsDurable() {
    fixture.append(log, 1);
    fixture.disk.stall();

    Answer<Long> second = fixture.append(log, 2);
    Answer<Records> read = fixture.run(done -> log.read(1, 10, 4096, done));
    Answer<ProducerMark> state = fixture.run(done -> log.producerState(PRODUCER, done));

    assertThat(second.ended).isFalse();
    assertThat(state.ended).as("waits for commits under way").isFalse();
    assertThat(read.value().count()).isZero();
    assertThat(log.currentOffset()).isZero();
    assertThat(log.messages()).isEqualTo(1);

    fixture.disk.resume();
    fixture.loop.runAll();
    assertThat(second.value()).isEqualTo(1);
    assertThat(state.value().known()).isFalse();
    assertThat(log.currentOffset()).isEqualTo(1);
    fixture.close(log);
  }

  @Test
  void whateverArrivesDuringACommitIsTheNextOne() {
    fixture.append(log, 1);
    fixture.disk.stall();
    Answer<Long> first = fixture.append(log, 2);
    Answer<Long> second = fixture.append(log, 3);
    Answer<Long> third = fixture.append(log, 4, 5);
    int before = fixture.disk.operations();

    fixture.disk.resume();
    fixture.loop.runAll();

    assertThat(fixture.disk.operations() - before).as("writes").isEqualTo(2);
    assertThat(List.of(first.value(), second.value(), third.value())).containsExactly(1L, 2L, 3L);
    assertThat(fixture.readAll(log)).containsExactly(1L, 2L, 3L, 4L, 5L);
    fixture.close(log);
  }

  @Test
  void aFullSegmentIsFollowedByOneThatBeginsWithItsSnapshot() {
    publish(0, 1, 1);
    for (int tag = 1; tag <= 9; tag++) {
      fixture.append(log, tag);
    }

    assertThat(log.segments()).isGreaterThan(1);
    fixture.close(log);
    fixture.disk.lose(LogFixture.PARTITIONS.resolve("0000000000000007/00000000000000000000.seg"));
    PartitionLog again = fixture.recover();
    assertThat(fixture.<ProducerMark>run(done -> again.producerState(PRODUCER, done)).value())
        .isEqualTo(new ProducerMark(true, 1));
    assertThat(again.firstOffset()).isPositive();
    assertThat(again.endOffset()).isEqualTo(10);
    fixture.close(again);
  }

  @Test
  void aBatchLargerThanASegmentGetsOneOfItsOwn() {
    fixture.append(log, 1);
    long[] many = new long[600];
    java.util.Arrays.setAll(many, i -> 1000 + i);

    assertThat(fixture.append(log, many).value()).isEqualTo(1);
    fixture.append(log, 2);

    assertThat(log.segments()).isEqualTo(3);
    assertThat(fixture.readAll(log)).hasSize(602).endsWith(1599L, 2L);
    fixture.close(log);
    PartitionLog again = fixture.recover();
    assertThat(fixture.readAll(again)).hasSize(602);
    fixture.close(again);
  }

  @Test
  void aReadIsBoundedButNeverEmptyHanded() {
    fixture.append(log, 90, 190, 290);
    int size = 64 + 8 + 90 + 2;

    assertThat(count(0, 2, 1 << 20)).isEqualTo(2);
    assertThat(count(0, 10, 1)).isEqualTo(1);
    assertThat(count(0, 10, 2 * size)).isEqualTo(2);
    assertThat(count(0, 10, 2 * size - 1)).isEqualTo(1);
    assertThat(count(2, 10, 1 << 20)).isEqualTo(1);
    assertThat(count(3, 10, 1 << 20)).isZero();
    assertThat(count(0, 0, 1 << 20)).isZero();
    fixture.close(log);
  }

  private int count(long from, int countMax, int bytesMax) {
    Records found = fixture.<Records>run(done -> log.read(from, countMax, bytesMax, done)).value();
    LogFixture.tags(found, from);
    found.release();
    return found.count();
  }

  @Test
  void aTimeIsFoundAtTheFirstBatchThatIsNotOlder() {
    for (int i = 0; i < 30; i++) {
      fixture.clock = 1_000 + 10 * i;
      fixture.append(log, 2 * i, 2 * i + 1);
    }
    fixture.clock = 5;
    fixture.append(log, 60);

    for (int i = 0; i < 30; i++) {
      long exact = 1_000 + 10 * i;
      assertThat(offsetAt(exact)).isEqualTo(2 * i);
      assertThat(offsetAt(exact - 9)).isEqualTo(2 * i);
    }
    assertThat(offsetAt(0)).isZero();
    assertThat(offsetAt(1_290)).as("the clock went back, the log did not").isEqualTo(58);
    assertThat(offsetAt(1_291)).isEqualTo(61);
    assertThat(offsetAt(-1)).as("times are unsigned").isEqualTo(61);
    fixture.close(log);
  }

  private long offsetAt(long time) {
    return fixture.<Long>run(done -> log.offsetAtOrAfter(time, done)).value();
  }

  // --- whippet-extension.md 3.2 ----------------------------------------------------------------

  private Answer<Published> publish(long previous, long first, int count) {
    return publish(PRODUCER, 1, previous, first, count);
  }

  private Answer<Published> publish(
      Producer producer, int epoch, long previous, long first, int count) {
    long[] tags = new long[count];
    java.util.Arrays.setAll(tags, i -> 1000 * (first + i));
    Publication publication = new Publication(producer, epoch, previous, first);
    return fixture.run(done -> log.publish(fixture.records(tags), count, publication, done));
  }

  @Test
  void theRuleAsATable() {
    assertThat(publish(0, 1, 2).value()).isEqualTo(new Published(Outcome.STORED, 0, 2));
    assertThat(publish(0, 1, 2).value()).isEqualTo(new Published(Outcome.ALL_KNOWN, -1, 2));
    assertThat(publish(0, 2, 1).value()).isEqualTo(new Published(Outcome.ALL_KNOWN, -1, 2));
    assertThat(publish(0, 1, 4).value()).isEqualTo(new Published(Outcome.KNOWN_PART_SKIPPED, 2, 4));
    assertThat(publish(3, 5, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(publish(0, 5, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(publish(4, 9, 1).value()).as("gaps").isEqualTo(new Published(Outcome.STORED, 4, 9));
    assertThat(publish(9, 9, 1).reason()).isEqualTo(LogFailure.Reason.INVALID);
    assertThat(publish(0, 0, 1).reason()).isEqualTo(LogFailure.Reason.INVALID);
    assertThat(publish(9, Long.MAX_VALUE, 2).reason()).isEqualTo(LogFailure.Reason.INVALID);
    assertThat(publish(new Producer(3, 11, 12, 1), 1, 5, 6, 1).reason())
        .as("another channel knows nothing of it")
        .isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(publish(new Producer(4, 11, 12, 0), 1, 0, 1, 1).value().outcome())
        .as("another user is another producer")
        .isEqualTo(Outcome.STORED);
    assertThat(publish(PRODUCER, 2, 9, 10, 1).value().baseOffset()).isEqualTo(6);
    assertThat(publish(PRODUCER, 1, 10, 11, 1).reason()).isEqualTo(LogFailure.Reason.FENCED);
    assertThat(fixture.readAll(log))
        .containsExactly(1000L, 2000L, 3000L, 4000L, 9000L, 1000L, 10000L);
    fixture.close(log);
  }

  @Test
  void aRefusedPublishRefusesThoseInFlightBehindIt() {
    publish(0, 1, 1);
    fixture.disk.stall();
    publish(1, 2, 1);

    assertThat(publish(1, 4, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(publish(4, 5, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(publish(5, 6, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);

    fixture.disk.resume();
    fixture.loop.runAll();
    assertThat(fixture.readAll(log)).containsExactly(1000L, 2000L);
    fixture.close(log);
  }

  @Test
  void whatIsKnownButNotDurableWaitsAndFailsWithTheCommit() {
    publish(0, 1, 1);
    fixture.disk.stall();
    fixture.disk.failAt(fixture.disk.operations());
    Answer<Published> first = publish(1, 2, 1);
    Answer<Published> next = publish(2, 3, 1);
    Answer<Published> resent = publish(1, 2, 1);
    assertThat(resent.ended).isFalse();

    fixture.disk.resume();
    fixture.loop.runAll();

    assertThat(first.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(next.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(resent.reason()).isEqualTo(LogFailure.Reason.WRITE_FAILED);
    assertThat(fixture.<ProducerMark>run(done -> log.producerState(PRODUCER, done)).value())
        .as("rolled back")
        .isEqualTo(new ProducerMark(true, 1));
    assertThat(publish(1, 2, 1).reason()).isEqualTo(LogFailure.Reason.READ_ONLY);
    assertThat(publish(0, 1, 1).value().outcome()).isEqualTo(Outcome.ALL_KNOWN);
    assertThat(log.readOnlyReason()).contains("EIO");
    assertThat(fixture.damage).extracting(Damage::kind).containsExactly(Damage.Kind.READ_ONLY);
    assertThat(fixture.readAll(log)).containsExactly(1000L);
    fixture.close(log);

    log = fixture.recover();
    assertThat(log.readOnlyReason()).isNull();
    publish(1, 2, 1);
    publish(2, 3, 1);
    assertThat(fixture.readAll(log)).containsExactly(1000L, 2000L, 3000L);
    fixture.close(log);
  }

  @Test
  void whoWasHeardLeastRecentlyIsForgottenFirst() {
    fixture = LogFixture.onEmptyDisk(LogFixture.limited(1 << 20, 2));
    log = PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    Producer one = new Producer(1, 1, 1, 0);
    Producer two = new Producer(2, 2, 2, 0);
    publish(one, 1, 0, 1, 1);
    publish(two, 1, 0, 1, 1);
    publish(one, 1, 1, 2, 1);

    publish(new Producer(3, 3, 3, 0), 1, 0, 1, 1);

    assertThat(publish(one, 1, 1, 2, 1).value().outcome()).isEqualTo(Outcome.ALL_KNOWN);
    assertThat(publish(two, 1, 1, 2, 1).reason()).isEqualTo(LogFailure.Reason.OUT_OF_SEQUENCE);
    assertThat(log.producersEvicted()).isEqualTo(1);
    fixture.close(log);
  }

  @Test
  void nobodyIsForgottenWhileItsCommitIsUnderWay() {
    fixture = LogFixture.onEmptyDisk(LogFixture.limited(1 << 20, 1));
    log = PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    fixture.disk.stall();
    Answer<Published> first = publish(PRODUCER, 1, 0, 1, 1);

    assertThat(publish(new Producer(9, 9, 9, 9), 1, 0, 1, 1).reason())
        .isEqualTo(LogFailure.Reason.TOO_MANY_PRODUCERS);

    fixture.disk.resume();
    fixture.loop.runAll();
    assertThat(first.value().highestDurableSequence()).isEqualTo(1);
    fixture.close(log);
  }

  @Test
  void tooMuchThatWaitsIsRefused() {
    fixture = LogFixture.onEmptyDisk(LogFixture.limited(200, 10));
    log = PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
    fixture.append(log, 1);
    fixture.disk.stall();
    fixture.append(log, 2);
    Answer<Long> waiting = fixture.append(log, 3, 4);

    Answer<Long> refused = fixture.append(log, 5);

    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.OVERLOADED);
    fixture.disk.resume();
    fixture.loop.runAll();
    assertThat(waiting.value()).isEqualTo(2);
    assertThat(fixture.append(log, 6).value()).isEqualTo(4);
    fixture.close(log);
  }

  @Test
  void deleteRemovesEverythingAndFailsWhatWaits() throws Exception {
    for (int tag = 1; tag <= 9; tag++) {
      fixture.append(log, tag);
    }
    fixture.disk.stall();
    fixture.append(log, 10);
    Answer<Long> waiting = fixture.append(log, 11);
    Answer<Void> deleted = fixture.run(log::delete);

    fixture.disk.resume();
    fixture.loop.runAll();

    deleted.value();
    assertThat(waiting.reason()).isEqualTo(LogFailure.Reason.CLOSED);
    assertThat(fixture.disk.files()).isEmpty();
    assertThat(PartitionView.incarnations(fixture.disk.blockingFiles(), LogFixture.PARTITIONS))
        .isEmpty();
    assertThat(fixture.append(log, 12).reason()).isEqualTo(LogFailure.Reason.CLOSED);
    assertThat(fixture.logs.spareBytes()).isZero();
  }

  @Test
  void closeEndsAfterWhatWaitsIsDurable() {
    fixture.append(log, 1);
    fixture.disk.stall();
    Answer<Long> first = fixture.append(log, 2);
    Answer<Long> second = fixture.append(log, 3);
    Answer<Void> closed = fixture.run(log::close);
    assertThat(closed.ended).isFalse();

    fixture.disk.resume();
    fixture.loop.runAll();

    assertThat(first.value()).isEqualTo(1);
    assertThat(second.value()).isEqualTo(2);
    closed.value();
  }
}

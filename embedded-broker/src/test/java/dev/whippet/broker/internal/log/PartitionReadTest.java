package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.retain.Drop;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** Reads that do not come from the tail: what is kept, what is loaded ahead, what never changes. */
class PartitionReadTest {
  /** With {@link #BATCH_RECORDS} about 260 KiB, so that each batch is a piece of the cache. */
  private static final int PAYLOAD_BYTES = 13_000;

  private static final int BATCH_RECORDS = 20;
  private static final int BATCHES = 24;

  private LogFixture fixture =
      LogFixture.onEmptyDisk(LogConfig.DEFAULT.withSegmentBytes(3 << 20).withTailBytesMax(0));

  private PartitionLog filled() {
    PartitionLog log = fixture.recover();
    for (int i = 0; i < BATCHES; i++) {
      append(log, i);
    }
    return log;
  }

  private void append(PartitionLog log, int batch) {
    ByteBuffer bytes =
        ByteBuffer.allocate(BATCH_RECORDS * (64 + PAYLOAD_BYTES)).order(ByteOrder.LITTLE_ENDIAN);
    for (long tag : tags(batch)) {
      int start = bytes.position();
      bytes.putInt(start + 52, PAYLOAD_BYTES).putLong(start + 64, tag);
      bytes.position(start + 64 + PAYLOAD_BYTES);
    }
    ByteBuf records = fixture.allocator.directBuffer(bytes.capacity());
    records.writeBytes(bytes.clear());
    fixture.<Long>run(done -> log.append(records, BATCH_RECORDS, 3, done)).value();
  }

  private static long[] tags(int batch) {
    return LongStream.range(0, BATCH_RECORDS).map(i -> 100L * batch + i).toArray();
  }

  private static List<Long> listOf(int batch) {
    return Arrays.stream(tags(batch)).boxed().toList();
  }

  private Path firstSegment() {
    return fixture.disk.files().stream()
        .filter(path -> path.toString().endsWith(".seg"))
        .findFirst()
        .orElseThrow();
  }

  private Answer<Records> read(PartitionLog log, int batch) {
    Answer<Records> answer = new Answer<>();
    log.read((long) batch * BATCH_RECORDS, BATCH_RECORDS, 32 << 20, answer);
    return answer;
  }

  private Records found(PartitionLog log, int batch) {
    Answer<Records> answer = read(log, batch);
    fixture.loop.runAll();
    return answer.value();
  }

  @Test
  void whoReadsInOrderFindsTheNextInMemoryAcrossSegments() {
    PartitionLog log = filled();
    found(log, 0).release();

    int waited = 0;
    for (int batch = 1; batch < BATCHES; batch++) {
      Answer<Records> answer = read(log, batch);
      waited += answer.ended ? 0 : 1;
      fixture.loop.runAll();
      assertThat(LogFixture.tags(answer.value(), -1)).isEqualTo(listOf(batch));
      answer.value().release();
    }

    assertThat(log.segments()).isGreaterThan(2);
    assertThat(waited).isZero();
    fixture.close(log);
  }

  @Test
  void newestCommitsThatNobodyReadsLeaveRoomForWhoReadsInOrder() {
    long room = 4 << 20;
    fixture =
        LogFixture.onEmptyDisk(LogConfig.DEFAULT.withSegmentBytes(3 << 20).withTailBytesMax(room));
    fixture.logs.shareMemory(() -> room);
    PartitionLog log = filled();
    assertThat(fixture.logs.spareBytes()).isGreaterThan(room - (1 << 20));
    found(log, 0).release();

    int waited = 0;
    for (int batch = 1; batch < 8; batch++) {
      Answer<Records> answer = read(log, batch);
      waited += answer.ended ? 0 : 1;
      fixture.loop.runAll();
      assertThat(LogFixture.tags(answer.value(), -1)).isEqualTo(listOf(batch));
      answer.value().release();
      assertThat(fixture.logs.spareBytes()).isLessThanOrEqualTo(room);
    }

    assertThat(waited).isZero();
    fixture.close(log);
  }

  @Test
  void whoJumpsGetsNothingReadAhead() {
    PartitionLog log = filled();
    long before = fixture.logs.cache.loads();

    for (int batch : new int[] {20, 5, 14, 9, 17, 3}) {
      found(log, batch).release();
    }

    assertThat(fixture.logs.cache.loads() - before).isEqualTo(6);
    found(log, 14).release();
    assertThat(fixture.logs.cache.loads() - before).as("still there").isEqualTo(6);
    fixture.close(log);
    assertThat(fixture.logs.spareBytes()).isZero();
  }

  @Test
  void twoReadersOfOnePlaceAreOneRead() {
    PartitionLog log = filled();
    long before = fixture.logs.cache.loads();

    Answer<Records> one = read(log, 14);
    Answer<Records> other = read(log, 14);
    fixture.loop.runAll();

    assertThat(fixture.logs.cache.loads() - before).isEqualTo(1);
    assertThat(LogFixture.tags(one.value(), -1)).isEqualTo(LogFixture.tags(other.value(), -1));
    one.value().release();
    other.value().release();
    fixture.close(log);
  }

  @Test
  void whatAReaderHoldsStaysWhenItsSegmentHasGone() {
    PartitionLog log = filled();
    Records held = found(log, 2);
    Path file = firstSegment();

    log.drop(Long.MAX_VALUE, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    for (int i = 0; i < BATCHES; i++) {
      append(log, i); // memory and files are used again
    }

    assertThat(fixture.disk.files()).doesNotContain(file);
    assertThat(LogFixture.tags(held, 2 * BATCH_RECORDS)).isEqualTo(listOf(2));
    held.release();
    assertThat(log.firstOffset()).isGreaterThan(2 * BATCH_RECORDS);
    Records first = found(log, 2);
    assertThat(first.firstOffset()).isEqualTo(log.firstOffset());
    first.release();
    fixture.close(log);
  }

  @Test
  void damageThatTheDiskGaveOnceIsNotKept() {
    PartitionLog log = filled();
    Path file = firstSegment();
    int inside = 8192 + 300_000;
    fixture.disk.flip(file, inside, 1);

    List<Long> without = fixture.readAll(log, 100_000, 32 << 20);
    fixture.disk.flip(file, inside, 1);
    List<Long> with = fixture.readAll(log, 100_000, 32 << 20);

    assertThat(without).hasSize((BATCHES - 1) * BATCH_RECORDS);
    assertThat(with).hasSize(BATCHES * BATCH_RECORDS);
    assertThat(fixture.damage).hasSize(1);
    fixture.close(log);
  }

  @Test
  void memoryForReadersIsBounded() {
    fixture.logs.shareMemory(() -> 1 << 20);
    PartitionLog log = filled();

    for (int batch = 0; batch < BATCHES; batch++) {
      Records found = found(log, batch);
      assertThat(LogFixture.tags(found, -1)).isEqualTo(listOf(batch));
      found.release();
      assertThat(fixture.logs.spareBytes()).isBetween(1L, 1L << 20);
    }

    fixture.logs.shrinkBy(Long.MAX_VALUE);
    assertThat(fixture.logs.spareBytes()).isZero();
    fixture.close(log);
  }

  @Test
  void anIdleLoopGivesItBack() {
    PartitionLog log = filled();
    found(log, 3).release();

    fixture.logs.idle();
    assertThat(fixture.logs.spareBytes()).as("somebody came since").isPositive();
    fixture.logs.idle();

    assertThat(fixture.logs.spareBytes()).isZero();
    Records again = found(log, 3);
    assertThat(LogFixture.tags(again, -1)).isEqualTo(listOf(3));
    again.release();
    fixture.close(log);
  }

  @Test
  void littleOfABatchKeepsLittleAliveAndAllOfItIsNotCopied() {
    PartitionLog log = filled();

    Answer<Records> two = new Answer<>();
    log.read(14L * BATCH_RECORDS + 5, 2, 32 << 20, two);
    fixture.loop.runAll();
    Records all = found(log, 14);

    assertThat(two.value().count()).isEqualTo(2);
    assertThat(two.value().heldBytes()).isEqualTo(two.value().bytes());
    assertThat(all.slices()).hasSize(1);
    assertThat(all.heldBytes()).isGreaterThan(all.bytes());
    two.value().release();
    all.release();
    fixture.close(log);
  }

  @Test
  void aReplyHoldsNoMoreThanItMayButForOneMessage() {
    PartitionLog log = filled();
    for (int bytesMax : new int[] {1, 13_064, 20_000, 100_000, 270_000, 600_000}) {
      long from = 7;
      while (from < 3 * BATCH_RECORDS) {
        Answer<Records> answer = new Answer<>();
        log.read(from, 1_000_000, bytesMax, answer);
        fixture.loop.runAll();
        Records found = answer.value();
        assertThat(found.firstOffset()).isEqualTo(from);
        if (found.count() > 1) {
          assertThat(found.heldBytes()).isLessThanOrEqualTo(bytesMax);
        }
        from = found.lastOffset() + 1;
        LogFixture.tags(found, -1);
        found.release();
      }
    }
    fixture.close(log);
  }
}

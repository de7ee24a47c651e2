package dev.whippet.broker.internal.log.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.log.LogFixture;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBuf;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A large batch is written to its segment from the memory in which it was received. */
class InPlaceCommitTest {
  private static final int LENGTH = 5_000;

  private final AlignedBuffers buffers = new AlignedBuffers();
  private final LogFixture fixture =
      new LogFixture(
          new MemoryDisk(1, LogFixture.ROOT),
          LogFixture.small().withSegmentBytes(1 << 20),
          LogFixture.MORTAL);
  private final PartitionLog log =
      PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);

  @AfterEach
  void allMemoryIsGivenBack() {
    fixture.close(log);
    assertThat(fixture.logs.spareBytes()).isZero();
  }

  @Test
  void aBatchWithRoomAroundItIsNotCopied() {
    fixture.append(log, 1).value();
    ByteBuf memory = placed(2, BatchHeader.BYTES, 8_192);

    assertThat(append(memory)).isEqualTo(1);

    assertThat(memory.getIntLE(0)).as("the header of the batch").isEqualTo(BatchHeader.MAGIC);
    assertThat(memory.refCnt()).as("ours, and the newest commit's").isEqualTo(2);
    assertWhole(1L, 2L);
    memory.release();
  }

  @Test
  void whatStandsElsewhereIsCopiedAndLeftAlone() {
    fixture.append(log, 1).value();
    List<ByteBuf> elsewhere =
        List.of(
            placed(2, BatchHeader.BYTES + 8, 8_192), // no block's border
            placed(3, 0, 8_192), // no room for the header
            placed(4, BatchHeader.BYTES, BatchHeader.BYTES + LENGTH), // none for the padding
            placed(5, 4_096 + BatchHeader.BYTES, 16_384)); // too much before it

    for (ByteBuf memory : elsewhere) {
      append(memory);
      assertThat(memory.refCnt()).as("ours").isEqualTo(1);
      memory.release();
    }

    assertWhole(1L, 2L, 3L, 4L, 5L);
  }

  private void assertWhole(Long... tags) {
    assertThat(fixture.readAll(log)).containsExactly(tags);
    LogFixture next =
        new LogFixture(fixture.disk.afterPowerCut(1), LogFixture.small(), LogFixture.MORTAL);
    PartitionLog recovered = next.recover();
    assertThat(next.readAll(recovered)).containsExactly(tags);
    assertThat(next.damage).isEmpty();
    Records found = next.<Records>run(done -> recovered.read(0, 1, 4096, done)).value();
    found.release();
    next.close(recovered);
  }

  private long append(ByteBuf memory) {
    ByteBuf records = memory.retainedDuplicate();
    return fixture.<Long>run(done -> log.append(records, 1, 3, done)).value();
  }

  /** One record of {@value #LENGTH} bytes at an index of a buffer that begins a block. */
  private ByteBuf placed(long tag, int index, int capacity) {
    ByteBuf memory = buffers.allocate(capacity).capacity(capacity).setIndex(index, index);
    memory.writeZero(48).writeIntLE(0).writeIntLE(LENGTH - 64).writeZero(8);
    return memory.writeLongLE(tag).writeZero(LENGTH - 72);
  }
}

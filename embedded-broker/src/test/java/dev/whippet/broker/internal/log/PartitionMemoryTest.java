package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.AbstractByteBufAllocator;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

/** No memory for a commit or a read, as when others hold it all: refused, not stuck, not broken. */
class PartitionMemoryTest {
  private static final Producer PRODUCER = new Producer(1, 2, 3, 0);

  /** Has no memory while it is told so. */
  private static final class Scarce extends AbstractByteBufAllocator {
    boolean nothingLeft;

    @Override
    protected ByteBuf newDirectBuffer(int initialCapacity, int maxCapacity) {
      if (nothingLeft) {
        throw new OutOfMemoryError("nothing left, says the test");
      }
      return UnpooledByteBufAllocator.DEFAULT.directBuffer(initialCapacity, maxCapacity);
    }

    @Override
    protected ByteBuf newHeapBuffer(int initialCapacity, int maxCapacity) {
      return UnpooledByteBufAllocator.DEFAULT.heapBuffer(initialCapacity, maxCapacity);
    }

    @Override
    public boolean isDirectBufferPooled() {
      return false;
    }
  }

  private final Scarce memory = new Scarce();
  private final LogFixture fixture =
      new LogFixture(new MemoryDisk(1, LogFixture.ROOT), LogFixture.small(), memory);

  private LogFailure.Reason appendWithoutMemory(PartitionLog log, long tag) {
    ByteBuf records = fixture.records(tag);
    memory.nothingLeft = true;
    Answer<Long> answer = fixture.run(done -> log.append(records, 1, 3, done));
    memory.nothingLeft = false;
    return answer.reason();
  }

  private Answer<PartitionLog.Published> publish(PartitionLog log, ByteBuf records) {
    return fixture.run(done -> log.publish(records, 1, new Publication(PRODUCER, 1, 0, 1), done));
  }

  @Test
  void appendsAreRefusedAndGoOnWithoutAGap() {
    PartitionLog log = fixture.recover();

    assertThat(appendWithoutMemory(log, 100)).isEqualTo(LogFailure.Reason.OVERLOADED);
    assertThat(fixture.append(log, 101).value()).isZero();
    assertThat(appendWithoutMemory(log, 102)).isEqualTo(LogFailure.Reason.OVERLOADED);
    assertThat(fixture.append(log, 103).value()).isEqualTo(1);

    assertThat(log.readOnlyReason()).isNull();
    assertThat(fixture.readAll(log)).containsExactly(101L, 103L);
    fixture.close(log);
  }

  @Test
  void aRefusedPublishIsNotKnownAfterwards() {
    PartitionLog log = fixture.recover();
    ByteBuf first = fixture.records(100);
    memory.nothingLeft = true;

    Answer<PartitionLog.Published> refused = publish(log, first);
    memory.nothingLeft = false;
    Answer<PartitionLog.Published> again = publish(log, fixture.records(100));

    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.OVERLOADED);
    assertThat(again.value().outcome()).isEqualTo(PartitionLog.Outcome.STORED);
    assertThat(fixture.readAll(log)).containsExactly(100L);
    fixture.close(log);
  }

  @Test
  void aReadIsRefusedAndTheLogCanStillBeClosed() {
    PartitionLog before = fixture.recover();
    fixture.append(before, 100);
    fixture.close(before);
    PartitionLog log = fixture.recover();
    memory.nothingLeft = true;

    Answer<Records> refused = fixture.run(done -> log.read(0, 1, 1_000, done));
    memory.nothingLeft = false;

    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.READ_FAILED);
    assertThat(fixture.readAll(log)).containsExactly(100L);
    fixture.close(log);
  }
}

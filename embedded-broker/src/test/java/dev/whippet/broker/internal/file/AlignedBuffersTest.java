package dev.whippet.broker.internal.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.uring.IoUring;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AlignedBuffersTest {
  private final AlignedBuffers buffers = new AlignedBuffers();

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyAddressAndCapacityIsAWholeNumberOfBlocks(boolean poolAligns) {
    AlignedBuffers buffers = new AlignedBuffers(poolAligns);
    List<ByteBuf> held = new ArrayList<>();

    for (int bytes :
        new int[] {0, 1, 100, 4096, 4097, 12_000, 300_000, 1 << 20, 4_200_000, 64_000_000}) {
      for (int i = 0; i < 3; i++) {
        ByteBuf buffer = buffers.allocate(bytes);
        held.add(buffer);

        assertThat(AlignedBuffers.address(buffer) % 4096).as("address for " + bytes).isZero();
        assertThat(buffer.capacity()).isEqualTo(AlignedBuffers.roundUp(bytes));
        assertThat(buffer.maxCapacity()).isEqualTo(buffer.capacity());
        assertThat(buffer.readableBytes()).isZero();
      }
    }

    held.forEach(ByteBuf::release);
  }

  @Test
  void largeOnesTakeTheirSizeAndGiveItBack() {
    ByteBuf small = buffers.allocate(1000);
    long before = buffers.heldBytes();

    ByteBuf large = buffers.allocate(64_000_000);
    long during = buffers.heldBytes();
    large.release();

    assertThat(during - before).isBetween(64_000_000L, 64_000_000L + 2 * 4096);
    assertThat(buffers.heldBytes()).isEqualTo(before);
    small.release();
  }

  @Test
  void memoryOfLargeOnesIsUsedAgainUntilItIsTrimmed() {
    ByteBuf first = buffers.allocate(17_000_000);
    long address = AlignedBuffers.address(first);
    first.release();
    assertThat(buffers.keptBytes()).isGreaterThan(17_000_000);

    ByteBuf second = buffers.allocate(16_500_000);
    assertThat(AlignedBuffers.address(second)).isEqualTo(address);
    assertThat(second.capacity()).isEqualTo(AlignedBuffers.roundUp(16_500_000));
    assertThat(buffers.keptBytes()).isZero();
    ByteBuf other = buffers.allocate(5_000_000);
    other.release();
    second.release();
    buffers.trimUnused();
    assertThat(buffers.keptBytes()).as("used since").isPositive();
    buffers.trimUnused();
    assertThat(buffers.heldBytes()).isZero();

    buffers.close();
    buffers.allocate(5_000_000).release();
    assertThat(buffers.heldBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void largeOnesHoldWhatWasWrittenWhereverTheirMemoryIsFrom(boolean raw) {
    assumeTrue(!raw || IoUring.isAvailable() || Epoll.isAvailable());
    assumeTrue(!raw || LargeBuffers.canWrap());
    LargeBuffers large = new LargeBuffers(raw);
    Random random = new Random(7);
    byte[] bytes = new byte[5_000_000];

    for (int round = 0; round < 3; round++) {
      ByteBuf buffer = large.take(UnpooledByteBufAllocator.DEFAULT, bytes.length, bytes.length);
      random.nextBytes(bytes);
      buffer.writeBytes(bytes);

      assertThat(AlignedBuffers.address(buffer) % 4096).isZero();
      assertThat(buffer.isWritable()).isFalse();
      assertThat(ByteBufUtil.getBytes(buffer)).isEqualTo(bytes);
      assertThat(large.heldBytes()).isEqualTo(bytes.length + 4096);
      buffer.release();
    }
    assertThat(large.keptBytes()).isEqualTo(bytes.length + 4096);

    large.close();
    assertThat(large.heldBytes()).isZero();
  }

  @Test
  void smallOnesShareAChunk() {
    List<ByteBuf> held = new ArrayList<>();

    for (int i = 0; i < 500; i++) {
      held.add(buffers.allocate(4096));
    }

    assertThat(buffers.heldBytes()).isLessThanOrEqualTo(4L << 20);
    held.forEach(ByteBuf::release);
  }

  @Test
  void refusesSizesThatCannotBeRounded() {
    assertThatThrownBy(() -> buffers.allocate(-1)).hasMessage("bytes: -1");
    assertThatThrownBy(() -> buffers.allocate(Integer.MAX_VALUE)).hasMessage("bytes: 2147483647");
  }
}

package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.util.Random;
import org.junit.jupiter.api.Test;

class MaskedCopyTest {
  private static final int MASK = 0xa1b2c3d4;

  /** Without leak records, which take longer than the 10,000 copies; counts are checked here. */
  private static final ByteBufAllocator UNTRACKED = new UnpooledByteBufAllocator(true, true);

  @Test
  void unmasksEveryLengthAtEveryAlignment() {
    for (boolean direct : new boolean[] {true, false}) {
      ByteBuf in = buffer(UNTRACKED, direct, 400);
      ByteBuf out = buffer(UNTRACKED, direct, 400);
      for (int length = 0; length <= 300; length++) {
        for (int alignment = 0; alignment < 8; alignment++) {
          check(in, alignment, out, 0, length);
          check(in, 3, out, alignment, length);
        }
      }
      release(in, out);
    }
  }

  @Test
  void unmasksLongPayloads() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    for (boolean direct : new boolean[] {true, false}) {
      ByteBuf in = buffer(PooledByteBufAllocator.DEFAULT, direct, 300_000);
      ByteBuf out = buffer(UnpooledByteBufAllocator.DEFAULT, !direct, 300_000);
      for (int length : new int[] {511, 512, 513, 519, 520, 1000, 8191, 65_536, 299_990}) {
        check(in, random.nextInt(8), out, random.nextInt(8), length);
      }
      release(in, out);
    }
  }

  @Test
  void unmasksBetweenSlicesOfOneBuffer() {
    ByteBuf memory = buffer(PooledByteBufAllocator.DEFAULT, true, 20_000);

    check(memory.slice(0, 10_000), 5, memory.slice(10_000, 10_000), 3, 9_000);

    release(memory);
  }

  @Test
  void unmasksBuffersOfSeveralParts() {
    CompositeByteBuf in = PooledByteBufAllocator.DEFAULT.compositeBuffer();
    for (int i = 0; i < 5; i++) {
      in.addComponent(true, buffer(PooledByteBufAllocator.DEFAULT, true, 777));
    }
    ByteBuf out = buffer(PooledByteBufAllocator.DEFAULT, true, 5000);

    check(in, 3, out, 1, 3000);

    release(in, out);
  }

  @Test
  void rotatesTheMaskToWhereverAPieceBegins() {
    ByteBuf in = Unpooled.buffer(5000).writeZero(5000);
    ByteBuf out = Unpooled.buffer(5000);
    Random random = new Random(1);
    int mask = MASK;
    while (in.isReadable()) {
      int length = Math.min(in.readableBytes(), random.nextInt(900));
      MaskedCopy.copy(in, out, length, mask);
      mask = MaskedCopy.rotate(mask, length);
    }

    for (int i = 0; i < 5000; i++) {
      assertThat(out.getByte(i)).isEqualTo((byte) (MASK >> 24 - 8 * (i % 4)));
    }
  }

  @Test
  void growsItsTargetAndNamesMissingBytes() {
    ByteBuf in = Unpooled.buffer().writeZero(2000);
    ByteBuf out = Unpooled.buffer(4);

    MaskedCopy.copy(in, out, 2000, MASK);

    assertThat(out.readableBytes()).isEqualTo(2000);
    assertThatThrownBy(() -> MaskedCopy.copy(in, out, 1, MASK))
        .isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessageContaining("length: 1, readable bytes: 0");
  }

  private static ByteBuf buffer(ByteBufAllocator alloc, boolean direct, int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    ByteBuf buffer = direct ? alloc.directBuffer(length) : alloc.heapBuffer(length);
    return buffer.writeBytes(bytes);
  }

  private static void release(ByteBuf... buffers) {
    for (ByteBuf buffer : buffers) {
      assertThat(buffer.release()).isTrue();
    }
  }

  /** Compares with the definition, byte by byte, and looks at the bytes around the target. */
  private static void check(ByteBuf in, int from, ByteBuf out, int to, int length) {
    byte[] before = ByteBufUtil.getBytes(out, 0, out.capacity());
    byte[] source = ByteBufUtil.getBytes(in, from, length);
    for (int mask : new int[] {MASK, 0}) {
      byte[] expected = before.clone();
      for (int i = 0; i < length; i++) {
        expected[to + i] = (byte) (source[i] ^ mask >> 24 - 8 * (i % 4));
      }
      in.setIndex(from, in.capacity());
      out.setIndex(0, to);

      MaskedCopy.copy(in, out, length, mask);

      assertThat(in.readerIndex()).isEqualTo(from + length);
      assertThat(out.writerIndex()).isEqualTo(to + length);
      assertThat(ByteBufUtil.getBytes(out, 0, out.capacity())).isEqualTo(expected);
      assertThat(ByteBufUtil.getBytes(in, from, length)).isEqualTo(source);
    }
    out.setBytes(0, before);
  }
}

package dev.whippet.broker.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.internal.wire.Command;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import org.junit.jupiter.api.Test;

/** Records of a large batch stand 128 bytes behind a block's border, with room behind them. */
class BatchPlacementTest {
  private static final int BLOCK = 4096;

  @Test
  void recordsOfSendMessagesStandBehindABorder() {
    for (int count : new int[] {1, 5, 6, 7, 255, 256, 257, 1_000, 3_000}) {
      ByteBuf head = sendMessages(count);
      int before = 4 + 22 + 16 * count;

      assertPlaced(Command.SEND_MESSAGES, head, before, before + 100_000);
      assertPlaced(Command.SEND_MESSAGES, head, before, before + 3 * BLOCK - 128);
    }
  }

  @Test
  void recordsOfPublishStandBehindTheFirstBorderAlthoughLittleIsBeforeThem() {
    ByteBuf head = Unpooled.buffer();
    number(head, 7);
    head.writeByte(2).writeByte(3).writeBytes(new byte[] {'a', 'b', 'c'});
    head.writeZero(28);

    assertPlaced(Command.PUBLISH, head, 6 + 5 + 28, 200_000);
  }

  @Test
  void whatIsNotSoundIsTakenAsItComes() {
    ByteBuf metadataTooLong = sendMessages(3).setIntLE(0, 5_000);
    ByteBuf countTooLarge = sendMessages(-1);
    ByteBuf noIdentifier = Unpooled.buffer().writeZero(64);

    assertPlain(Command.SEND_MESSAGES, metadataTooLong);
    assertPlain(Command.SEND_MESSAGES, countTooLarge);
    assertPlain(Command.PUBLISH, noIdentifier);
    assertPlain(Command.POLL_MESSAGES, sendMessages(3));
  }

  private static ByteBuf sendMessages(int count) {
    ByteBuf head = Unpooled.buffer();
    head.writeIntLE(22);
    number(head, 1);
    number(head, 2);
    number(head, 3);
    return head.writeIntLE(count).writeZero(200);
  }

  private static void number(ByteBuf head, int value) {
    head.writeByte(1).writeByte(4).writeIntLE(value);
  }

  private static void assertPlaced(int code, ByteBuf head, int before, int payloadBytes) {
    ByteBuf buffer = allocate(code, head, payloadBytes);

    int records = buffer.writerIndex() + before;
    int end = buffer.writerIndex() + payloadBytes;
    assertThat(buffer.readableBytes()).isZero();
    assertThat(records % BLOCK).isEqualTo(Request.Batch.ROOM_BYTES);
    assertThat(buffer.capacity() % BLOCK).isZero();
    assertThat(buffer.capacity()).isBetween(end, end + BLOCK - 1);
    assertThat(buffer.writerIndex()).isLessThan(BLOCK + Request.Batch.ROOM_BYTES);
    buffer.release();
  }

  private static void assertPlain(int code, ByteBuf head) {
    ByteBuf buffer = allocate(code, head, 100_000);

    assertThat(buffer.capacity()).isEqualTo(100_000);
    assertThat(buffer.writerIndex()).isZero();
    buffer.release();
  }

  private static ByteBuf allocate(int code, ByteBuf head, int payloadBytes) {
    return BatchPlacement.allocate(
        UnpooledByteBufAllocator.DEFAULT, BLOCK, code, head, payloadBytes);
  }
}

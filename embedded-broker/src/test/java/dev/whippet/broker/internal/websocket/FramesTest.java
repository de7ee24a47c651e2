package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.websocket.CloseCode;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FramesTest {
  private static final ByteBufAllocator ALLOC = PooledByteBufAllocator.DEFAULT;

  @ParameterizedTest
  @CsvSource({
    "0, 8200",
    "125, 827d",
    "126, 827e007e",
    "65535, 827effff",
    "65536, 827f0000000000010000",
    "5000000000, 827f000000012a05f200"
  })
  void headersTakeTheShortestForm(long length, String hex) {
    ByteBuf out = Unpooled.buffer();

    Frames.writeHeader(out, Opcode.BINARY, true, length);

    assertThat(ByteBufUtil.hexDump(out)).isEqualTo(hex);
    assertThat(Frames.headerBytes(length)).isEqualTo(out.readableBytes());
  }

  @Test
  void aMessageIsItsHeaderAndThePayloadAsItIs() {
    ByteBuf status = ALLOC.buffer().writeLong(1);
    ByteBuf records = ALLOC.directBuffer().writeZero(300);
    List<ByteBuf> out = new ArrayList<>();

    binary(List.of(status, records), 1 << 20, out);

    assertThat(out).hasSize(3);
    assertThat(ByteBufUtil.hexDump(out.get(0))).isEqualTo("827e0134");
    assertThat(out.get(1)).isSameAs(status);
    assertThat(out.get(2)).isSameAs(records);
    out.forEach(buffer -> assertThat(buffer.release()).isTrue());
  }

  @Test
  void anEmptyMessageIsAHeader() {
    ByteBuf empty = ALLOC.buffer();
    List<ByteBuf> out = new ArrayList<>();

    binary(List.of(empty), 100, out);

    assertThat(take(out)).isEqualTo("8200");
    assertThat(empty.refCnt()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "3, 0203010203, 800104, ''",
    "4, 820401020304, '', ''",
    "2, 02020102, 80020304, ''",
    "1, 020101, 000102000103, 800104"
  })
  void aLongMessageBecomesFragments(int max, String first, String second, String third) {
    List<ByteBuf> out = new ArrayList<>();
    List<ByteBuf> payload =
        List.of(
            ALLOC.buffer().writeByte(1),
            ALLOC.buffer().writeShort(0x0203),
            ALLOC.buffer(),
            ALLOC.buffer().writeByte(4));

    binary(payload, max, out);

    assertThat(take(out)).isEqualTo(first + second + third);
    payload.forEach(part -> assertThat(part.refCnt()).isZero());
  }

  @Test
  void fragmentsOfRandomPartsHoldAllBytesInOrder() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    for (int i = 0; i < 500; i++) {
      int max = 1 + random.nextInt(300);
      ByteBuf whole = Unpooled.buffer();
      List<ByteBuf> payload = new ArrayList<>();
      for (int parts = random.nextInt(5); parts > 0; parts--) {
        byte[] bytes = new byte[random.nextInt(500)];
        random.nextBytes(bytes);
        payload.add(ALLOC.buffer().writeBytes(bytes));
        whole.writeBytes(bytes);
      }
      List<ByteBuf> out = new ArrayList<>();

      binary(payload, max, out);

      ByteBuf stream = Unpooled.wrappedBuffer(out.toArray(new ByteBuf[0]));
      assertThat(joinFragments(stream, max)).as("seed " + seed).isEqualTo(whole);
      stream.release();
      payload.forEach(part -> assertThat(part.refCnt()).isZero());
    }
  }

  private static ByteBuf joinFragments(ByteBuf stream, int max) {
    ByteBuf joined = Unpooled.buffer();
    for (int expected = Opcode.BINARY; stream.isReadable(); expected = Opcode.CONTINUATION) {
      int first = stream.readUnsignedByte();
      int length = stream.readUnsignedByte();
      length = length == 126 ? stream.readUnsignedShort() : length;
      joined.writeBytes(stream, length);
      boolean last = !stream.isReadable();
      assertThat(first).isEqualTo((last ? 0x80 : 0) | expected);
      assertThat(length).isLessThanOrEqualTo(max);
      assertThat(last || length == max).isTrue();
    }
    return joined;
  }

  @Test
  void controlFramesCopyTheirPayload() {
    ByteBuf hello = Unpooled.copiedBuffer("Hello", StandardCharsets.UTF_8);
    ByteBuf longest = Unpooled.buffer().writeZero(125);

    assertThat(take(Frames.ping(ALLOC, hello))).isEqualTo("890548656c6c6f");
    assertThat(take(Frames.pong(ALLOC, hello))).isEqualTo("8a0548656c6c6f");
    assertThat(take(Frames.pong(ALLOC, longest))).startsWith("8a7d00").hasSize(254);
    assertThat(hello.readableBytes()).isEqualTo(5);
    assertThatThrownBy(() -> Frames.pong(ALLOC, longest.writeByte(0))).hasMessageContaining("126");
  }

  @Test
  void closeFramesCarryACodeThatMayBeSentOrNothing() {
    ByteBuf bye = Unpooled.copiedBuffer("bye", StandardCharsets.UTF_8);

    assertThat(take(Frames.close(ALLOC, 1000, bye))).isEqualTo("880503e8627965");
    assertThat(take(Frames.close(ALLOC, 1002, "x"))).isEqualTo("880303ea78");
    assertThat(take(Frames.close(ALLOC, CloseCode.NO_STATUS, bye))).isEqualTo("8800");
    assertThat(take(Frames.close(ALLOC, 1011, "r".repeat(200))))
        .startsWith("887d03f3")
        .hasSize(254);
    assertThatThrownBy(() -> Frames.close(ALLOC, 1006, "")).hasMessageContaining("1006");
  }

  /** All frames of a message. */
  static void binary(List<ByteBuf> payload, int fragmentBytes, List<ByteBuf> out) {
    OutgoingMessage message = new OutgoingMessage(Opcode.BINARY, payload, fragmentBytes, null);
    while (!message.isOver()) {
      message.next(ALLOC, out);
    }
  }

  private static String take(ByteBuf frame) {
    return take(List.of(frame));
  }

  private static String take(List<ByteBuf> buffers) {
    StringBuilder hex = new StringBuilder();
    for (ByteBuf buffer : buffers) {
      hex.append(ByteBufUtil.hexDump(buffer));
      buffer.release();
      assertThat(buffer.refCnt()).isZero();
    }
    return hex.toString();
  }
}

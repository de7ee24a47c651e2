package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.websocket.DeflateParameters;
import dev.whippet.internal.websocket.MessageDeflater;
import dev.whippet.internal.websocket.MessageInflater;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.testkit.Deflated;
import dev.whippet.testkit.WebSocketBytes;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Compressed messages; plain ones are in FramesTest. */
class OutgoingMessageTest {
  private static final ByteBufAllocator ALLOC = PooledByteBufAllocator.DEFAULT;
  private static final int FRAMES_MAX = 200;

  private final long seed = Long.getLong("whippet.seed", 6);
  private final Random random = new Random(seed);

  @ParameterizedTest
  @ValueSource(
      strings = {
        "permessage-deflate",
        "permessage-deflate; server_no_context_takeover; client_no_context_takeover",
        "permessage-deflate; server_max_window_bits=8"
      })
  void framesOfCompressedMessagesHoldAllBytes(String offer) throws Exception {
    DeflateParameters agreed = DeflateParameters.accept(List.of(offer));
    MessageDeflater deflater = agreed.serverDeflater();
    MessageInflater inflater = agreed.clientInflater(1 << 20); // takes over as the server does
    for (int i = 0; i < 300; i++) {
      byte[] bytes = new byte[random.nextInt(1 << random.nextInt(18))];
      if (random.nextBoolean()) {
        random.nextBytes(bytes);
      }
      int fragmentBytes = 1 + bytes.length / FRAMES_MAX + random.nextInt(1 << random.nextInt(18));

      byte[] payload = payload(new Message(bytes, random), fragmentBytes, deflater);

      assertThat(inflate(inflater, payload)).as("seed " + seed).isEqualTo(bytes);
    }
    deflater.close();
    inflater.close();
  }

  @Test
  void aMessageMayBeAnsweredWhileItIsStillBeingInflated() throws Exception {
    DeflateParameters agreed = DeflateParameters.accept(List.of("permessage-deflate"));
    MessageDeflater deflater = agreed.serverDeflater();
    MessageInflater inflater = agreed.clientInflater(1 << 24);
    byte[] bytes = new byte[200_000];
    random.nextBytes(bytes);
    Arrays.fill(bytes, 50_000, 150_000, (byte) 1);
    ByteArrayOutputStream received = new ByteArrayOutputStream();
    FrameHandler answering =
        new Recorder() {
          @Override
          public void data(ByteBuf in, int length, int mask) {
            byte[] answer = new byte[30_000];
            random.nextBytes(answer);
            payload(new Message(answer, random), 10_000, deflater);
            ByteBuf piece = Unpooled.buffer(length);
            MaskedCopy.copy(in, piece, length, mask);
            received.writeBytes(piece.array());
          }
        };
    byte[] frame = new WebSocketBytes(true).frame(0xc2, Deflated.alone(bytes)).bytes();

    new FrameParser(FrameParser.FRAME_BYTES_MAX, inflater)
        .parse(Unpooled.wrappedBuffer(frame), answering);

    assertThat(received.toByteArray()).as("seed " + seed).isEqualTo(bytes);
    deflater.close();
    inflater.close();
  }

  private record Message(List<ByteBuf> parts) {
    Message(byte[] bytes, Random random) {
      this(new ArrayList<>());
      int from = 0;
      while (from < bytes.length || parts.isEmpty()) {
        int length = Math.min(bytes.length - from, random.nextInt(30_000));
        parts.add(ALLOC.buffer().writeBytes(bytes, from, length));
        from += length;
      }
    }
  }

  /** The payload of all frames, whose headers are checked. */
  private byte[] payload(Message message, int fragmentBytes, MessageDeflater deflater) {
    OutgoingMessage outgoing =
        new OutgoingMessage(Opcode.TEXT, message.parts, fragmentBytes, deflater);
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    int expected = 0x40 | Opcode.TEXT;
    while (!outgoing.isOver()) {
      List<ByteBuf> buffers = new ArrayList<>();
      outgoing.next(ALLOC, buffers);
      ByteBuf frame = Unpooled.wrappedBuffer(buffers.toArray(new ByteBuf[0]));
      assertThat((int) frame.readUnsignedByte())
          .as("seed " + seed)
          .isEqualTo((outgoing.isOver() ? 0x80 : 0) | expected);
      int form = frame.readUnsignedByte();
      long length = form == 126 ? frame.readUnsignedShort() : form == 127 ? frame.readLong() : form;
      assertThat(length).isEqualTo(frame.readableBytes()).isLessThanOrEqualTo(fragmentBytes);
      payload.writeBytes(ByteBufUtil.getBytes(frame));
      assertThat(frame.release()).isTrue();
      expected = Opcode.CONTINUATION;
    }
    message.parts.forEach(part -> assertThat(part.refCnt()).isZero());
    return payload.toByteArray();
  }

  private static byte[] inflate(MessageInflater inflater, byte[] payload) throws Exception {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    byte[] piece = new byte[5_000];
    inflater.input(payload, 0, payload.length);
    for (int count = inflater.output(piece); count > 0; count = inflater.output(piece)) {
      message.write(piece, 0, count);
    }
    inflater.end();
    for (int count = inflater.output(piece); count > 0; count = inflater.output(piece)) {
      message.write(piece, 0, count);
    }
    return message.toByteArray();
  }
}

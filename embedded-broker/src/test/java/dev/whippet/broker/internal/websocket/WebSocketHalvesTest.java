package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.websocket.ClientHandshake;
import dev.whippet.internal.websocket.FrameReader;
import dev.whippet.internal.websocket.FrameWriter;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.testkit.Splits;
import dev.whippet.testkit.WebSocketTranscript;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.Test;

/** The client half of the SDK and the server half of the broker, against each other. */
class WebSocketHalvesTest {
  private static final ByteBufAllocator ALLOC = PooledByteBufAllocator.DEFAULT;

  private final long seed = Long.getLong("whippet.seed", 6);
  private final Random random = new Random(seed);

  @Test
  void theHandshakesAgree() throws Exception {
    ClientHandshake client =
        new ClientHandshake("gw.local", 8092, "/x?y", Map.of("X-A", "b"), new SecureRandom());
    Buffer wire = new Buffer();
    client.writeRequest(wire);

    ServerHandshake.Answer answer =
        new ServerHandshake().read(Unpooled.wrappedBuffer(wire.readByteArray()), ALLOC);

    assertThat(answer.accepted()).isTrue();
    assertThat(client.read(wire.write(ByteBufUtil.getBytes(answer.response())))).isTrue();
    assertThat(wire.size()).isZero();
    assertThat(answer.response().release()).isTrue();
  }

  @Test
  void theServerReadsWhatTheClientWrites() {
    for (int i = 0; i < 100; i++) {
      FrameWriter writer = new FrameWriter(new SecureRandom(), 1 + random.nextInt(100_000));
      WebSocketTranscript sent = new WebSocketTranscript();
      Buffer wire = new Buffer();
      for (int messages = random.nextInt(10); messages >= 0; messages--) {
        clientMessage(writer, sent, wire);
      }
      if (random.nextBoolean()) {
        writer.close(1000, "bye", wire);
        sent.close(1000, "bye");
      }
      byte[] stream = wire.readByteArray();

      String received = Recorder.read(Splits.random(stream, random), FrameParser.FRAME_BYTES_MAX);

      assertThat(received).as("seed " + seed).isEqualTo(sent.toString());
    }
  }

  private void clientMessage(FrameWriter writer, WebSocketTranscript sent, Buffer wire) {
    byte[] bytes = randomBytes();
    Buffer payload = new Buffer().write(bytes);
    switch (random.nextInt(4)) {
      case 0 -> {
        byte[] control = new byte[random.nextInt(126)];
        writer.ping(ByteString.of(control), wire);
        sent.ping(control);
      }
      case 1 -> {
        while (payload.size() > 0) {
          long length = 1 + random.nextInt((int) payload.size());
          writer.frame(Opcode.BINARY, payload, length, false, wire);
          writer.pong(ByteString.EMPTY, wire);
          sent.pong(new byte[0]);
        }
        writer.frame(Opcode.BINARY, payload, 0, true, wire);
        sent.data(Opcode.BINARY, bytes);
        sent.messageEnd(Opcode.BINARY);
      }
      default -> {
        writer.binary(payload, wire);
        sent.data(Opcode.BINARY, bytes);
        sent.messageEnd(Opcode.BINARY);
      }
    }
  }

  @Test
  void theClientReadsWhatTheServerWrites() throws Exception {
    for (int i = 0; i < 100; i++) {
      int frameBytesMax = 1000 + random.nextInt(100_000);
      WebSocketTranscript sent = new WebSocketTranscript();
      List<ByteBuf> wire = new ArrayList<>();
      for (int messages = random.nextInt(10); messages >= 0; messages--) {
        serverMessage(frameBytesMax, sent, wire);
      }
      if (random.nextBoolean()) {
        wire.add(Frames.close(ALLOC, 1001, "stop"));
        sent.close(1001, "stop");
      }
      ByteBuf stream = Unpooled.wrappedBuffer(wire.toArray(new ByteBuf[0]));
      byte[] bytes = ByteBufUtil.getBytes(stream);
      assertThat(stream.release()).isTrue();
      wire.forEach(buffer -> assertThat(buffer.refCnt()).isZero());

      assertThat(clientReads(Splits.random(bytes, random)))
          .as("seed " + seed)
          .isEqualTo(sent.toString());
    }
  }

  private void serverMessage(int frameBytesMax, WebSocketTranscript sent, List<ByteBuf> wire) {
    byte[] bytes = randomBytes();
    if (random.nextInt(4) == 0) {
      byte[] control = new byte[random.nextInt(126)];
      wire.add(Frames.pong(ALLOC, Unpooled.wrappedBuffer(control)));
      sent.pong(control);
      return;
    }
    int cut = random.nextInt(bytes.length + 1);
    ByteBuf head = ALLOC.buffer().writeBytes(bytes, 0, cut);
    ByteBuf tail = ALLOC.buffer().writeBytes(bytes, cut, bytes.length - cut);
    FramesTest.binary(List.of(head, tail), frameBytesMax, wire);
    sent.data(Opcode.BINARY, bytes);
    sent.messageEnd(Opcode.BINARY);
  }

  /** Mostly short, so that all forms of a length come up. */
  private byte[] randomBytes() {
    byte[] bytes = new byte[random.nextInt(1 << 1 + random.nextInt(17))];
    random.nextBytes(bytes);
    return bytes;
  }

  private static String clientReads(List<byte[]> pieces) throws Exception {
    WebSocketTranscript transcript = new WebSocketTranscript();
    FrameReader reader = new FrameReader();
    for (byte[] piece : pieces) {
      reader.read(new Buffer().write(piece), new ClientRecorder(transcript));
    }
    return transcript.toString();
  }

  private record ClientRecorder(WebSocketTranscript transcript) implements FrameReader.Handler {
    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      transcript.data(opcode, chunk.readByteArray());
      if (last) {
        transcript.messageEnd(opcode);
      }
    }

    @Override
    public void ping(ByteString payload) {
      transcript.ping(payload.toByteArray());
    }

    @Override
    public void pong(ByteString payload) {
      transcript.pong(payload.toByteArray());
    }

    @Override
    public void close(int code, String reason) {
      transcript.close(code, reason);
    }
  }

  @Test
  void aReplyOf20MiBIsOneMessage() throws Exception {
    ByteBuf reply = ALLOC.directBuffer(20 << 20).writeZero(20 << 20);
    List<ByteBuf> out = new ArrayList<>();

    FramesTest.binary(List.of(reply), 16 << 20, out);

    List<byte[]> pieces = new ArrayList<>();
    for (ByteBuf buffer : out) {
      pieces.add(ByteBufUtil.getBytes(buffer));
      buffer.release();
    }
    assertThat(out).hasSize(4);
    assertThat(clientReads(pieces)).startsWith("binary 20971520 bytes").doesNotContain("\n");
    assertThat(reply.refCnt()).isZero();
  }

  @Test
  void aRequestOf40MiBIsReadInFramesThatAStockServerTakes() {
    Buffer wire = new Buffer();
    new FrameWriter(new SecureRandom()).binary(new Buffer().write(new byte[40 << 20]), wire);

    String received = Recorder.read(List.of(wire.readByteArray()), FrameParser.FRAME_BYTES_MAX);

    assertThat(received)
        .isEqualTo("binary " + WebSocketTranscript.describeLong(new byte[40 << 20]));
  }
}

package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.websocket.Opcode;
import dev.whippet.testkit.WebSocketTranscript;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes down what a parser delivers; takes payload as the product does, by a masked copy. */
class Recorder implements FrameHandler {
  private final WebSocketTranscript transcript = new WebSocketTranscript();

  /** Parses {@code pieces}, each in a buffer of its own, and returns the transcript. */
  static String read(List<byte[]> pieces, long frameBytesMax) {
    return read(pieces, new FrameParser(frameBytesMax));
  }

  static String read(List<byte[]> pieces, FrameParser parser) {
    Recorder recorder = new Recorder();
    for (byte[] piece : pieces) {
      ByteBuf in = Unpooled.wrappedBuffer(piece);
      recorder.parse(parser, in);
      assertThat(in.isReadable()).isFalse();
    }
    return recorder.toString();
  }

  void parse(FrameParser parser, ByteBuf in) {
    try {
      parser.parse(in, this);
    } catch (WebSocketViolation violation) {
      transcript.violation(violation.closeCode());
    }
  }

  /** The next {@code framesMax} frames. */
  void parse(FrameParser parser, ByteBuf in, int framesMax) {
    try {
      parser.parse(in, this, framesMax);
    } catch (WebSocketViolation violation) {
      transcript.violation(violation.closeCode());
    }
  }

  @Override
  public void data(ByteBuf in, int length, int mask) {
    transcript.data(Opcode.BINARY, take(in, length, mask));
  }

  @Override
  public void text(ByteBuf in, int length, int mask) {
    transcript.data(Opcode.TEXT, take(in, length, mask));
  }

  private static byte[] take(ByteBuf in, int length, int mask) {
    assertThat(length).isPositive();
    byte[] bytes = new byte[length];
    MaskedCopy.copy(in, Unpooled.wrappedBuffer(bytes).clear(), length, mask);
    return bytes;
  }

  @Override
  public void messageEnd(int opcode) {
    transcript.messageEnd(opcode);
  }

  @Override
  public void ping(ByteBuf payload) {
    transcript.ping(ByteBufUtil.getBytes(payload));
  }

  @Override
  public void pong(ByteBuf payload) {
    transcript.pong(ByteBufUtil.getBytes(payload));
  }

  @Override
  public void close(int code, ByteBuf reason) {
    transcript.close(code, reason.toString(StandardCharsets.UTF_8));
  }

  @Override
  public String toString() {
    return transcript.toString();
  }
}

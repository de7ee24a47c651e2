package dev.whippet.broker.internal.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.whippet.testkit.Splits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * The server's half: whatever a client sends, in whatever pieces and turns, has one outcome and no
 * exception but a violation.
 */
class FrameParserFuzz {
  private static final int FRAME_BYTES_MAX = 1 << 16;

  @FuzzTest(maxDuration = "2s")
  void hasOneOutcomeHoweverTheStreamIsCut(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    Random random = new Random(Arrays.hashCode(data));
    String whole = read(List.of(data), Integer.MAX_VALUE);
    String cut = read(Splits.random(data, random), 1 + random.nextInt(3));
    if (!whole.equals(cut)) {
      throw new AssertionError("whole: " + whole + ", cut: " + cut);
    }
  }

  private static String read(List<byte[]> pieces, int framesMax) {
    FrameParser parser = new FrameParser(FRAME_BYTES_MAX);
    Recorder recorder = new Recorder();
    for (byte[] piece : pieces) {
      ByteBuf in = Unpooled.wrappedBuffer(piece);
      while (in.isReadable()) {
        int before = in.readableBytes();
        recorder.parse(parser, in, framesMax);
        if (in.readableBytes() == before) {
          throw new AssertionError("no progress with " + before + " bytes");
        }
      }
    }
    return recorder.toString();
  }
}

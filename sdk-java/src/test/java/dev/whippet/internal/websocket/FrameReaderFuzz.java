package dev.whippet.internal.websocket;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.whippet.testkit.Splits;
import dev.whippet.testkit.WebSocketTranscript;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import okio.ByteString;

/**
 * The client's half: whatever a server sends, in whatever pieces, has one outcome and no exception
 * but a violation. The first byte says whether compression was agreed on, and with which takeover.
 */
class FrameReaderFuzz {
  private static final long FRAME_BYTES_MAX = 1 << 16;
  private static final long INFLATED_BYTES_MAX = 1 << 18;

  @FuzzTest(maxDuration = "2s")
  void hasOneOutcomeHoweverTheStreamIsCut(byte[] data) {
    fuzzerTestOneInput(data);
  }

  public static void fuzzerTestOneInput(byte[] data) {
    if (data.length == 0) {
      return;
    }
    byte[] stream = Arrays.copyOfRange(data, 1, data.length);
    String whole = read(data[0], Collections.singletonList(stream));
    String cut = read(data[0], Splits.random(stream, new Random(Arrays.hashCode(data))));
    if (!whole.equals(cut)) {
      throw new AssertionError("whole: " + whole + ", cut: " + cut);
    }
  }

  private static String read(byte mode, List<byte[]> pieces) {
    MessageInflater inflater =
        (mode & 1) == 0 ? null : new MessageInflater((mode & 2) == 0, INFLATED_BYTES_MAX);
    FrameReader reader = new FrameReader(FRAME_BYTES_MAX, inflater);
    WebSocketTranscript transcript = new WebSocketTranscript();
    Buffer in = new Buffer();
    try {
      for (byte[] piece : pieces) {
        in.write(piece);
        reader.read(in, new Recorder(transcript));
      }
    } catch (WebSocketException e) {
      transcript.violation(e.closeCode());
    } finally {
      reader.close();
    }
    return inflater == null ? transcript.toString() : told(transcript.toString());
  }

  /** How far a broken compressed message was inflated before it showed depends on the pieces. */
  private static String told(String transcript) {
    int open = transcript.contains("violation") ? transcript.lastIndexOf("open ") : -1;
    return (open < 0 ? transcript : transcript.substring(0, open)).trim();
  }

  private static final class Recorder implements FrameReader.Handler {
    private final WebSocketTranscript transcript;

    Recorder(WebSocketTranscript transcript) {
      this.transcript = transcript;
    }

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
}

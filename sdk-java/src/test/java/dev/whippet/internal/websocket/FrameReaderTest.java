package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.Deflated;
import dev.whippet.testkit.Splits;
import dev.whippet.testkit.WebSocketBytes;
import dev.whippet.testkit.WebSocketCorpus;
import dev.whippet.testkit.WebSocketTranscript;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameReaderTest {
  static List<WebSocketCorpus.Case> corpus() {
    return WebSocketCorpus.cases(false);
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void everySplitHasTheExpectedOutcome(WebSocketCorpus.Case stream) {
    long seed = Long.getLong("whippet.seed", 6);

    for (List<byte[]> pieces : Splits.of(stream.stream, new Random(seed))) {
      assertThat(read(pieces)).as("seed " + seed).isEqualTo(stream.expected);
    }
  }

  static List<WebSocketCorpus.Case> compressedCorpus() {
    return WebSocketCorpus.compressedCases(false);
  }

  @ParameterizedTest
  @MethodSource("compressedCorpus")
  void everySplitOfCompressedMessagesHasTheExpectedOutcome(WebSocketCorpus.Case stream) {
    long seed = Long.getLong("whippet.seed", 6);

    for (List<byte[]> pieces : Splits.of(stream.stream, new Random(seed))) {
      FrameReader reader =
          new FrameReader(
              WebSocketCorpus.FRAME_BYTES_MAX,
              new MessageInflater(true, WebSocketCorpus.INFLATED_BYTES_MAX));
      assertThat(read(reader, pieces)).as("seed " + seed).isEqualTo(stream.expected);
      reader.close();
    }
  }

  @Test
  void aCompressedMessageThatInflatesToAGigabyteCostsOnePiece() {
    byte[] bomb = Deflated.zeros(1 << 30);
    byte[] stream = new WebSocketBytes(false).frame(0xc2, bomb).bytes();
    long[] delivered = new long[2];
    FrameReader reader = new FrameReader(2 << 20, new MessageInflater(true, 1 << 26));

    assertThatThrownBy(
            () ->
                reader.read(
                    new Buffer().write(stream),
                    new Recorder(new WebSocketTranscript()) {
                      @Override
                      public void data(int opcode, Buffer chunk, boolean last) {
                        delivered[0] += chunk.size();
                        delivered[1] = Math.max(delivered[1], chunk.size());
                      }
                    }))
        .hasMessage("inflated message: expected at most 67108864 bytes, found more");

    assertThat(delivered).containsExactly(1 << 26, 8192);
  }

  @Test
  void examplesOfTheRfc() {
    // RFC 6455 5.7
    assertThat(readHex("810548656c6c6f")).isEqualTo("text Hello");
    assertThat(readHex("010348656c80026c6f")).isEqualTo("text Hello");
    assertThat(readHex("890548656c6c6f")).isEqualTo("ping 48656c6c6f");
    assertThat(readHex("818537fa213d7f9f4d5158")).isEqualTo("violation 1002");
  }

  @Test
  void randomBytesEndInAViolationOrWaitForMore() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);

    for (int i = 0; i < 20_000; i++) {
      byte[] stream = new byte[1 + random.nextInt(40)];
      random.nextBytes(stream);
      stream[0] = (byte) (stream[0] & 0x8a); // Most others end at once.
      String whole = read(Collections.singletonList(stream));

      assertThat(read(Splits.random(stream, random))).as("seed " + seed).isEqualTo(whole);
    }
  }

  @Test
  void whatTheHandlerLeavesIsSkipped() throws Exception {
    byte[] stream =
        new WebSocketBytes(false)
            .frame(0x82, "abc")
            .frame(0x82, "def")
            .frame(0x89, "still in step")
            .bytes();
    WebSocketTranscript transcript = new WebSocketTranscript();

    new FrameReader()
        .read(
            new Buffer().write(stream),
            new Recorder(transcript) {
              @Override
              public void data(int opcode, Buffer chunk, boolean last) {
                assertThat(chunk.size()).isEqualTo(3);
              }
            });

    assertThat(transcript.toString())
        .isEqualTo("ping " + ByteString.encodeUtf8("still in step").hex());
  }

  @Test
  void afterTheEndBytesAreThrownAway() throws Exception {
    WebSocketTranscript transcript = new WebSocketTranscript();
    FrameReader reader = new FrameReader();
    Buffer in = new Buffer().write(new WebSocketBytes(false).close(1000, "").bytes());
    reader.read(in, new Recorder(transcript));

    in.write(new WebSocketBytes(false).frame(0x8f, "").bytes());
    reader.read(in, new Recorder(transcript));

    assertThat(reader.isOver()).isTrue();
    assertThat(in.size()).isZero();
    assertThat(transcript.toString()).isEqualTo("close 1000");
  }

  @Test
  void aViolationSaysWhatWasExpectedAndFound() {
    Buffer in = new Buffer().write(new WebSocketBytes(false).frame(0x83, "").bytes());

    assertThatThrownBy(() -> new FrameReader().read(in, new Recorder(new WebSocketTranscript())))
        .isInstanceOf(WebSocketException.class)
        .hasMessage("opcode: expected 0 to 2 or 8 to 10, found 3");
  }

  private static String readHex(String hex) {
    return read(Collections.singletonList(ByteString.decodeHex(hex).toByteArray()));
  }

  private static String read(List<byte[]> pieces) {
    return read(new FrameReader(WebSocketCorpus.FRAME_BYTES_MAX), pieces);
  }

  private static String read(FrameReader reader, List<byte[]> pieces) {
    WebSocketTranscript transcript = new WebSocketTranscript();
    Buffer in = new Buffer();
    for (byte[] piece : pieces) {
      in.write(piece);
      try {
        reader.read(in, new Recorder(transcript));
      } catch (WebSocketException e) {
        transcript.violation(e.closeCode());
      }
      assertThat(in.size()).isZero();
    }
    return transcript.toString();
  }

  private static class Recorder implements FrameReader.Handler {
    private final WebSocketTranscript transcript;

    Recorder(WebSocketTranscript transcript) {
      this.transcript = transcript;
    }

    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      assertThat(chunk.size() > 0 || last).isTrue();
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

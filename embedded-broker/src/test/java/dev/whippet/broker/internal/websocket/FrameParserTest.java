package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.websocket.DeflateParameters;
import dev.whippet.internal.websocket.MessageInflater;
import dev.whippet.testkit.Deflated;
import dev.whippet.testkit.Splits;
import dev.whippet.testkit.WebSocketBytes;
import dev.whippet.testkit.WebSocketCorpus;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class FrameParserTest {
  private static final int BOMB_BYTES = 1 << 26;

  static List<WebSocketCorpus.Case> corpus() {
    return WebSocketCorpus.cases(true);
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void everySplitHasTheExpectedOutcome(WebSocketCorpus.Case stream) {
    long seed = Long.getLong("whippet.seed", 6);

    for (List<byte[]> pieces : Splits.of(stream.stream, new Random(seed))) {
      assertThat(Recorder.read(pieces, WebSocketCorpus.FRAME_BYTES_MAX))
          .as("seed " + seed)
          .isEqualTo(stream.expected);
    }
  }

  static List<WebSocketCorpus.Case> compressedCorpus() {
    return WebSocketCorpus.compressedCases(true);
  }

  @ParameterizedTest
  @MethodSource("compressedCorpus")
  void everySplitOfCompressedMessagesHasTheExpectedOutcome(WebSocketCorpus.Case stream)
      throws Exception {
    long seed = Long.getLong("whippet.seed", 6);
    DeflateParameters agreed = DeflateParameters.accept(List.of("permessage-deflate"));

    for (List<byte[]> pieces : Splits.of(stream.stream, new Random(seed))) {
      MessageInflater inflater = agreed.clientInflater(WebSocketCorpus.INFLATED_BYTES_MAX);
      FrameParser parser = new FrameParser(WebSocketCorpus.FRAME_BYTES_MAX, inflater);
      assertThat(Recorder.read(pieces, parser)).as("seed " + seed).isEqualTo(stream.expected);
      inflater.close();
    }
  }

  @Test
  void aBombIsStoppedByWhoeverTakesItsFirstPiece() throws Exception {
    byte[] bomb = new WebSocketBytes(true).frame(0xc2, Deflated.zeros(BOMB_BYTES)).bytes();
    MessageInflater inflater =
        DeflateParameters.accept(List.of("permessage-deflate")).clientInflater(BOMB_BYTES);
    FrameParser parser = new FrameParser(2 << 20, inflater);
    long[] taken = new long[1];

    parser.parse(
        Unpooled.wrappedBuffer(bomb),
        new Recorder() {
          @Override
          public void data(ByteBuf in, int length, int mask) {
            taken[0] += length;
            in.skipBytes(length);
            parser.stop();
          }
        });

    assertThat(taken[0]).isBetween(1L, (long) PieceBuffers.PLAIN_BYTES);
    inflater.close();
  }

  @ParameterizedTest
  @MethodSource("corpus")
  void pooledMemoryIsNeitherKeptNorChanged(WebSocketCorpus.Case stream) {
    FrameParser parser = new FrameParser(WebSocketCorpus.FRAME_BYTES_MAX);
    Recorder recorder = new Recorder();
    ByteBuf in = PooledByteBufAllocator.DEFAULT.directBuffer(3 + stream.stream.length);
    in.writeZero(3).skipBytes(3).writeBytes(stream.stream);

    recorder.parse(parser, in);

    assertThat(in.isReadable()).isFalse();
    assertThat(in.readerIndex(3)).isEqualTo(Unpooled.wrappedBuffer(stream.stream));
    assertThat(in.release()).isTrue();
    assertThat(recorder.toString()).isEqualTo(stream.expected);
  }

  @Test
  void examplesOfTheRfc() {
    // RFC 6455 5.7
    assertThat(readHex("818537fa213d7f9f4d5158")).isEqualTo("text Hello");
    assertThat(readHex("8a8537fa213d7f9f4d5158")).isEqualTo("pong 48656c6c6f");
    assertThat(readHex("810548656c6c6f")).isEqualTo("violation 1002");
  }

  private static String readHex(String hex) {
    return Recorder.read(List.of(ByteBufUtil.decodeHexDump(hex)), FrameParser.FRAME_BYTES_MAX);
  }

  @Test
  void takesAFrameOfExactlyTheLimitOfAStockServer() {
    byte[] longest = new WebSocketBytes(true).header(0x82, true, 8, 16_777_216).bytes();
    byte[] longer = new WebSocketBytes(true).header(0x82, true, 8, 16_777_217).bytes();

    assertThat(Recorder.read(List.of(longest), FrameParser.FRAME_BYTES_MAX)).isEmpty();
    assertThat(Recorder.read(List.of(longer), FrameParser.FRAME_BYTES_MAX))
        .isEqualTo("violation 1009");
  }

  @Test
  void randomBytesEndInAViolationOrWaitForMore() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);

    for (int i = 0; i < 5_000; i++) {
      byte[] stream = new byte[1 + random.nextInt(40)];
      random.nextBytes(stream);
      stream[0] = (byte) (stream[0] & 0x8a); // Most others end at once.
      if (stream.length > 1) {
        stream[1] |= (byte) 0x80;
      }
      String whole = Recorder.read(List.of(stream), 1 << 20);

      assertThat(Recorder.read(Splits.random(stream, random), 1 << 20))
          .as("seed " + seed)
          .isEqualTo(whole);
    }
  }

  @Test
  void changedStreamsHaveOneOutcomeInAllSplits() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    List<WebSocketCorpus.Case> corpus = corpus();

    for (int i = 0; i < 1_500; i++) {
      byte[] stream = corpus.get(random.nextInt(corpus.size())).stream.clone();
      for (int changes = random.nextInt(3); changes >= 0 && stream.length > 0; changes--) {
        int place = random.nextInt(Math.min(stream.length, 100));
        stream[place] = (byte) (stream[place] ^ 1 << random.nextInt(8));
      }
      String whole = Recorder.read(List.of(stream), 1 << 20);

      assertThat(Recorder.read(Splits.random(stream, random), 1 << 20))
          .as("seed " + seed)
          .isEqualTo(whole);
    }
  }

  @Test
  void textIsJudgedAlikeInLongPiecesAndByteByByte() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    String[] letters = {"\u00e9", "\u20ac", "\ud83d\ude00"};
    for (int i = 0; i < 1_500; i++) {
      Buffer text = new Buffer();
      for (int runs = random.nextInt(6); runs >= 0; runs--) {
        text.writeUtf8("0123456789abcdefghij".substring(random.nextInt(21)));
        text.writeUtf8(letters[random.nextInt(3)]);
      }
      byte[] bytes = text.readByteArray();
      if (random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      WebSocketBytes stream = new WebSocketBytes(true);
      for (int keys = random.nextInt(20); keys > 0; keys--) {
        stream.frame(0x8a, ""); // The next frame has another key.
      }
      byte[] whole = stream.frame(0x81, bytes).bytes();

      assertThat(Recorder.read(List.of(whole), 1 << 20))
          .as("seed " + seed)
          .isEqualTo(Recorder.read(Splits.byteByByte(whole), 1 << 20));
    }
  }

  @Test
  void textIsThrownAwayButCheckedUnlessTheHandlerWantsIt() throws Exception {
    FrameHandler classic =
        new Silent() {
          @Override
          public void data(ByteBuf in, int length, int mask) {
            throw new AssertionError("binary");
          }
        };
    byte[] text = new WebSocketBytes(true).frame(0x81, "not for the wire").bytes();
    byte[] wrong = new WebSocketBytes(true).frame(0x81, new byte[] {'a', -1}).bytes();
    FrameParser parser = new FrameParser();

    parser.parse(Unpooled.wrappedBuffer(text), classic);

    assertThatThrownBy(() -> parser.parse(Unpooled.wrappedBuffer(wrong), classic))
        .isInstanceOfSatisfying(
            WebSocketViolation.class, e -> assertThat(e.closeCode()).isEqualTo(1007))
        .hasMessage("text message is not UTF-8")
        .satisfies(e -> assertThat(e.getStackTrace()).isEmpty());
  }

  @Test
  void aHandlerCanStopAtAnyPlace() throws Exception {
    FrameParser parser = new FrameParser();
    Recorder recorder =
        new Recorder() {
          @Override
          public void data(ByteBuf in, int length, int mask) {
            parser.stop();
          }
        };
    ByteBuf in =
        Unpooled.wrappedBuffer(
            new WebSocketBytes(true)
                .frame(0x89, "a")
                .frame(0x82, "b")
                .frame(0x89, "late")
                .frame(0x8f, "")
                .bytes());

    parser.parse(in, recorder);

    assertThat(parser.isOver()).isTrue();
    assertThat(in.isReadable()).isFalse();
    assertThat(recorder.toString()).isEqualTo("ping 61");
  }

  @Test
  void aHandlerThatTakesTooLittleIsFoundOut() {
    ByteBuf in = Unpooled.wrappedBuffer(new WebSocketBytes(true).frame(0x82, "abc").bytes());

    assertThatThrownBy(() -> new FrameParser().parse(in, new Silent()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("expected to take 3 bytes, is off by -3");
  }

  /** Takes nothing. */
  private static class Silent implements FrameHandler {
    @Override
    public void data(ByteBuf in, int length, int mask) {}

    @Override
    public void ping(ByteBuf payload) {}

    @Override
    public void pong(ByteBuf payload) {}

    @Override
    public void close(int code, ByteBuf reason) {}
  }
}

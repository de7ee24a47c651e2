package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import okio.Buffer;
import okio.ByteString;
import org.junit.jupiter.api.Test;

class FrameWriterTest {
  private final FrameWriter writer = new FrameWriter(new SecureRandom());
  private final Buffer out = new Buffer();

  @Test
  void examplesOfTheRfc() {
    // RFC 6455 5.7
    FrameWriter fixed = new FrameWriter(new FixedRandom("37fa213d"));
    Buffer hello = new Buffer().writeUtf8("Hello");

    fixed.frame(Opcode.TEXT, hello, hello.size(), true, out);
    fixed.pong(ByteString.encodeUtf8("Hello"), out);

    assertThat(out.readByteString().hex())
        .isEqualTo("818537fa213d7f9f4d5158" + "8a8537fa213d7f9f4d5158");
  }

  @Test
  void masksEveryLengthAtEveryAlignment() throws Exception {
    for (int alignment = 0; alignment < 8; alignment++) {
      for (int length = 0; length <= 300; length++) {
        byte[] bytes = bytes(length);
        Buffer payload = new Buffer().write(new byte[alignment]).write(bytes);
        payload.skip(alignment);

        writer.binary(payload, out);

        assertThat(payload.size()).isZero();
        assertThat(readFrame(0x82, length)).isEqualTo(bytes);
        assertThat(out.size()).isZero();
      }
    }
  }

  @Test
  void masksAcrossSegments() throws Exception {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    for (int i = 0; i < 200; i++) {
      byte[] bytes = bytes(random.nextInt(100_000));
      Buffer payload = new Buffer();
      for (int from = 0; from < bytes.length; ) {
        // Buffers moved one behind the other keep their segments, of any length.
        int length = Math.min(bytes.length - from, 1 + random.nextInt(9000));
        payload.write(new Buffer().write(bytes, from, length), length);
        from += length;
      }

      writer.binary(payload, out);

      assertThat(readFrame(0x82, bytes.length)).as("seed " + seed).isEqualTo(bytes);
    }
  }

  @Test
  void leavesBytesAloneThatOthersShare() throws Exception {
    byte[] bytes = bytes(50_000);
    Buffer original = new Buffer().write(bytes);
    Buffer payload = original.clone();
    Buffer half = original.clone();

    writer.frame(Opcode.BINARY, half, 20_001, true, out);
    assertThat(readFrame(0x82, 20_001)).isEqualTo(Arrays.copyOf(bytes, 20_001));
    writer.binary(payload, out);
    assertThat(readFrame(0x82, 50_000)).isEqualTo(bytes);

    assertThat(original.readByteArray()).isEqualTo(bytes);
    assertThat(half.readByteArray()).isEqualTo(Arrays.copyOfRange(bytes, 20_001, 50_000));
  }

  @Test
  void aLongMessageBecomesFragments() throws Exception {
    FrameWriter splitting = new FrameWriter(new SecureRandom(), 1000);
    byte[] bytes = bytes(2500);

    splitting.binary(new Buffer().write(bytes), out);
    splitting.binary(new Buffer().write(bytes, 0, 2000), out);

    Buffer joined = new Buffer();
    joined.write(readFrame(0x02, 1000)).write(readFrame(0x00, 1000)).write(readFrame(0x80, 500));
    assertThat(joined.readByteArray()).isEqualTo(bytes);
    readFrame(0x02, 1000);
    readFrame(0x80, 1000);
    assertThat(out.size()).isZero();
  }

  @Test
  void controlFramesGoBetweenFragments() throws Exception {
    Buffer payload = new Buffer().writeUtf8("abcdef");

    writer.frame(Opcode.BINARY, payload, 4, false, out);
    writer.ping(ByteString.encodeUtf8("p"), out);
    writer.frame(Opcode.BINARY, payload, 2, true, out);
    writer.binary(new Buffer(), out);

    assertThat(readFrame(0x02, 4)).asString().isEqualTo("abcd");
    assertThat(readFrame(0x89, 1)).asString().isEqualTo("p");
    assertThat(readFrame(0x80, 2)).asString().isEqualTo("ef");
    assertThat(readFrame(0x82, 0)).isEmpty();
  }

  @Test
  void everyFrameHasItsOwnKey() throws Exception {
    Set<Integer> keys = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      writer.ping(ByteString.EMPTY, out);
      out.skip(2);
      keys.add(out.readInt());
    }

    // Chance makes two of a thousand equal once in 8,600 runs, three once in 10^8.
    assertThat(keys.size()).isGreaterThanOrEqualTo(998);
  }

  @Test
  void afterACloseNothingMoreIsWritten() throws Exception {
    writer.close(CloseCode.GOING_AWAY, "bye", out);
    writer.ping(ByteString.encodeUtf8("p"), out);
    writer.pong(ByteString.encodeUtf8("p"), out);
    writer.close(CloseCode.NORMAL, "again", out);

    assertThat(writer.isClosed()).isTrue();
    assertThat(ByteString.of(readFrame(0x88, 5)).hex()).isEqualTo("03e9627965");
    assertThat(out.size()).isZero();
    assertThatThrownBy(() -> writer.binary(new Buffer(), out))
        .isInstanceOf(IllegalStateException.class);
  }

  @Test
  void anEmptyCloseHasNoReason() throws Exception {
    writer.close(CloseCode.NO_STATUS, "ignored", out);

    assertThat(readFrame(0x88, 0)).isEmpty();
  }

  @Test
  void wrongArgumentsAreNamed() {
    ByteString long126 = ByteString.of(new byte[126]);

    assertThatThrownBy(() -> writer.ping(long126, out)).hasMessageContaining("126");
    assertThatThrownBy(() -> writer.close(1006, "", out)).hasMessageContaining("1006");
    assertThatThrownBy(() -> writer.close(1000, long126.hex().substring(0, 124), out))
        .hasMessageContaining("126");
    assertThatThrownBy(() -> writer.frame(Opcode.PING, new Buffer(), 0, true, out))
        .hasMessageContaining("9");
    assertThatThrownBy(() -> writer.frame(Opcode.BINARY, new Buffer(), 1, true, out))
        .hasMessageContaining("1 of 0");
    assertThat(out.size()).isZero();
  }

  private static byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    new Random(length).nextBytes(bytes);
    return bytes;
  }

  /** Takes one frame off {@code out}, byte by byte as the RFC writes it. */
  private byte[] readFrame(int first, int length) throws Exception {
    assertThat(out.readByte() & 0xff).isEqualTo(first);
    int form = length < 126 ? length : length < 65536 ? 126 : 127;
    assertThat(out.readByte() & 0xff).isEqualTo(0x80 | form);
    if (form == 126) {
      assertThat(out.readShort() & 0xffff).isEqualTo(length);
    } else if (form == 127) {
      assertThat(out.readLong()).isEqualTo(length);
    }
    byte[] key = out.readByteArray(4);
    byte[] payload = out.readByteArray(length);
    for (int i = 0; i < length; i++) {
      payload[i] ^= key[i % 4];
    }
    return payload;
  }

  /** Draws the same four bytes again and again. */
  private static final class FixedRandom extends SecureRandom {
    private final byte[] four;

    FixedRandom(String hex) {
      four = ByteString.decodeHex(hex).toByteArray();
    }

    @Override
    public void nextBytes(byte[] bytes) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = four[i % 4];
      }
    }
  }
}

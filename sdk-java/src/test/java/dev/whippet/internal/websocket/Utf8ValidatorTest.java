package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import okio.ByteString;
import org.junit.jupiter.api.Test;

/** The judge is the JDK's decoder. */
class Utf8ValidatorTest {
  private static final int[] EDGES = {
    0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xf0, 0xff
  };

  private final CharsetDecoder decoder = StandardCharsets.UTF_8.newDecoder();
  private final CharBuffer chars = CharBuffer.allocate(4096);

  @Test
  void agreesWithTheJdkOnAllSequencesOfUpToThreeBytes() {
    byte[] one = new byte[1];
    byte[] two = new byte[2];
    byte[] three = new byte[3];
    for (int a = 0; a < 256; a++) {
      one[0] = two[0] = three[0] = (byte) a;
      check(one);
      for (int b = 0; b < 256; b++) {
        two[1] = three[1] = (byte) b;
        check(two);
        for (int c = 0; c < 256; c++) {
          three[2] = (byte) c;
          check(three);
        }
      }
    }
  }

  @Test
  void agreesWithTheJdkOnSequencesOfFourBytes() {
    byte[] bytes = new byte[4];
    for (int a = 0xe0; a < 256; a++) {
      bytes[0] = (byte) a;
      for (int b = 0; b < 256; b++) {
        bytes[1] = (byte) b;
        for (int c : EDGES) {
          bytes[2] = (byte) c;
          for (int d : EDGES) {
            bytes[3] = (byte) d;
            check(bytes);
          }
        }
      }
    }
  }

  @Test
  void agreesWithTheJdkOnRandomTextWithFaults() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(60); length > 0; length--) {
        int bits = 7 + random.nextInt(14);
        int codePoint = random.nextInt(Math.min(1 << bits, 0x110000));
        text.appendCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? 'x' : codePoint);
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.UTF_8);
      check(bytes);
      if (bytes.length > 0 && random.nextBoolean()) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
        for (int length = 1; length <= bytes.length; length++) {
          assertThat(agrees(Arrays.copyOf(bytes, length)))
              .as("seed %d, %s", seed, ByteString.of(bytes).hex())
              .isTrue();
        }
      }
    }
  }

  private void check(byte[] bytes) {
    if (!agrees(bytes)) {
      throw new AssertionError(ByteString.of(bytes).hex());
    }
  }

  private boolean agrees(byte[] bytes) {
    int state = Utf8Validator.START;
    for (byte b : bytes) {
      state = Utf8Validator.next(state, b);
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    chars.clear();
    CoderResult result = decoder.reset().decode(in, chars, false);
    boolean incomplete = in.hasRemaining() && !result.isError();
    if (result.isError() || (incomplete && !canBeCompleted(bytes))) {
      return state == Utf8Validator.INVALID;
    }
    return state != Utf8Validator.INVALID && (state == Utf8Validator.START) != incomplete;
  }

  /** The JDK's decoder waits for the third byte of a surrogate; this does not. */
  private boolean canBeCompleted(byte[] bytes) {
    for (int tail : new int[] {0x80, 0xbf}) {
      for (int count = 1; count <= 3; count++) {
        byte[] completed = Arrays.copyOf(bytes, bytes.length + count);
        Arrays.fill(completed, bytes.length, completed.length, (byte) tail);
        chars.clear();
        if (!decoder.reset().decode(ByteBuffer.wrap(completed), chars, true).isError()) {
          return true;
        }
      }
    }
    return false;
  }
}

package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessageDeflaterTest {
  private final long seed = Long.getLong("whippet.seed", 6);
  private final Random random = new Random(seed);

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void everyMessageComesBack(boolean takeover) throws Exception {
    for (int windowBits : new int[] {8, 9, 14, 15}) {
      MessageDeflater deflater = new MessageDeflater(takeover, windowBits);
      MessageInflater inflater = new MessageInflater(takeover, 1 << 20);
      for (int i = 0; i < 200; i++) {
        byte[] message = message();

        byte[] payload = deflate(deflater, message);

        assertThat(payload).as("seed " + seed).isNotEmpty();
        assertThat(inflate(inflater, payload)).as("seed " + seed).isEqualTo(message);
      }
      deflater.close();
      inflater.close();
    }
  }

  @Test
  void withASmallWindowAMessageRefersToNothingBefore() throws Exception {
    MessageDeflater deflater = new MessageDeflater(true, 14);
    for (int i = 0; i < 50; i++) {
      byte[] message = message();

      byte[] payload = deflate(deflater, message);

      MessageInflater knowsNothing = new MessageInflater(false, 1 << 20);
      assertThat(inflate(knowsNothing, payload)).as("seed " + seed).isEqualTo(message);
    }
    byte[] twice = new byte[20_000];
    assertThat(deflate(deflater, twice).length).isGreaterThan(twice.length / 9);
    deflater.close();
  }

  @Test
  void withTakeoverARepeatedMessageIsShort() {
    byte[] message = new byte[5_000];
    random.nextBytes(message);
    MessageDeflater deflater = new MessageDeflater(true, 15);
    MessageDeflater forgetful = new MessageDeflater(false, 15);

    assertThat(deflate(deflater, message).length).isGreaterThan(4_900);
    assertThat(deflate(deflater, message).length).isLessThan(200);
    assertThat(deflate(forgetful, message)).isEqualTo(deflate(forgetful, message));
    deflater.close();
  }

  /** Empty, short, long; random bytes, or few letters. */
  private byte[] message() {
    byte[] message = new byte[random.nextInt(1 << random.nextInt(17))];
    random.nextBytes(message);
    if (random.nextBoolean()) {
      for (int i = 0; i < message.length; i++) {
        message[i] &= 3;
      }
    }
    return message;
  }

  private byte[] deflate(MessageDeflater deflater, byte[] message) {
    ByteArrayOutputStream payload = new ByteArrayOutputStream();
    byte[] piece = new byte[16 + random.nextInt(5_000)];
    int from = 0;
    while (from < message.length) {
      int length = Math.min(message.length - from, 1 + random.nextInt(20_000));
      deflater.input(message, from, length);
      drain(deflater, piece, false, payload);
      from += length;
    }
    drain(deflater, piece, true, payload);
    byte[] bytes = payload.toByteArray();
    int length = bytes.length - MessageDeflater.TAIL_BYTES;
    assertThat(Arrays.copyOfRange(bytes, length, bytes.length)).containsExactly(0, 0, 0xff, 0xff);
    return Arrays.copyOf(bytes, length);
  }

  private static void drain(
      MessageDeflater deflater, byte[] piece, boolean last, ByteArrayOutputStream payload) {
    int count = deflater.output(piece, last);
    while (count > 0) {
      payload.write(piece, 0, count);
      count = deflater.output(piece, last);
    }
  }

  private byte[] inflate(MessageInflater inflater, byte[] payload) throws WebSocketException {
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    byte[] piece = new byte[1 + random.nextInt(5_000)];
    int from = 0;
    while (from < payload.length) {
      int length = Math.min(payload.length - from, 1 + random.nextInt(5_000));
      inflater.input(payload, from, length);
      drain(inflater, piece, message);
      from += length;
    }
    inflater.end();
    drain(inflater, piece, message);
    return message.toByteArray();
  }

  private static void drain(MessageInflater inflater, byte[] piece, ByteArrayOutputStream message)
      throws WebSocketException {
    int count = inflater.output(piece);
    while (count > 0) {
      message.write(piece, 0, count);
      count = inflater.output(piece);
    }
  }
}

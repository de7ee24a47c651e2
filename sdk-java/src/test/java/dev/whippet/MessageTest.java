package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class MessageTest {
  @Test
  void headersOfEveryKindSurviveTheWire() {
    Message.Builder builder = Message.builder();
    for (Header.Kind kind : Header.Kind.values()) {
      byte[] value = new byte[kind.sizeBytes() == 0 ? 255 : kind.sizeBytes()];
      value[0] = (byte) 0x80;
      builder.header("h" + kind.code(), kind, value);
    }

    List<Header> read = Header.Codec.decode(Header.Codec.encode(builder.build().headers()));

    assertThat(read).hasSize(15);
    for (Header header : read) {
      assertThat(header.name()).isEqualTo("h" + header.kind().code());
      assertThat(header.bytes()[0]).isEqualTo((byte) 0x80);
    }
    assertThat(read.get(3).number()).isEqualTo(-128);
    assertThat(read.get(8).number()).isEqualTo(128);
    assertThat(read.get(11).number()).isEqualTo(128);
  }

  @Test
  void aBrokenBlockYieldsNoHeadersAndNoException() {
    byte[] good =
        Header.Codec.encode(Message.builder().header("a", "b").header("c", "d").build().headers());
    Random random = new Random(7);
    for (int i = 0; i < 20_000; i++) {
      byte[] block = java.util.Arrays.copyOf(good, random.nextInt(good.length + 1));
      for (int flips = random.nextInt(3); flips > 0 && block.length > 0; flips--) {
        block[random.nextInt(block.length)] = (byte) random.nextInt();
      }
      assertThat(Header.Codec.decode(block).size()).isBetween(0, 2);
    }
    assertThat(Header.Codec.decode(java.util.Arrays.copyOf(good, good.length - 1))).isEmpty();
  }

  @Test
  void everyValueIsCheckedAtOnceAndNamed() {
    assertThatThrownBy(
            () -> Message.builder().header("temperature", Header.Kind.INT32, new byte[3]))
        .hasMessageContaining("temperature")
        .hasMessageContaining("is 3, allowed are 4 to 4");
    assertThatThrownBy(() -> Message.builder().key(new byte[256])).hasMessageContaining("256");
    assertThatThrownBy(() -> Message.builder().key("")).hasMessageContaining("1 to 255");
    assertThatThrownBy(() -> Message.builder().partition(-1)).hasMessageContaining("-1");
    assertThatThrownBy(() -> Message.builder().key("k").partition(0).build())
        .hasMessageContaining("either a key or a partition");
    assertThatThrownBy(() -> WhippetClient.builder().linger(-1, java.util.concurrent.TimeUnit.DAYS))
        .hasMessageContaining("linger in milliseconds");
    assertThatThrownBy(() -> WhippetClient.builder().url("ws://a").open())
        .hasMessageContaining("credentials missing");
  }

  @Test
  void secretsAreNeverShown() {
    assertThat(Credentials.password("user", "hush"))
        .hasToString("Credentials{user=user, password=***}");
    assertThat(Credentials.token("hush").toString()).doesNotContain("hush");
    String tooLong = new String(new char[300]).replace('\0', 'x');
    assertThatThrownBy(() -> Credentials.token(tooLong)).hasMessageNotContaining("xxx");
  }
}

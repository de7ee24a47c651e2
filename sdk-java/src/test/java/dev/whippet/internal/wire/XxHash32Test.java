package dev.whippet.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class XxHash32Test {
  /** iggy-classic.md 6.4. */
  @ParameterizedTest
  @CsvSource({
    "'', 46947589",
    "a, 1426945110",
    "user-1, 2755638957",
    "user-2, 4011881225",
    "order-42, 3150133969",
    "billing, 1795796488",
    "127.0.0.1:54321, 2650268133"
  })
  void hashesTheReferenceTexts(String text, long expected) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);

    assertThat(unsigned(XxHash32.hash(bytes, 0, bytes.length))).isEqualTo(expected);
  }

  /** Bytes 3, 10, 17, ...: every way through stripes, words and single bytes. */
  @ParameterizedTest
  @CsvSource({
    "0, 46947589",
    "1, 565077562",
    "4, 1918138866",
    "15, 2194917453",
    "16, 2286244989",
    "17, 1158569860",
    "31, 527684551",
    "32, 3918056631",
    "33, 2499098325",
    "100, 1929976397",
    "256, 2243601911"
  })
  void hashesEveryLengthClassWhereverItStands(int length, long expected) {
    byte[] surrounded = new byte[length + 5];
    for (int i = 0; i < length; i++) {
      surrounded[i + 3] = (byte) (i * 7 + 3);
    }

    assertThat(unsigned(XxHash32.hash(surrounded, 3, length))).isEqualTo(expected);
  }

  @Test
  void refusesARangeOutsideOfTheArray() {
    byte[] bytes = new byte[8];

    assertThatThrownBy(() -> XxHash32.hash(bytes, 1, 8))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> XxHash32.hash(bytes, -1, 2))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> XxHash32.hash(bytes, 0, -1))
        .isInstanceOf(IndexOutOfBoundsException.class);
  }

  private static long unsigned(int hash) {
    return hash & 0xFFFFFFFFL;
  }
}

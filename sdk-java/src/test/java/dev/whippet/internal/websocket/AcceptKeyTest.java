package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AcceptKeyTest {
  private static final String KEY = "dGhlIHNhbXBsZSBub25jZQ==";

  @Test
  void answersTheExampleOfTheRfc() {
    // RFC 6455 1.3
    assertThat(AcceptKey.of(KEY)).isEqualTo("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    assertThat(AcceptKey.isKey(KEY)).isTrue();
    assertThat(AcceptKey.isKey("+/+/+/+/+/+/+/+/+/+/+w==")).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "==",
        "dGhlIHNhbXBsZSBub25jZQ",
        "dGhlIHNhbXBsZSBub25jZQ=",
        "dGhlIHNhbXBsZSBub25jZQ== ",
        "dGhlIHNhbXBsZSBub25jZXM=",
        "dGhlIHNhbXBsZSBub25j====",
        "dGhlIHNhbXBsZSBub25jZ===",
        "dGhl_HNhbXBsZSBub25jZQ==",
        "dGhl HNhbXBsZSBub25jZQ==",
        "dGhlIHNhbXBsZSBub25jZXNz"
      })
  void refusesWhatIsNot16BytesInBase64(String key) {
    assertThat(AcceptKey.isKey(key)).isFalse();
  }
}

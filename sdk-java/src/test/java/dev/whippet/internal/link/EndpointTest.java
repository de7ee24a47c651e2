package dev.whippet.internal.link;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EndpointTest {
  @ParameterizedTest
  @CsvSource({
    "ws://gateway:9000/a/b?c=d, ws://gateway:9000/a/b?c=d",
    "ws://gateway, ws://gateway:8092/",
    "ws://10.0.0.1:80/, ws://10.0.0.1:80/",
    "tcp://my_host, tcp://my_host:8090",
    "tcp://my_host:1/, tcp://my_host:1",
    "tcp://[::1]:65535, tcp://[::1]:65535",
    "wss://gateway:443/edge, wss://gateway:443/edge",
    "tls://gateway, tls://gateway:8090",
    "ws://[fe80::1]/x, ws://[fe80::1]:8092/x",
  })
  void readsUrls(String url, String shown) {
    assertThat(Endpoint.parse(url)).hasToString(shown);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "gateway:8090",
        "http://gateway",
        "ws://",
        "ws://:80",
        "tcp://a:0",
        "tcp://a:65536",
        "tcp://a:b",
        "tcp://a/path",
        "ws://[::1",
        "WS://a"
      })
  void refusesWhatItCannotUse(String url) {
    assertThatThrownBy(() -> Endpoint.parse(url))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("url");
  }

  @Test
  void theSchemeSaysWhetherThereIsTls() {
    assertThat(Endpoint.parse("wss://a").isSecure()).isTrue();
    assertThat(Endpoint.parse("tls://a").isSecure()).isTrue();
    assertThat(Endpoint.parse("ws://a").isSecure()).isFalse();
    assertThat(Endpoint.parse("tcp://a").isSecure()).isFalse();
  }

  @Test
  void doesNotRepeatAPassword() {
    assertThatThrownBy(() -> Endpoint.parse("ws://user:hush@a/"))
        .hasMessageContaining("credentials")
        .hasMessageNotContaining("hush");
  }
}

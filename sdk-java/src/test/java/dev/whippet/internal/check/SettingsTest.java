package dev.whippet.internal.check;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SettingsTest {
  @ParameterizedTest
  @CsvSource({
    "whippet://gateway, ws://gateway:8090",
    "whippets://gateway:1?path=/edge, wss://gateway:1/edge",
    "whippet://[::1]?transport=tcp, tcp://[::1]:8090",
    "whippets://u:p@a:1?transport=tcp, tls://a:1",
  })
  void readsWhereTheServerIs(String text, String url) {
    assertThat(Settings.parse(text).text("url")).isEqualTo(url);
  }

  @Test
  void readsEverything() {
    Settings settings =
        Settings.parse(
            "whippets://iggy:p%40ss+%2F@one:1,two/read%20ings/sensors?linger=5ms&compression=true");

    assertThat(settings.list("url")).containsExactly("wss://one:1", "wss://two:8090");
    assertThat(settings.text("user")).isEqualTo("iggy");
    assertThat(settings.text("password")).isEqualTo("p@ss+/");
    assertThat(settings.text("stream")).isEqualTo("read ings");
    assertThat(settings.text("topic")).isEqualTo("sensors");
    assertThat(settings.millis("linger")).isEqualTo(5);
    assertThat(settings.flag("compression")).isTrue();
    assertThat(settings.has("token")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"whippet://t%3Aoken@host", "whippet://:t%3Aoken@host"})
  void aTokenStandsAlone(String text) {
    assertThat(Settings.parse(text).text("token")).isEqualTo("t:oken");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://hush@host",
        "whippet://u:hush%@host",
        "whippet://u:hush@host/only",
        "whippet://u:hush@host/a/b/c",
        "whippet://u:hush@host?transport=udp",
        "whippet://u:hush@host?transport=tcp&path=/x",
        "whippet://u:hush@host?speed=7",
        "whippet://u:hush@host?linger"
      })
  void whatIsWrongIsToldWithoutTheSecret(String text) {
    assertThatThrownBy(() -> Settings.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("hush");
  }

  @Test
  void propertiesOfOthersAreLeftAlone() {
    Properties properties = new Properties();
    properties.setProperty("whippet.url", "tcp://a,tcp://b");
    properties.setProperty("whippet.keep-alive", "2m");
    properties.setProperty("other.url", "x");

    Settings settings = Settings.of(properties);

    assertThat(settings.list("url")).containsExactly("tcp://a", "tcp://b");
    assertThat(settings.millis("keep-alive")).isEqualTo(120_000);
    properties.setProperty("whippet.typo", "x");
    assertThatThrownBy(() -> Settings.of(properties)).hasMessageContaining("unknown setting typo");
  }

  @Test
  void durationsHaveUnits() {
    Properties properties = new Properties();
    properties.setProperty("whippet.linger", "5");
    assertThatThrownBy(() -> Settings.of(properties).millis("linger"))
        .hasMessageContaining("200ms, 5s");
  }
}

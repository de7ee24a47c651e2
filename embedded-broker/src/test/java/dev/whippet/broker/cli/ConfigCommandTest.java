package dev.whippet.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.Broker;
import dev.whippet.broker.internal.tls.SelfSigned;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code config show} and {@code serve --check-config}. */
final class ConfigCommandTest {

  @TempDir Path directory;

  private final Map<String, String> environment = new HashMap<>();
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return Main.run(arguments, environment, new PrintWriter(out, true), new PrintWriter(err, true));
  }

  @Test
  void showTellsEverySettingAndWhereItComesFrom() throws Exception {
    Path file = Files.writeString(directory.resolve("w.toml"), "loops = 2\ndata = \"from file\"\n");
    environment.put("IGGY_SYSTEM_PATH", "from \"iggy\"");
    environment.put("IGGY_TCP_ADDRESS", "127.0.0.1:1");
    environment.put("IGGY_HTTP_ADDRESS", "127.0.0.1:3");
    environment.put("IGGY_ROOT_PASSWORD", "do-not-show");

    assertThat(run("config", "show", "--config", file.toString(), "--transport=nio")).isZero();

    assertThat(out.toString().lines())
        .contains(
            "loops = \"2\" # from " + file + ": loops",
            "data = \"from \\\"iggy\\\"\" # from IGGY_SYSTEM_PATH",
            "transport = \"nio\" # from --transport",
            "listen = [\"127.0.0.1:1\", \"127.0.0.1:3\"] # from IGGY_TCP_ADDRESS,"
                + " IGGY_HTTP_ADDRESS",
            "root-password = \"***\" # from IGGY_ROOT_PASSWORD",
            "# segment-size: 64MiB (default)")
        .hasSize(Setting.values().length);
    assertThat(out.toString()).doesNotContain("do-not-show");
  }

  @Test
  void whatShowPrintsIsAConfigurationFileThatShowsTheSame() throws Exception {
    run("config", "show", "--data=a\\b", "--durability=power", "--durability=a/*=process");
    Path file = Files.writeString(directory.resolve("w.toml"), out.toString());
    String first = withoutOrigins();

    assertThat(run("config", "show", "--config", file.toString())).isZero();

    assertThat(withoutOrigins()).isEqualTo(first);
  }

  private String withoutOrigins() {
    String text = out.toString().replaceAll(" # from .*", "");
    out.getBuffer().setLength(0);
    return text;
  }

  @Test
  void checkConfigSaysGoodOrWhatIsWrongAndStartsNothing() {
    String data = directory.resolve("data").toString();

    assertThat(run("serve", "--check-config", "--data", data, "--listen", "127.0.0.1:0")).isZero();
    assertThat(out.toString()).contains("the configuration is good");
    assertThat(Path.of(data)).doesNotExist();

    assertThat(run("serve", "--check-config", "--loops=65")).isEqualTo(Main.WRONG_USE);
    assertThat(err.toString()).contains("loops: 65, not 1 to 64 (from --loops)");
  }

  @Test
  void checkConfigOpensWhatTheSettingsName() throws Exception {
    Path certificate = SelfSigned.in(directory.resolve("one")).certificate();
    Path key = SelfSigned.in(directory.resolve("two")).key();
    Path file = Files.writeString(directory.resolve("file"), "");

    assertThat(run("serve", "--check-config", "--data", file + "/data"))
        .isEqualTo(Main.COULD_NOT_START);
    assertThat(told()).contains(file + "/data can't be used", "is no directory");

    String data = "--data=" + directory.resolve("data");
    assertThat(run("serve", "--check-config", data, "--listen=198.51.100.1:8090"))
        .isEqualTo(Main.COULD_NOT_START);
    assertThat(told()).contains("can't listen on 198.51.100.1:8090");

    String[] tls = {
      "serve", "--check-config", data, "--tls", "--tls-cert-file=" + certificate, "--tls-key-file="
    };
    tls[5] += key;
    assertThat(run(tls)).isEqualTo(Main.COULD_NOT_START);
    assertThat(told()).contains("don't fit");
    tls[5] = "--tls-key-file=" + certificate.resolveSibling("key.pem");
    assertThat(run(tls)).isZero();

    assertThat(run("serve", "--check-config", data, "--disk-free=1000000000GiB"))
        .isEqualTo(Main.COULD_NOT_START);
    assertThat(told()).contains("disk free", "no message would ever be taken");
    assertThat(directory.resolve("data")).doesNotExist();
  }

  /** What was said on stderr since the last look. */
  private String told() {
    String text = err.toString();
    err.getBuffer().setLength(0);
    assertThat(text.lines()).hasSize(1);
    return text;
  }

  @Test
  void checkConfigIsInNobodysWay() throws Exception {
    try (Broker broker =
        Broker.builder().listen("127.0.0.1:0").dataDirectory(directory).loops(1).start()) {
      String listen = "127.0.0.1:" + broker.port();

      assertThat(run("serve", "--check-config", "--data=" + directory, "--listen=" + listen))
          .isZero();
    }
  }

  @Test
  void whippetsOwnVariableWinsOverIggysNames() {
    environment.put("WHIPPET_LISTEN", "127.0.0.1:7");
    environment.put("IGGY_TCP_ADDRESS", "127.0.0.1:8");

    run("config", "show");

    assertThat(out.toString()).contains("listen = [\"127.0.0.1:7\"] # from WHIPPET_LISTEN\n");
  }

  @Test
  void oneOfThePasswordsCountsTheLastGiven() throws Exception {
    Path file = Files.writeString(directory.resolve("w.toml"), "root-password = \"in-file\"\n");
    environment.put("IGGY_ROOT_PASSWORD", "in-environment");

    run("config", "show", "--config", file.toString(), "--with-default-root-credentials");

    assertThat(out.toString())
        .contains("with-default-root-credentials = \"on\" # from --with-default-root-credentials")
        .contains("# root-password: none (default)");
  }

  @Test
  void unknownVariablesAreToldWithTheNearest() {
    environment.put("WHIPPET_LOPS", "2");

    run("serve", "--check-config");

    assertThat(err.toString())
        .contains("unknown variable WHIPPET_LOPS; the nearest known one is WHIPPET_LOOPS");
  }

  /** What help and show call the default is what holds when nothing is said. */
  @Test
  void defaultsInWordsAreTheDefaults() throws Exception {
    for (Setting setting : Setting.values()) {
      String text = setting.defaultText();
      boolean words = text.isEmpty() || text.contains(" ") || setting == Setting.DATA;
      if (!words) {
        assertThat(new Settings().flags(Map.of(setting, text)).build())
            .as(setting.key())
            .usingRecursiveComparison()
            .isEqualTo(new Settings().build());
      }
    }
  }

  @Test
  void everySettingHasAKeyOfItsOwn() {
    Stream<String> keys = Arrays.stream(Setting.values()).map(Setting::key);

    assertThat(keys).doesNotHaveDuplicates().allMatch(key -> key.matches("[a-z-]+"));
  }
}

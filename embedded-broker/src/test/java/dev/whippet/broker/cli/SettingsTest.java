package dev.whippet.broker.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.BrokerConfig;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Where settings come from, who wins, and how wrong ones are answered. */
final class SettingsTest {

  @TempDir Path directory;

  private Path file(String text) throws IOException {
    return Files.writeString(directory.resolve("whippet.toml"), text);
  }

  @Test
  void flagsWinOverEnvironmentOverFile() throws Exception {
    Path file = file("listen = \"127.0.0.1:1\"\nroot-username = \"from-file\"\ndata = \"a\"\n");

    BrokerConfig config =
        new Settings()
            .file(file)
            .environment(Map.of("IGGY_ROOT_USERNAME", "from-env", "WHIPPET_LISTEN", "127.0.0.1:2"))
            .flags(Map.of(Setting.LISTEN, "127.0.0.1:3,127.0.0.1:4"))
            .build();

    assertThat(config.listen())
        .containsExactly(
            new InetSocketAddress("127.0.0.1", 3), new InetSocketAddress("127.0.0.1", 4));
    assertThat(config.rootUsername()).isEqualTo("from-env");
    assertThat(config.dataDirectory()).isEqualTo(Path.of("a").toAbsolutePath());
  }

  @Test
  void withoutAnythingTheDefaultsHold() throws Exception {
    BrokerConfig config = new Settings().environment(Map.of("WHIPPET_LOOPS", "")).build();

    assertThat(config.listen())
        .extracting(InetSocketAddress::getPort)
        .containsExactly(8090, 8092, 3000);
    assertThat(config.rootUsername()).isEqualTo("iggy");
  }

  @Test
  void fileTakesArraysAndNumbers() throws Exception {
    Path file =
        file("listen = [\"127.0.0.1:1\", \"[::1]:2\"]\nloops = 3\nsegment-size = 2097152\n");

    BrokerConfig config = new Settings().file(file).build();

    assertThat(config.listen()).extracting(InetSocketAddress::getPort).containsExactly(1, 2);
  }

  @Test
  void retentionAndDurabilityAreTaken() throws Exception {
    Path file =
        file(
            "durability = [\"interval\", \"a/*=process\", \"*/b=power\"]\n"
                + "sync-interval = \"250ms\"\nretention-size = \"20%\"\ndisk-free = \"1GiB\"\n"
                + "topic-expiry = \"7d\"\ntopic-size = \"64MiB\"\nconsumer-protection = 0\n");

    BrokerConfig config = new Settings().file(file).build();

    assertThat(config.storage())
        .isEqualTo(
            "durability interval (2 patterns), sync interval 250 ms, messages at most 20 % of the"
                + " disk, free at least 1073741824 bytes");
    assertThat(new Settings().build().storage())
        .isEqualTo(
            "durability power, messages at most 50 % of the disk, free at least 5 % of the disk,"
                + " at most 2147483648 bytes");
  }

  @ParameterizedTest(name = "{0} = {1} ms")
  @CsvSource({"0, 0", "17ms, 17", "2 s, 2000", "5m, 300000", "1H, 3600000", "7d, 604800000"})
  void timesHaveUnits(String text, long millis) {
    assertThat(TimeSpan.parseMillis("time", text)).isEqualTo(millis);
  }

  @Test
  void passwordComesFromAFileWithoutItsLineEnd() throws Exception {
    Path secret = Files.writeString(directory.resolve("secret"), "open sesame\n");

    new Settings().flags(Map.of(Setting.ROOT_PASSWORD_FILE, secret.toString())).build();

    Files.writeString(secret, "ab\n");
    assertThatThrownBy(
            () ->
                new Settings().flags(Map.of(Setting.ROOT_PASSWORD_FILE, secret.toString())).build())
        .hasMessage("root password: 2 bytes, not 3 to 100 (from --root-password-file)");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "lops = 2 | unknown key \"lops\"; the nearest known one is \"loops\"",
        "transprot = \"nio\" | unknown key \"transprot\"; the nearest known one is \"transport\"",
        "loops = 0 | loops: 0, not 1 to 64 (from ",
        "loops = \"many\" | loops: many, not a number from 1 to 64 (from ",
        "loops = 1.5 | loops = 1.5, not a text or whole number",
        "transport = \"uring\" | transport: uring, not one of auto, io_uring, epoll, nio (from ",
        "segment-size = \"4 GiB\" | segment size: 4294967296 bytes, not 1048576 to 1073741824",
        "segment-size = \"big\" | segment size: big, not a size such as 64MiB, 1GiB or 1048576",
        "listen = \"8090\" | listen: 8090, not host:port (from ",
        "listen = \"127.0.0.1:99999\" | listen: 127.0.0.1:99999, the port is not a number from 0",
        "root-username = \"io\" | root username: \"io\", not 3 to 50 bytes (from ",
        "root-password-file = \"/nowhere\" | root password file: /nowhere can't be read",
        "listen = | line 1: ",
        "durability = \"safe\" | durability: safe, not one of power, process, interval (from ",
        "durability = [\"power\", \"a=process\"] | durability: a, not stream/topic (from ",
        "sync-interval = \"fast\" | sync interval: fast, not a time such as 500ms, 20s, 5m, 12h",
        "commit-delay = \"never\" | commit delay: never, not a time such as",
        "commit-delay = \"11s\" | commit delay: 11000 ms, not 0 to 10000",
        "sync-interval = 5 | sync interval: 5, not a time such as",
        "topic-size = \"1KiB\" | topic size: 1024 bytes, less than 1048576 (from ",
        "retention-size = \"101%\" | retention size: 101 %, not 0 to 100 (from ",
        "retention-size = \"0%\" | retention size: 0 %",
        "disk-free = \"100%\" | disk free: 100 %, not 0 to 99: nothing could be kept (from ",
        "listen = [\"127.0.0.1:1\", \"tls://127.0.0.1:1\"] | listen: 127.0.0.1:1 is taken by",
        "listen = [\"0.0.0.0:1\", \"127.0.0.1:1\"] | 127.0.0.1:1 is taken by 0.0.0.0:1: one",
        "disk-free = \"x%\" | disk free: x%, not a whole number of percent (from ",
      })
  void wrongValuesAreOneLineWithValueLimitAndPlace(String line, String expected)
      throws IOException {
    Path file = file(line);

    assertThatThrownBy(() -> new Settings().file(file).build())
        .isInstanceOf(UsageException.class)
        .hasMessageContaining(expected)
        .hasMessageContaining("whippet.toml")
        .message()
        .doesNotContain("\n");
  }

  @ParameterizedTest(name = "{0} = {1} bytes")
  @CsvSource({
    "0, 0",
    "17, 17",
    "64MiB, 67108864",
    "1 gib, 1073741824",
    "3KiB, 3072",
    "2 MB, 2000000",
    "5 B, 5"
  })
  void sizesHaveUnits(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @CsvSource({"-1", "1.5GiB", "1TB", "''", "999999999999999999GiB", "9999999999999999999999"})
  void otherSizesAreRefused(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text)).hasMessageContaining(text);
  }

  @ParameterizedTest(name = "{0}: status {1}")
  @CsvSource({
    "serve --lops=2, 2, --lops",
    "serve --loops=0, 2, 'loops: 0, not 1 to 64 (from --loops)'",
    "serve --config=/nowhere, 2, /nowhere",
    "serve --root-password=x, 2, --root-password",
    "sreve, 2, sreve",
    "'', 2, serve",
  })
  void wrongUseExitsWithTwo(String arguments, int status, String expected) {
    StringWriter err = new StringWriter();

    int exit =
        Main.run(
            arguments.isEmpty() ? new String[0] : arguments.split(" "),
            Map.of(),
            new PrintWriter(new StringWriter()),
            new PrintWriter(err, true));

    assertThat(exit).isEqualTo(status);
    assertThat(err.toString()).contains(expected);
  }

  @Test
  void versionAndHelpExitWithZero() {
    StringWriter out = new StringWriter();
    PrintWriter writer = new PrintWriter(out, true);

    assertThat(Main.run(new String[] {"--version"}, Map.of(), writer, writer)).isZero();
    assertThat(Main.run(new String[] {"serve", "--help"}, Map.of(), writer, writer)).isZero();
    assertThat(out.toString()).contains("whippet broker").contains("--root-password-file");
  }
}

package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.whippet.broker.BrokerException.Reason;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Starting, refusing to start, stopping. */
final class BrokerStartTest {

  private static final ConsumerId ALICE = ConsumerId.consumer(WireClient.id("alice"));

  @TempDir Path directory;

  @Test
  void commitFilesAreSmallBesideTheDiskAndTheDelayIsTaken() {
    BrokerConfig config = settings().commitDelayMillis(20).build();

    assertThat(config.logs(64 << 20).commits().fileBytes()).isLessThan(4 << 20);
    assertThat(config.logs(64 << 20).commits().delayMicros()).isEqualTo(20_000);
    assertThat(settings().build().logs(64 << 20).commits().delayMicros()).isZero();
  }

  private BrokerConfig.Builder settings() {
    return Broker.builder().listen("127.0.0.1:0").dataDirectory(directory).loops(2);
  }

  @Test
  void startsOnAFreePortAndSaysWhatItRunsOn() throws Exception {
    try (Broker broker = settings().listen("127.0.0.1:0").start()) {
      assertThat(broker.addresses()).hasSize(2);
      assertThat(broker.port()).isPositive();
      assertThat(broker.description())
          .contains("2 loops", "files:", directory.toString(), "127.0.0.1:" + broker.port())
          .doesNotContain("\n");
      assertThat(broker.health().status()).isEqualTo(Health.Status.LIVE);
      assertThat(broker.health().problems()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"AUTO", "NIO"})
  void answersOnEveryTransport(BrokerConfig.Transport transport) throws Exception {
    try (Broker broker = settings().transport(transport).start();
        WireClient client = WireClient.connect(broker)) {
      client.ok(Requests::ping);
    }
  }

  @Test
  void refusesADirectoryInUseThenTakesItWhenItIsFree() throws Exception {
    Broker first = settings().start();
    try (first) {
      assertThatThrownBy(() -> settings().start())
          .isInstanceOfSatisfying(
              BrokerException.class,
              e -> assertThat(e.reason()).isEqualTo(Reason.DATA_DIRECTORY_IN_USE))
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("process " + ProcessHandle.current().pid())
          .hasMessageContaining("choose another directory");
    }

    settings().start().close();
  }

  @Test
  void refusesAPortInUseAndGivesTheDirectoryBack() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      String address = "127.0.0.1:" + taken.getLocalPort();

      assertThatThrownBy(() -> settings().listen(address).start())
          .isInstanceOfSatisfying(
              BrokerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.ADDRESS_IN_USE))
          .hasMessageContaining(address)
          .hasMessageContaining("another port");
    }

    settings().start().close();
  }

  @Test
  void goesOnWithoutAnAddressThatIsTakenWhenItMay() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"));
        Broker broker = settings().listenIfFree("127.0.0.1:" + taken.getLocalPort()).start();
        WireClient client = WireClient.connect(broker)) {
      assertThat(broker.addresses()).hasSize(1);
      client.ok(Requests::ping);
    }
  }

  @Test
  void refusesAnAddressOfAnotherMachine() {
    assertThatThrownBy(() -> settings().listen("192.0.2.1:0").start())
        .isInstanceOfSatisfying(
            BrokerException.class, e -> assertThat(e.reason()).isEqualTo(Reason.ADDRESS_UNUSABLE))
        .hasMessageContaining("192.0.2.1:0");
  }

  @Test
  void refusesADirectoryThatIsAFile() throws IOException {
    Path file = Files.writeString(directory.resolve("file"), "x");

    assertThatThrownBy(() -> settings().dataDirectory(file).start())
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.DATA_DIRECTORY_UNUSABLE))
        .hasMessageContaining(file.toString());
  }

  @Test
  void refusesAReadOnlyDirectory() throws IOException {
    Path readOnly = Files.createDirectory(directory.resolve("read-only"));
    Files.setPosixFilePermissions(readOnly, PosixFilePermissions.fromString("r-xr-xr-x"));
    assumeFalse(Files.isWritable(readOnly), "this user may write everywhere (root)");

    assertThatThrownBy(() -> settings().dataDirectory(readOnly).start())
        .isInstanceOfSatisfying(
            BrokerException.class,
            e -> assertThat(e.reason()).isEqualTo(Reason.DATA_DIRECTORY_UNUSABLE))
        .hasMessageContaining("access denied");
  }

  @Test
  void makesUpAPasswordWhenNoneIsGiven() throws Exception {
    try (Broker broker = settings().start();
        WireClient client = WireClient.connect(broker)) {
      String password = broker.generatedRootPassword().orElseThrow();

      assertThat(password).hasSizeBetween(20, 39);
      assertThat(client.status(out -> Requests.login(out, "iggy", "guess", "", "")))
          .isEqualTo(Status.INVALID_CREDENTIALS);
      assertThat(client.status(out -> Requests.login(out, "iggy", password, "", ""))).isZero();
    }
  }

  @Test
  void keepsItsIdAndGetsAnotherInAnotherDirectory() throws Exception {
    settings().start().close();
    byte[] id = Files.readAllBytes(directory.resolve("broker-id"));
    settings().start().close();

    assertThat(id).hasSize(16);
    assertThat(Files.readAllBytes(directory.resolve("broker-id"))).isEqualTo(id);
    Path other = directory.resolve("deep/other");
    settings().dataDirectory(other).start().close();
    assertThat(Files.readAllBytes(other.resolve("broker-id"))).isNotEqualTo(id);
  }

  @Test
  void startsWithANewIdWhenItsOwnIsDamagedAndSaysSo() throws Exception {
    settings().start().close();
    Path file = directory.resolve("broker-id");
    Files.write(file, new byte[] {1, 2, 3});

    try (Broker broker = settings().start()) {
      assertThat(Files.readAllBytes(file)).hasSize(16);
      assertThat(broker.health().status()).isEqualTo(Health.Status.DEGRADED);
      assertThat(broker.health().problems())
          .anyMatch(problem -> problem.reason().contains("broker-id had 3 bytes, not 16"));
    }
  }

  @Test
  void damagedCatalogStartsDegradedAndKeepsPartitionsItDoesNotKnow() throws Exception {
    BrokerConfig.Builder settings = settings().rootPassword(WireClient.PASSWORD);
    try (Broker broker = settings.start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 1);
      String large = "kept".repeat(20_000); // goes straight into a segment
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), large)).isZero();
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "small")).isZero();
    }
    Path partition = only(directory.resolve("partitions"));
    List<Path> commits = all(directory.resolve("commits")); // one of them has "small"
    Path journal = only(directory.resolve("catalog"));
    byte[] bytes = Files.readAllBytes(journal);
    Arrays.fill(bytes, (byte) 0x5a);
    Files.write(journal, bytes);

    try (Broker broker = settings.start()) {
      Path setAside = directory.resolve("set-aside").resolve(partition.getFileName());
      assertThat(setAside).isNotEmptyDirectory();
      assertThat(partition).doesNotExist();
      assertThat(commits).isNotEmpty().noneMatch(Files::exists);
      assertThat(commits)
          .anyMatch(file -> Files.exists(setAside.resolveSibling(file.getFileName())));
      assertThat(broker.health().status()).isEqualTo(Health.Status.DEGRADED);
      assertThat(broker.health().problems())
          .anyMatch(problem -> problem.reason().contains(setAside.toString()));
    }
    try (Broker broker = settings.start(); // also when it was restarted before its next topic
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 1);
      String large = "new".repeat(30_000);
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), large)).isZero();
      assertThat(only(directory.resolve("partitions")).getFileName())
          .as("an incarnation never comes back")
          .isNotEqualTo(partition.getFileName());
    }
  }

  @Test
  void anIncarnationThatOnlyAStoredOffsetTellsOfIsNotUsedAgain() throws Exception {
    BrokerConfig.Builder settings = settings().rootPassword(WireClient.PASSWORD);
    try (Broker broker = settings.start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 3);
      assertThat(client.sendTexts("s", "t", Partitioning.partition(2), "gone")).isZero();
      client.ok(
          out -> Requests.storeOffset(out, ALICE, WireClient.id("s"), WireClient.id("t"), 2, 0));
    }
    deleteAll(directory.resolve("catalog"));
    deleteAll(directory.resolve("partitions"));

    for (int start = 0; start < 2; start++) { // also when it was restarted before its next topic
      settings.start().close();
    }
    try (Broker broker = settings.start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 1);
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "new".repeat(30_000)))
          .isZero();
      assertThat(only(directory.resolve("partitions")).getFileName())
          .isEqualTo(Path.of("0000000000000004"));
    }
  }

  private static void deleteAll(Path parent) throws IOException {
    try (Stream<Path> all = Files.walk(parent)) {
      for (Path path : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
        if (!path.equals(parent)) {
          Files.delete(path);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"catalog", "offsets", "partitions", "set-aside"})
  void startsWhenAFileStandsWhereADirectoryHasToBe(String name) throws Exception {
    settings().start().close();
    deleteAll(directory.resolve(name));
    Files.delete(directory.resolve(name));
    Files.writeString(directory.resolve(name), "what is this");

    try (Broker broker = settings().start()) {
      assertThat(broker.health().problems())
          .anyMatch(one -> one.reason().contains(name + " was no directory: kept as "));
    }
    try (Stream<Path> list = Files.list(directory)) {
      assertThat(list).anyMatch(path -> path.toString().contains(name + ".damaged-"));
    }
  }

  @Test
  void startsWhenTheBrokerIdIsADirectory() throws Exception {
    settings().start().close();
    Files.delete(directory.resolve("broker-id"));
    Files.createDirectory(directory.resolve("broker-id"));

    try (Broker broker = settings().start()) {
      assertThat(broker.health().problems()).anyMatch(one -> one.reason().contains("broker-id"));
      assertThat(directory.resolve("broker-id")).isRegularFile();
    }
  }

  @Test
  void aCleanStopLeavesANoteThatTheNextStartTakes() throws Exception {
    BrokerConfig.Builder settings = settings().rootPassword(WireClient.PASSWORD);
    Path note = directory.resolve("clean-stop");
    try (Broker broker = settings.start();
        WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 2);
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "a", "b")).isZero();
    }
    assertThat(note).exists();

    try (Broker broker = settings.loops(1).start(); // the number of loops changes
        WireClient client = WireClient.login(broker)) {
      assertThat(note).doesNotExist();
      assertThat(broker.health().problems()).isEmpty();
      assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "c")).isZero();
    }
    try (Broker broker = settings.loops(3).start()) {
      assertThat(broker.health().problems()).isEmpty();
    }
  }

  private static Path only(Path parent) throws IOException {
    List<Path> all = all(parent);
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  private static List<Path> all(Path parent) throws IOException {
    try (Stream<Path> list = Files.list(parent)) {
      return list.toList();
    }
  }

  @Test
  void closeTellsClientsAndMayBeCalledTwice() throws Exception {
    Broker broker = settings().start();
    try (WireClient client = WireClient.connect(broker)) {
      client.ok(Requests::ping);

      broker.close();
      broker.close();

      assertThat(client.receive().status()).isEqualTo(Status.DISCONNECTED);
    }
    assertThat(broker.addresses()).isEmpty();
  }

  @Test
  void settingsAreCheckedAtOnceByName() {
    assertThatThrownBy(() -> settings().loops(65)).hasMessage("loops: 65, not 1 to 64");
    assertThatThrownBy(() -> settings().segmentBytes(1)).hasMessageContaining("segment size: 1 ");
    assertThatThrownBy(() -> settings().rootUsername("io")).hasMessageContaining("\"io\"");
    assertThatThrownBy(() -> settings().rootPassword("io")).hasMessageContaining("2 bytes");
    assertThatThrownBy(() -> settings().listen("nowhere")).hasMessageContaining("nowhere");
    assertThatThrownBy(() -> settings().stopGraceMillis(-1)).hasMessageContaining("-1 ms");
  }
}

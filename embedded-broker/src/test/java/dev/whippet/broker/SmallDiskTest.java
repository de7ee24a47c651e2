package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A broker on a real file system of 64 MiB (ext4 in a loop-mounted file): the bounds hold by
 * default; when somebody else fills the disk, sends get a status, reads go on, and sends go on by
 * themselves when there is room again. Skipped where mounting is not allowed.
 */
final class SmallDiskTest {
  private static final long MIB = 1L << 20;
  private static final ConsumerId READER = ConsumerId.consumer(Identifier.numeric(1));
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path directory;
  private Path disk;
  private Broker broker;
  private WireClient client;

  @BeforeEach
  void mount() throws Exception {
    Path image = directory.resolve("image");
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(64 * MIB);
    }
    disk = Files.createDirectory(directory.resolve("disk"));
    boolean mounted =
        run("mkfs.ext4", "-q", "-F", image.toString())
            && run("mount", "-o", "loop", image.toString(), disk.toString());
    assumeTrue(mounted, "needs mkfs.ext4 and the right to mount");
  }

  @AfterEach
  void unmount() throws Exception {
    if (client != null) {
      client.close();
    }
    if (broker != null) {
      broker.close();
    }
    run("umount", disk.toString());
  }

  private static boolean run(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(command).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException notThere) {
      return false;
    }
  }

  private void start(BrokerConfig.Builder builder) throws Exception {
    broker =
        builder
            .listen("127.0.0.1:0")
            .dataDirectory(disk.resolve("data"))
            .loops(2)
            .rootPassword(WireClient.PASSWORD)
            .start();
    client = WireClient.login(broker);
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"AUTO", "NIO"})
  void byDefaultSendingNeverEndsAndTheDiskNeverFills(BrokerConfig.Transport transport)
      throws Exception {
    start(Broker.builder().transport(transport));
    client.createStream("s");
    client.createTopic("s", "t", 2);
    String text = "x".repeat(100_000);
    long least = Long.MAX_VALUE;

    for (int i = 0; i < 200; i++) {
      assertThat(client.sendTexts("s", "t", Partitioning.balanced(), text, text, text, text, text))
          .as("send %s", i)
          .isZero();
      least = Math.min(least, Files.getFileStore(disk).getUsableSpace());
    }

    Health health = broker.health();
    assertThat(least).isGreaterThan(Files.getFileStore(disk).getTotalSpace() / 20);
    assertThat(health.disk().messageBytes()).isLessThan(32 * MIB);
    assertThat(health.status()).isEqualTo(Health.Status.LIVE);
    assertThat(health.disk().dropped()).isNotEmpty();
  }

  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"AUTO", "NIO"})
  void aFullDiskRefusesSendsAndGoesOnByItself(BrokerConfig.Transport transport) throws Exception {
    start(Broker.builder().transport(transport).diskFreeBytes(0));
    client.createStream("s");
    client.createTopic("s", "t", 1);
    List<String> acknowledged = new ArrayList<>();
    assertThat(send(acknowledged, 20)).isZero();
    Path ballast = disk.resolve("ballast");
    fill(ballast);

    int status = 0;
    for (int i = 0; i < 2_000 && status == 0; i++) {
      status = send(acknowledged, 20);
    }

    assertThat(status).isEqualTo(Status.CANNOT_SAVE_MESSAGES);
    assertThat(texts()).isEqualTo(acknowledged);
    assertThat(broker.health().status()).isEqualTo(Health.Status.DEGRADED);

    Files.delete(ballast);
    await().atMost(PATIENCE).until(() -> send(acknowledged, 1) == 0);
    for (int i = 0; i < 20; i++) {
      assertThat(send(acknowledged, 20)).isZero();
    }

    assertThat(broker.health().problems()).isEmpty();
    assertThat(texts()).isEqualTo(acknowledged);
    client.close();
    broker.close();
    start(Broker.builder().transport(transport));
    assertThat(texts()).isEqualTo(acknowledged);
    assertThat(broker.health().problems()).isEmpty();
  }

  /** One batch; what was acknowledged is noted. */
  private int send(List<String> acknowledged, int messages) throws IOException {
    String[] texts = new String[messages];
    for (int i = 0; i < messages; i++) {
      texts[i] = (acknowledged.size() + i) + " " + "y".repeat(900);
    }
    int status = client.sendTexts("s", "t", Partitioning.partition(0), texts);
    if (status == 0) {
      acknowledged.addAll(List.of(texts));
    }
    return status;
  }

  private List<String> texts() throws IOException {
    List<String> texts = new ArrayList<>();
    while (true) {
      long from = texts.size();
      Replies.Polled polled =
          Replies.polled(
              client.ok(
                  out ->
                      Requests.poll(
                          out,
                          READER,
                          id("s"),
                          id("t"),
                          0,
                          PollStrategy.offset(from),
                          1_000,
                          false)));
      for (Replies.PolledMessage message : polled.messages) {
        assertThat(message.offset).isEqualTo(texts.size());
        texts.add(new String(message.payload, StandardCharsets.UTF_8));
      }
      if (polled.messages.isEmpty()) {
        return texts;
      }
    }
  }

  /** Until nothing fits any more. */
  private static void fill(Path ballast) {
    byte[] chunk = new byte[64 << 10];
    try (RandomAccessFile file = new RandomAccessFile(ballast.toFile(), "rw")) {
      while (true) {
        file.write(chunk);
      }
    } catch (IOException full) {
      assertThat(full).hasMessageContaining("No space left");
    }
  }
}

package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Retention of a whole broker: bounds, what clients see of it, and what health says. */
final class RetentionOverTcpTest {
  private static final long MIB = 1L << 20;
  private static final ConsumerId DEAD = ConsumerId.consumer(Identifier.numeric(7));
  private static final String TEXT = "x".repeat(60_000);

  @TempDir Path directory;
  private Broker broker;
  private WireClient client;

  @BeforeEach
  void start() throws Exception {
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(2)
            .segmentBytes(MIB)
            .retentionBytes(6 * MIB)
            .diskFreeBytes(0)
            .rootPassword(WireClient.PASSWORD)
            .start();
    client = WireClient.login(broker);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    broker.close();
  }

  @Test
  void aDeadConsumerCannotFillTheDiskAndHealthSaysWhatItMissed() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 2);
    send(10, 0);
    client.ok(out -> Requests.storeOffset(out, DEAD, id("s"), id("t"), 0, 4));
    assertThat(broker.health().problems()).isEmpty();

    for (int i = 0; i < 15; i++) {
      send(10, 0);
      send(10, 1);
    }
    await().until(() -> broker.health().disk().messageBytes() <= 6 * MIB);

    Health health = broker.health();
    Replies.Polled polled = poll(PollStrategy.offset(0));
    long first = polled.messages.get(0).offset;
    assertThat(first).isGreaterThan(5);
    assertThat(poll(PollStrategy.first()).messages.get(0).offset).isEqualTo(first);
    assertThat(poll(PollStrategy.next()).messages.get(0).offset).isEqualTo(first);
    assertThat(polled.currentOffset).isEqualTo(159);
    assertThat(health.status()).isEqualTo(Health.Status.DEGRADED);
    assertThat(health.problems()).hasSize(1);
    assertThat(health.problems().get(0).what()).isEqualTo("partition 0 of s/t");
    assertThat(health.problems().get(0).reason())
        .isEqualTo(
            "consumer 7 missed "
                + (first - 5)
                + " messages, offsets 5 to "
                + (first - 1)
                + ": dropped by retention size");
    assertThat(health.disk().dropped())
        .allSatisfy(dropped -> assertThat(dropped.reason()).isEqualTo("retention size"));
    assertThat(health.disk().dropped())
        .anySatisfy(
            dropped -> {
              assertThat(dropped.what()).isEqualTo("partition 0 of s/t");
              assertThat(dropped.firstOffset()).isZero();
              assertThat(dropped.lastOffset()).isEqualTo(first - 1);
              assertThat(dropped.messages()).isEqualTo(first);
            });
    await().until(() -> segmentBytesOnDisk() <= 6 * MIB + 2 * MIB);
    Replies.Topic topic = Replies.topic(client.ok(out -> Requests.getTopic(out, id("s"), id("t"))));
    assertThat(topic.messagesCount).isEqualTo(310 - health.disk().droppedMessages());

    client.ok(out -> Requests.storeOffset(out, DEAD, id("s"), id("t"), 0, first));
    assertThat(broker.health().problems()).isEmpty();
  }

  @Test
  void whatAConsumerMissedIsKnownAfterARestartToo() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 1);
    send(10, 0);
    client.ok(out -> Requests.storeOffset(out, DEAD, id("s"), id("t"), 0, 4));
    for (int i = 0; i < 15; i++) {
      send(10, 0);
    }
    await().until(() -> !broker.health().problems().isEmpty());

    stop();
    start();

    await()
        .untilAsserted(
            () ->
                assertThat(broker.health().problems().get(0).reason())
                    .startsWith("consumer 7 missed ")
                    .contains("offsets 5 to "));
    assertThat(poll(PollStrategy.next()).messages.get(0).offset).isGreaterThan(5);
  }

  @Test
  void aTopicsSizeIsComparedWithTheSegmentSize() throws Exception {
    client.createStream("s");

    assertThat(create("small", MIB - 1)).isEqualTo(Status.INVALID_TOPIC_SIZE);
    assertThat(create("fits", MIB)).isZero();
  }

  private int create(String name, long maxSizeBytes) throws IOException {
    TopicSettings settings =
        new TopicSettings(
            TopicSettings.COMPRESSION_NONE, TopicSettings.SERVER_DEFAULT, maxSizeBytes, 0);
    return client.status(out -> Requests.createTopic(out, id("s"), name, 1, settings));
  }

  private void send(int messages, int partition) throws IOException {
    String[] texts = new String[messages];
    Arrays.fill(texts, TEXT);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(partition), texts)).isZero();
  }

  private Replies.Polled poll(PollStrategy strategy) throws IOException {
    Buffer payload =
        client.ok(out -> Requests.poll(out, DEAD, id("s"), id("t"), 0, strategy, 1, false));
    return Replies.polled(payload);
  }

  private long segmentBytesOnDisk() {
    try (Stream<Path> files = Files.walk(directory.resolve("partitions"))) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}

package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Levels by topic; and what a consumer sees after a weaker level lost a tail. */
final class DurabilityOverTcpTest {
  private static final ConsumerId READER = ConsumerId.consumer(Identifier.numeric(1));

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
            .durability("s/fast*", BrokerConfig.Durability.PROCESS)
            .durability("s/timed", BrokerConfig.Durability.INTERVAL)
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
  void noConsumerSkipsWhatIsWrittenAfterATailWasLost() throws Exception {
    client.createStream("s");
    client.createTopic("s", "fast-one", 1);
    send("fast-one", "a", "b", "c");
    client.ok(out -> Requests.storeOffset(out, READER, id("s"), id("fast-one"), 0, 2));
    stop();
    loseAllMessages();
    start();

    send("fast-one", "d");

    Replies.Polled polled = next("fast-one");
    assertThat(polled.messages).hasSize(1);
    assertThat(polled.messages.get(0).offset).isEqualTo(3);
    assertThat(new String(polled.messages.get(0).payload, StandardCharsets.UTF_8)).isEqualTo("d");
    assertThat(broker.health().problems())
        .anySatisfy(problem -> assertThat(problem.reason()).contains("3 lost from offset 0"));
  }

  @Test
  void everyLevelStoresAndServesAndSurvivesARestart() throws Exception {
    client.createStream("s");
    for (String topic : List.of("fast", "timed", "safe")) {
      client.createTopic("s", topic, 1);
      send(topic, "a", "b");
    }
    stop();
    start();

    for (String topic : List.of("fast", "timed", "safe")) {
      send(topic, "c");
      assertThat(next(topic).messages).as(topic).hasSize(3);
    }
    assertThat(broker.health().problems()).isEmpty();
  }

  /** As if nothing of them had ever left the page cache. */
  private void loseAllMessages() throws IOException {
    for (String part : List.of("partitions", "commits")) {
      Path top = directory.resolve(part);
      if (Files.exists(top)) {
        List<Path> all;
        try (Stream<Path> walk = Files.walk(top)) {
          all = walk.filter(Files::isRegularFile).toList();
        }
        for (Path path : all) {
          Files.delete(path);
        }
      }
    }
  }

  private void send(String topic, String... texts) throws IOException {
    assertThat(client.sendTexts("s", topic, Partitioning.partition(0), texts)).isZero();
  }

  private Replies.Polled next(String topic) throws IOException {
    return Replies.polled(
        client.ok(
            out ->
                Requests.poll(out, READER, id("s"), id(topic), 0, PollStrategy.next(), 10, false)));
  }
}

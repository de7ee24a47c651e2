package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static dev.whippet.broker.WireClient.records;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Place;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** whippet-extension.md 2 and 3 through a real broker and a real socket. */
final class ExtensionOverTcpTest {

  private static final Place PLACE = new Place(id("s"), id("t"), 1, 7);

  @TempDir Path directory;
  private Broker broker;

  @BeforeEach
  void start() throws Exception {
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(2)
            .rootPassword(WireClient.PASSWORD)
            .start();
  }

  @AfterEach
  void stop() {
    broker.close();
  }

  private static byte[] sixteen(int value) {
    byte[] bytes = new byte[16];
    Arrays.fill(bytes, (byte) value);
    return bytes;
  }

  private static int hello(WireClient client, int producer, int epoch, int instance)
      throws IOException {
    return client.status(
        out -> Requests.hello(out, 3, sixteen(producer), epoch, sixteen(instance)));
  }

  private WireClient producer(int producer, int epoch, int instance) throws IOException {
    WireClient client = WireClient.login(broker);
    assertThat(hello(client, producer, epoch, instance)).isZero();
    return client;
  }

  private static Reply publish(WireClient client, long previous, long first, String... texts)
      throws IOException {
    return client.call(out -> Requests.publish(out, PLACE, previous, first, records(texts)));
  }

  private static Replies.ProducerState state(WireClient client) throws IOException {
    return Replies.producerState(client.ok(out -> Requests.producerState(out, PLACE)));
  }

  private void makeTopic() throws IOException {
    try (WireClient client = WireClient.login(broker)) {
      client.createStream("s");
      client.createTopic("s", "t", 2);
    }
  }

  @Test
  void helloGrantsWhatIsBuiltAndNamesTheBroker() throws Exception {
    try (WireClient client = WireClient.login(broker)) {
      Replies.Hello hello =
          Replies.hello(client.ok(out -> Requests.hello(out, 3, sixteen(1), 1, sixteen(2))));

      assertThat(hello.version).isEqualTo(1);
      assertThat(hello.features).isEqualTo(Limits.FEATURE_PUBLISH);
      assertThat(hello.brokerId).isEqualTo(Files.readAllBytes(directory.resolve("broker-id")));
      assertThat(hello.requestBytesMax).isGreaterThan(64_000_000);
      assertThat(hello.publishesInFlightMax).isPositive();
      assertThat(hello(client, 1, 1, 2)).as("twice").isEqualTo(Status.INVALID_COMMAND);
    }
    try (WireClient stranger = WireClient.connect(broker)) {
      assertThat(hello(stranger, 1, 1, 2)).isEqualTo(Status.UNAUTHENTICATED);
    }
  }

  @Test
  void laterOpeningsFenceEarlierOnesAlsoAfterARestart() throws Exception {
    makeTopic();
    WireClient old = producer(1, 5, 1);
    assertThat(publish(old, 0, 1, "a").status()).isZero();
    WireClient young = producer(1, 6, 2);

    assertThat(publish(old, 1, 2, "b").status()).isEqualTo(Status.FENCED);
    assertThat(old.status(out -> Requests.producerState(out, PLACE))).isEqualTo(Status.FENCED);
    assertThat(state(young).highestDurableSequence).isEqualTo(1);
    assertThat(publish(young, 1, 2, "b").status()).isZero();
    old.close();
    young.close();
    stop();
    start();

    int[][] openings = {{5, 1}, {6, 1}, {0, 2}, {6, 9}};
    for (int[] opening : openings) {
      try (WireClient client = WireClient.login(broker)) {
        assertThat(hello(client, 1, opening[0], opening[1])).isEqualTo(Status.FENCED);
        assertThat(hello(client, 2, 1, 1)).as("refused, so it may say hello again").isZero();
      }
    }
    producer(1, 6, 2).close();
    producer(1, 7, 9).close();
  }

  @Test
  void publishesAreStoredOnceInOrder() throws Exception {
    makeTopic();
    try (WireClient client = producer(1, 1, 1)) {
      assertThat(state(client).known).isFalse();
      Replies.Published first = Replies.publish(publish(client, 0, 1, "a", "b").payload());
      assertThat(first.outcome).isEqualTo(Replies.Published.STORED);
      assertThat(first.baseOffset).isZero();
      assertThat(first.partition).isEqualTo(1);
      assertThat(first.highestDurableSequence).isEqualTo(2);

      Replies.Published again = Replies.publish(publish(client, 0, 1, "a", "b").payload());
      assertThat(again.outcome).isEqualTo(Replies.Published.ALL_KNOWN);
      assertThat(again.baseOffset).isEqualTo(-1);
      Replies.Published part = Replies.publish(publish(client, 1, 2, "b", "c").payload());
      assertThat(part.outcome).isEqualTo(Replies.Published.KNOWN_PART_SKIPPED);
      assertThat(part.baseOffset).isEqualTo(2);
      assertThat(publish(client, 5, 6, "z").status()).isEqualTo(Status.OUT_OF_SEQUENCE);
      assertThat(state(client).highestDurableSequence).isEqualTo(3);
    }
  }

  @Test
  void topicMadeAnewIsAnotherIncarnation() throws Exception {
    makeTopic();
    try (WireClient client = producer(1, 1, 1)) {
      assertThat(publish(client, 0, 1, "a").status()).isZero();
      long incarnation = state(client).incarnation;

      client.ok(out -> Requests.deleteStream(out, id("s")));
      makeTopic();

      assertThat(state(client).known).isFalse();
      assertThat(state(client).incarnation).isGreaterThan(incarnation);
    }
  }

  @Test
  void publishNeedsAProducersHelloAndAPlace() throws Exception {
    makeTopic();
    try (WireClient client = WireClient.login(broker)) {
      assertThat(publish(client, 0, 1, "a").status()).isEqualTo(Status.INVALID_COMMAND);
      assertThat(client.status(Requests::ping)).isZero();
    }
    try (WireClient nobody = producer(0, 1, 1)) {
      assertThat(publish(nobody, 0, 1, "a").status()).isEqualTo(Status.INVALID_COMMAND);
    }
    try (WireClient client = producer(1, 1, 1)) {
      Place noStream = new Place(id("x"), id("t"), 0, 0);
      Place noTopic = new Place(id("s"), id("x"), 0, 0);
      Place noPartition = new Place(id("s"), id("t"), 2, 0);
      assertThat(client.status(out -> Requests.publish(out, noStream, 0, 1, records("a"))))
          .isEqualTo(Status.STREAM_NOT_FOUND);
      assertThat(client.status(out -> Requests.publish(out, noTopic, 0, 1, records("a"))))
          .isEqualTo(Status.TOPIC_NOT_FOUND);
      assertThat(client.status(out -> Requests.publish(out, noPartition, 0, 1, records("a"))))
          .isEqualTo(Status.PARTITION_NOT_FOUND);
    }
  }
}

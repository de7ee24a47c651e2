package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static dev.whippet.broker.WireClient.records;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command family through a real broker and a real socket. */
final class CommandsOverTcpTest {

  private static final ConsumerId ALICE = ConsumerId.consumer(id("alice"));

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
            .rootPassword(WireClient.PASSWORD)
            .start();
    client = WireClient.login(broker);
  }

  @AfterEach
  void stop() throws IOException {
    client.close();
    broker.close();
  }

  private void restart() throws Exception {
    stop();
    start();
  }

  private Replies.Polled poll(int partition, PollStrategy strategy, int count, boolean commit)
      throws IOException {
    Buffer payload =
        client.ok(
            out -> Requests.poll(out, ALICE, id("s"), id("t"), partition, strategy, count, commit));
    return Replies.polled(payload);
  }

  private static List<String> texts(Replies.Polled polled) {
    List<String> texts = new ArrayList<>();
    for (Replies.PolledMessage message : polled.messages) {
      texts.add(new String(message.payload, StandardCharsets.UTF_8));
    }
    return texts;
  }

  private Replies.OffsetInfo offset(int partition) throws IOException {
    return Replies.offsetInfo(
        client.ok(out -> Requests.getOffset(out, ALICE, id("s"), id("t"), partition)));
  }

  @Test
  void beforeLoginOnlyPingAndLoginsWork() throws IOException {
    try (WireClient stranger = WireClient.connect(broker)) {
      assertThat(stranger.status(Requests::ping)).isZero();
      assertThat(stranger.status(Requests::getStreams)).isEqualTo(Status.UNAUTHENTICATED);
      assertThat(stranger.status(Requests::getMe)).isEqualTo(Status.UNAUTHENTICATED);
      assertThat(stranger.status(out -> Requests.getGroup(out, id("s"), id("t"), id("g"))))
          .isEqualTo(Status.UNAUTHENTICATED);
      assertThat(stranger.status(out -> Requests.loginWithToken(out, "token")))
          .isEqualTo(Status.RESOURCE_NOT_FOUND);
      assertThat(stranger.sendTexts("s", "t", Partitioning.balanced(), "x"))
          .isEqualTo(Status.UNAUTHENTICATED);
      assertThat(stranger.status(Requests::ping)).as("still in sync").isZero();
    }
  }

  @Test
  void wrongLoginsKeepTheOneBefore() throws IOException {
    assertThat(client.status(out -> Requests.login(out, "iggy", "wrong", "", "")))
        .isEqualTo(Status.INVALID_CREDENTIALS);
    assertThat(client.status(out -> Requests.login(out, "000", WireClient.PASSWORD, "", "")))
        .as("a name is never an id")
        .isEqualTo(Status.INVALID_CREDENTIALS);
    assertThat(client.status(out -> Requests.login(out, "io", WireClient.PASSWORD, "", "")))
        .isEqualTo(Status.INVALID_USERNAME);
    assertThat(client.status(out -> Requests.login(out, "iggy", "ab", "", "")))
        .isEqualTo(Status.INVALID_PASSWORD);
    assertThat(client.status(Requests::getStreams)).isZero();

    client.ok(Requests::logout);

    assertThat(client.status(Requests::getStreams)).isEqualTo(Status.UNAUTHENTICATED);
  }

  @Test
  void clusterIsOneNodeAndMeIsThisConnection() throws IOException {
    Replies.Cluster cluster = Replies.cluster(client.ok(Requests::getClusterMetadata));
    assertThat(cluster.nodes).hasSize(1);
    assertThat(client.ok(Requests::getMe).size()).isPositive();
    assertThat(client.ok(Requests::getStats).size()).isGreaterThan(108);
  }

  @Test
  void namesConflictAndMissingThingsAreEmptyOrRefused() throws IOException {
    assertThat(client.createStream("s").id).isZero();
    assertThat(client.createTopic("s", "t", 3).partitions).hasSize(3);

    assertThat(client.status(out -> Requests.createStream(out, "s")))
        .isEqualTo(Status.STREAM_NAME_ALREADY_EXISTS);
    assertThat(client.status(out -> create(out, "s", "t", 1, TopicSettings.DEFAULT)))
        .isEqualTo(Status.TOPIC_NAME_ALREADY_EXISTS);
    assertThat(client.status(out -> create(out, "x", "t", 1, TopicSettings.DEFAULT)))
        .isEqualTo(Status.STREAM_NOT_FOUND);
    assertThat(client.status(out -> Requests.deleteTopic(out, id("s"), id("x"))))
        .isEqualTo(Status.TOPIC_NOT_FOUND);
    assertThat(client.status(out -> Requests.deleteStream(out, Identifier.numeric(7))))
        .isEqualTo(Status.STREAM_NOT_FOUND);
    assertThat(client.ok(out -> Requests.getStream(out, id("x"))).size()).isZero();
    assertThat(client.ok(out -> Requests.getTopic(out, id("s"), id("x"))).size()).isZero();
    assertThat(client.ok(out -> Requests.getTopics(out, id("x"))).size()).isZero();
  }

  private static void create(
      Buffer out, String stream, String topic, int partitions, TopicSettings settings) {
    Requests.createTopic(out, id(stream), topic, partitions, settings);
  }

  @Test
  void topicsWithoutPartitionsTakeNothing() throws IOException {
    client.createStream("s");
    client.createTopic("s", "t", 0);

    byte[] key = {1};
    assertThat(client.sendTexts("s", "t", Partitioning.balanced(), "x"))
        .isEqualTo(Status.TOPIC_NOT_FOUND);
    assertThat(client.sendTexts("s", "t", Partitioning.key(key), "x"))
        .isEqualTo(Status.TOPIC_NOT_FOUND);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "x"))
        .isEqualTo(Status.PARTITION_NOT_FOUND);
    assertThat(client.status(Requests::ping)).isZero();
  }

  @Test
  void balancedSendsGoRoundAndKeyedOnesToTheirPartition() throws IOException {
    client.createStream("s");
    client.createTopic("s", "t", 3);

    for (String text : new String[] {"a", "b", "c", "d"}) {
      assertThat(client.sendTexts("s", "t", Partitioning.balanced(), text)).isZero();
    }
    byte[] key = "user-2".getBytes(StandardCharsets.US_ASCII); // modulo 3 is 2
    assertThat(client.sendTexts("s", "t", Partitioning.key(key), "keyed")).isZero();
    assertThat(client.sendTexts("s", "t", Partitioning.partition(9), "x"))
        .isEqualTo(Status.PARTITION_NOT_FOUND);
    assertThat(client.sendTexts("s", "t", Partitioning.balanced(), "e")).isZero();

    assertThat(texts(poll(0, PollStrategy.first(), 10, false))).containsExactly("a", "d");
    assertThat(texts(poll(1, PollStrategy.first(), 10, false))).containsExactly("b", "e");
    assertThat(texts(poll(2, PollStrategy.first(), 10, false))).containsExactly("c", "keyed");
  }

  @Test
  void everyStrategyStartsWhereItShould() throws IOException {
    client.createStream("s");
    client.createTopic("s", "t", 1);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "0", "1", "2", "3")).isZero();

    assertThat(texts(poll(0, PollStrategy.offset(2), 10, false))).containsExactly("2", "3");
    assertThat(texts(poll(0, PollStrategy.offset(4), 10, false))).isEmpty();
    assertThat(texts(poll(0, PollStrategy.offset(-1), 10, false))).isEmpty();
    assertThat(texts(poll(0, PollStrategy.first(), 2, false))).containsExactly("0", "1");
    assertThat(texts(poll(0, PollStrategy.last(), 3, false))).containsExactly("1", "2", "3");
    assertThat(texts(poll(0, PollStrategy.last(), 9, false))).hasSize(4);
    assertThat(texts(poll(0, PollStrategy.timestampMicros(1), 1, false))).containsExactly("0");
    assertThat(texts(poll(0, PollStrategy.timestampMicros(-1), 1, false))).isEmpty();
    assertThat(texts(poll(0, PollStrategy.next(), 1, false))).containsExactly("0");
    assertThat(texts(poll(0, PollStrategy.next(), 0, false))).isEmpty();
    Replies.Polled all = poll(0, PollStrategy.first(), 10, false);
    assertThat(all.currentOffset).isEqualTo(3);
    assertThat(all.messages).extracting(message -> message.offset).containsExactly(0L, 1L, 2L, 3L);
  }

  @Test
  void autoCommitMovesNextAndSurvivesARestart() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 2);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(1), "0", "1", "2", "3")).isZero();

    assertThat(texts(poll(1, PollStrategy.next(), 2, true))).containsExactly("0", "1");
    assertThat(offset(1).storedOffset).isEqualTo(1);
    restart();
    assertThat(offset(1).storedOffset).isEqualTo(1);
    assertThat(texts(poll(1, PollStrategy.next(), 9, true))).containsExactly("2", "3");
    assertThat(texts(poll(1, PollStrategy.next(), 9, true))).isEmpty();
    assertThat(offset(1).storedOffset).isEqualTo(3);
  }

  @Test
  void storedOffsetsAreCheckedKeptAndDeleted() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 2);
    assertThat(store(0, 0)).as("never held a message").isEqualTo(Status.INVALID_OFFSET);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "0", "1", "2")).isZero();

    assertThat(store(0, 3)).isEqualTo(Status.INVALID_OFFSET);
    assertThat(store(0, -1)).isEqualTo(Status.INVALID_OFFSET);
    assertThat(store(7, 0)).isEqualTo(Status.PARTITION_NOT_FOUND);
    assertThat(store(0, 2)).isZero();
    assertThat(store(0, 1)).as("back is allowed").isZero();
    restart();
    assertThat(offset(0).storedOffset).isEqualTo(1);
    assertThat(offset(0).currentOffset).isEqualTo(2);
    assertThat(offset(1)).isNull();
    assertThat(deleteOffset(0)).isZero();
    assertThat(deleteOffset(0)).isEqualTo(Status.CONSUMER_OFFSET_NOT_FOUND);
    restart();
    assertThat(offset(0)).isNull();
  }

  private int store(int partition, long offset) throws IOException {
    return client.status(
        out -> Requests.storeOffset(out, ALICE, id("s"), id("t"), partition, offset));
  }

  private int deleteOffset(int partition) throws IOException {
    return client.status(out -> Requests.deleteOffset(out, ALICE, id("s"), id("t"), partition));
  }

  @Test
  void restartKeepsEverythingAcknowledged() throws Exception {
    for (int stream = 0; stream < 5; stream++) {
      client.createStream("s" + stream);
      for (int topic = 0; topic < 4; topic++) {
        client.createTopic("s" + stream, "t" + topic, topic);
      }
    }
    client.ok(out -> Requests.deleteStream(out, id("s3")));
    client.ok(out -> Requests.deleteTopic(out, id("s1"), id("t2")));
    assertThat(client.sendTexts("s4", "t3", Partitioning.partition(2), "kept", "too")).isZero();
    List<Replies.Stream> before = Replies.streams(client.ok(Requests::getStreams));

    restart();

    List<Replies.Stream> after = Replies.streams(client.ok(Requests::getStreams));
    assertThat(after)
        .extracting(stream -> stream.id + stream.name + stream.createdAtMicros + stream.sizeBytes)
        .containsExactlyElementsOf(
            before.stream()
                .map(each -> each.id + each.name + each.createdAtMicros + each.sizeBytes)
                .toList());
    Replies.Topic topic =
        Replies.topic(client.ok(out -> Requests.getTopic(out, id("s4"), id("t3"))));
    assertThat(topic.partitions.get(2).messagesCount).isEqualTo(2);
    assertThat(topic.partitions.get(0).segmentsCount).isEqualTo(1);
    assertThat(client.createStream("again").id).as("freed slot").isEqualTo(3);
    assertThat(client.createTopic("s1", "again", 1).id).isEqualTo(2);
  }

  @Test
  void topicMadeAnewIsEmptyAndItsOldDirectoryGoes() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 1);
    assertThat(client.sendTexts("s", "t", Partitioning.partition(0), "old")).isZero();
    assertThat(store(0, 0)).isZero();

    client.ok(out -> Requests.deleteTopic(out, id("s"), id("t")));
    client.createTopic("s", "t", 1);

    assertThat(texts(poll(0, PollStrategy.first(), 9, false))).isEmpty();
    assertThat(offset(0)).isNull();
    restart();
    assertThat(texts(poll(0, PollStrategy.first(), 9, false))).isEmpty();
    assertThat(directories()).isEmpty();
  }

  @Test
  void leftOversOfDeletedPartitionsAreRemovedAtStart() throws Exception {
    client.createStream("s");
    client.createTopic("s", "t", 1);
    client.ok(out -> Requests.deleteStream(out, id("s")));
    stop();
    Path leftOver = directory.resolve("partitions/0000000000000001");
    Files.createDirectories(leftOver);
    Files.writeString(leftOver.resolve("00000000000000000000.seg"), "x");

    start();

    assertThat(leftOver).doesNotExist();
    assertThat(directory.resolve("set-aside")).isEmptyDirectory();
    assertThat(broker.health().problems()).isEmpty();
  }

  private List<Path> directories() throws IOException {
    try (Stream<Path> list = Files.list(directory.resolve("partitions"))) {
      return list.toList();
    }
  }

  @Test
  void pipelinedRequestsAreAnsweredInOrder() throws IOException {
    client.createStream("s");
    client.createTopic("s", "t", 4);
    client.send(
        out -> {
          for (int i = 0; i < 200; i++) {
            Requests.sendMessages(
                out, id("s"), id("t"), Partitioning.partition(i % 4), records("m" + i));
            Requests.createStream(out, "p" + i % 20);
          }
        });

    for (int i = 0; i < 200; i++) {
      assertThat(client.receive().status()).isZero();
      assertThat(client.receive().status())
          .isEqualTo(i < 20 ? 0 : Status.STREAM_NAME_ALREADY_EXISTS);
    }
    assertThat(poll(3, PollStrategy.first(), 100, false).messages).hasSize(50);
  }
}

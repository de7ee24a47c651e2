package dev.whippet.conformance.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.conformance.server.BrokerUnderTest;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.iggy.client.blocking.ConsumerOffsetsClient;
import org.apache.iggy.client.blocking.MessagesClient;
import org.apache.iggy.client.blocking.StreamsClient;
import org.apache.iggy.client.blocking.SystemClient;
import org.apache.iggy.client.blocking.TopicsClient;
import org.apache.iggy.consumergroup.Consumer;
import org.apache.iggy.consumeroffset.ConsumerOffsetInfo;
import org.apache.iggy.exception.IggyServerException;
import org.apache.iggy.identifier.ConsumerId;
import org.apache.iggy.identifier.StreamId;
import org.apache.iggy.identifier.TopicId;
import org.apache.iggy.message.HeaderKey;
import org.apache.iggy.message.HeaderKind;
import org.apache.iggy.message.HeaderValue;
import org.apache.iggy.message.Message;
import org.apache.iggy.message.MessageHeader;
import org.apache.iggy.message.MessageId;
import org.apache.iggy.message.Partitioning;
import org.apache.iggy.message.PolledMessages;
import org.apache.iggy.message.PollingStrategy;
import org.apache.iggy.stream.StreamBase;
import org.apache.iggy.stream.StreamDetails;
import org.apache.iggy.topic.CompressionAlgorithm;
import org.apache.iggy.topic.Topic;
import org.apache.iggy.topic.TopicDetails;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The official Java client 0.8.0 against our broker over TCP: every answer compared by value.
 * Subclasses say which of its two faces is used, with one connection each: the client does not log
 * in on every connection of its pool before it asks for statistics (iggy-classic.md 3.3).
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OfficialClientContract {
  private static final BigInteger MAX = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final int BATCH_BYTES = 2 << 20;
  private static final int HEADER_BYTES = 64;
  static final StreamId STREAM = StreamId.of("orders");
  static final TopicId TOPIC = TopicId.of("events");
  private static final Consumer CONSUMER = Consumer.of(ConsumerId.of("billing"));

  private final long seed = Long.getLong("whippet.seed", 1);
  private BrokerUnderTest broker;

  InetSocketAddress address() {
    return broker.address();
  }

  abstract void connect(InetSocketAddress address, String user, String password) throws Exception;

  abstract void disconnect() throws Exception;

  abstract SystemClient system();

  abstract StreamsClient streams();

  abstract TopicsClient topics();

  abstract MessagesClient messages();

  abstract ConsumerOffsetsClient offsets();

  @BeforeAll
  void start() throws Exception {
    broker = BrokerUnderTest.start();
    connect(broker.address(), "iggy", "iggy");
  }

  @BeforeEach
  void deleteEverything() {
    streams().getStreams().forEach(stream -> streams().deleteStream(stream.id()));
  }

  @AfterAll
  void stop() throws Exception {
    disconnect();
    broker.close();
  }

  @Test
  void anEmptyBrokerIsEmpty() {
    assertThat(system().ping()).isNotNull();
    assertThat(streams().getStreams()).isEmpty();
    assertThat(streams().getStream(STREAM)).isEmpty();
    assertThat(streams().getStream(0L)).isEmpty();
    assertThat(topics().getTopic(STREAM, TOPIC)).isEmpty();
    assertThat(offsets().getConsumerOffset(STREAM, TOPIC, Optional.of(0L), CONSUMER)).isEmpty();
  }

  @Test
  void streamsAndTopicsAreWhatWasCreated() {
    StreamDetails created = streams().createStream("orders");
    TopicDetails topic = createTopic(3);
    TopicDetails limited =
        topics()
            .createTopic(
                STREAM,
                1L,
                CompressionAlgorithm.Gzip,
                BigInteger.valueOf(60_000_000),
                BigInteger.valueOf(2L << 30),
                Optional.of((short) 3),
                "audit");

    assertThat(created.id()).isZero();
    assertThat(created.name()).isEqualTo("orders");
    assertThat(created.topicsCount()).isZero();
    assertThat(created.messagesCount()).isZero();
    assertThat(created.createdAt()).isPositive();
    assertThat(topic.name()).isEqualTo("events");
    assertThat(topic.messageExpiry()).isEqualTo(MAX);
    assertThat(topic.maxTopicSize()).isEqualTo(MAX);
    assertThat(topic.replicationFactor()).isEqualTo((short) 1);
    assertThat(topic.compressionAlgorithm()).isEqualTo(CompressionAlgorithm.None);
    assertThat(topic.partitions()).extracting(p -> p.id()).containsExactly(0L, 1L, 2L);
    assertThat(limited.messageExpiry()).isEqualTo(60_000_000);
    assertThat(limited.maxTopicSize()).isEqualTo(2L << 30);
    assertThat(limited.replicationFactor()).isEqualTo((short) 3);

    StreamDetails read = streams().getStream(STREAM).orElseThrow();
    assertThat(read.topics()).extracting(Topic::name).containsExactly("events", "audit");
    assertThat(read.topicsCount()).isEqualTo(2);
    assertThat(topics().getTopics(STREAM)).isEqualTo(read.topics());
    assertThat(streams().getStreams()).extracting(StreamBase::name).containsExactly("orders");
    TopicDetails readTopic = topics().getTopic(STREAM, TopicId.of(1L)).orElseThrow();
    assertThat(readTopic.name()).isEqualTo("audit");
    assertThat(readTopic.createdAt()).isEqualTo(limited.createdAt());

    topics().deleteTopic(STREAM, TopicId.of("audit"));
    assertThat(topics().getTopics(STREAM)).extracting(Topic::name).containsExactly("events");
    streams().deleteStream(STREAM);
    assertThat(streams().getStreams()).isEmpty();
  }

  @Test
  void messagesOfEverySizeAndHeaderKindComeBackAsTheyWere() {
    System.out.println("seed " + seed);
    createStreamAndTopic(1);
    List<Message> sent = messagesOfAllSizes(1000, 1_000_000, new Random(seed));
    sendInBatches(sent);

    int offset = 0;
    while (offset < sent.size()) {
      PolledMessages polled = poll(0, PollingStrategy.offset(BigInteger.valueOf(offset)), 100);
      assertThat(polled.currentOffset()).isEqualTo(sent.size() - 1);
      assertThat(polled.messages()).isNotEmpty();
      for (Message message : polled.messages()) {
        Message original = sent.get(offset);
        assertThat(message.header().offset()).isEqualTo(offset);
        assertThat(message.header().id().toBigInteger())
            .isEqualTo(original.header().id().toBigInteger());
        assertThat(message.header().originTimestamp())
            .isEqualTo(original.header().originTimestamp());
        assertThat(message.header().timestamp()).isPositive();
        assertThat(message.header().checksum()).isNotZero();
        assertThat(message.payload()).isEqualTo(original.payload());
        assertThat(message.userHeaders()).isEqualTo(original.userHeaders());
        offset++;
      }
    }
    TopicDetails topic = topics().getTopic(STREAM, TOPIC).orElseThrow();
    assertThat(topic.messagesCount()).isEqualTo(sent.size());
    assertThat(topic.partitions().get(0).currentOffset()).isEqualTo(sent.size() - 1);
  }

  @Test
  void theServerMakesIdsForMessagesWithoutOne() {
    createStreamAndTopic(1);
    messages()
        .sendMessages(
            STREAM, TOPIC, Partitioning.partitionId(0L), List.of(Message.of("a"), Message.of("b")));

    List<Message> read = poll(0, PollingStrategy.first(), 10).messages();

    assertThat(read).extracting(m -> text(m.payload())).containsExactly("a", "b");
    assertThat(read).extracting(m -> m.header().id().toBigInteger()).doesNotHaveDuplicates();
    assertThat(read).noneMatch(m -> m.header().id().toBigInteger().signum() == 0);
  }

  @Test
  void keysChooseThePartitionByTheirHash() {
    createStreamAndTopic(3);
    Map<String, Integer> partitions = Map.of("user-1", 0, "user-2", 2, "order-42", 1, "a", 0);
    partitions.forEach(
        (key, partition) ->
            messages()
                .sendMessages(
                    STREAM, TOPIC, Partitioning.messagesKey(key), List.of(Message.of(key))));

    for (int partition = 0; partition < 3; partition++) {
      List<String> found = new ArrayList<>();
      poll(partition, PollingStrategy.first(), 10)
          .messages()
          .forEach(message -> found.add(text(message.payload())));
      for (Map.Entry<String, Integer> entry : partitions.entrySet()) {
        assertThat(found.contains(entry.getKey())).isEqualTo(entry.getValue() == partition);
      }
    }
  }

  @Test
  void balancedBatchesGoRound() {
    createStreamAndTopic(3);
    for (int i = 0; i < 7; i++) {
      messages().sendMessages(STREAM, TOPIC, Partitioning.balanced(), List.of(Message.of("m" + i)));
    }

    for (int partition = 0; partition < 3; partition++) {
      List<String> expected = new ArrayList<>();
      for (int i = partition; i < 7; i += 3) {
        expected.add("m" + i);
      }
      assertThat(poll(partition, PollingStrategy.first(), 10).messages())
          .extracting(m -> text(m.payload()))
          .isEqualTo(expected);
    }
  }

  @Test
  void fivePollingStrategies() {
    createStreamAndTopic(1);
    assertThat(poll(0, PollingStrategy.first(), 10).messages()).isEmpty();
    for (int i = 0; i < 10; i++) {
      messages()
          .sendMessages(STREAM, TOPIC, Partitioning.partitionId(0L), List.of(Message.of("m" + i)));
    }

    assertThat(payloads(poll(0, PollingStrategy.first(), 3))).containsExactly("m0", "m1", "m2");
    assertThat(payloads(poll(0, PollingStrategy.last(), 3))).containsExactly("m7", "m8", "m9");
    assertThat(payloads(poll(0, PollingStrategy.offset(BigInteger.valueOf(4)), 2)))
        .containsExactly("m4", "m5");
    assertThat(payloads(poll(0, PollingStrategy.offset(BigInteger.TEN), 2))).isEmpty();
    assertThat(payloads(poll(0, PollingStrategy.next(), 2))).containsExactly("m0", "m1");
    BigInteger middle = poll(0, PollingStrategy.last(), 5).messages().get(0).header().timestamp();
    List<String> since = payloads(poll(0, PollingStrategy.timestamp(middle), 10));
    assertThat(since).endsWith("m5", "m6", "m7", "m8", "m9");
    assertThat(payloads(poll(0, PollingStrategy.timestamp(MAX.shiftRight(1)), 10))).isEmpty();
    assertThat(poll(0, PollingStrategy.first(), 0).messages()).isEmpty();
  }

  @Test
  void autoCommitMovesOn() {
    createStreamAndTopic(1);
    messages()
        .sendMessages(
            STREAM,
            TOPIC,
            Partitioning.partitionId(0L),
            List.of(Message.of("a"), Message.of("b"), Message.of("c")));

    assertThat(payloads(pollNextAndCommit(2))).containsExactly("a", "b");
    assertThat(storedOffset().storedOffset()).isEqualTo(1);
    assertThat(payloads(pollNextAndCommit(2))).containsExactly("c");
    assertThat(payloads(pollNextAndCommit(2))).isEmpty();
    assertThat(storedOffset().storedOffset()).isEqualTo(2);
    assertThat(storedOffset().currentOffset()).isEqualTo(2);
    assertThat(storedOffset().partitionId()).isZero();
  }

  @Test
  void offsetsAreStoredPerConsumer() {
    createStreamAndTopic(2);
    messages()
        .sendMessages(
            STREAM, TOPIC, Partitioning.partitionId(1L), List.of(Message.of("a"), Message.of("b")));
    Optional<Long> partition = Optional.of(1L);
    Consumer other = Consumer.of(7L);

    offsets().storeConsumerOffset(STREAM, TOPIC, partition, CONSUMER, BigInteger.ONE);
    offsets().storeConsumerOffset(STREAM, TOPIC, partition, other, BigInteger.ZERO);

    assertThat(offsets().getConsumerOffset(STREAM, TOPIC, partition, CONSUMER).orElseThrow())
        .isEqualTo(new ConsumerOffsetInfo(1L, BigInteger.ONE, BigInteger.ONE));
    assertThat(offsets().getConsumerOffset(STREAM, TOPIC, partition, other).orElseThrow())
        .isEqualTo(new ConsumerOffsetInfo(1L, BigInteger.ONE, BigInteger.ZERO));
    assertThat(offsets().getConsumerOffset(STREAM, TOPIC, partition, Consumer.of(8L))).isEmpty();
    assertThatStatus(
        4100, () -> offsets().storeConsumerOffset(STREAM, TOPIC, partition, other, BigInteger.TWO));
  }

  @Test
  void refusalsCarryTheirStatus() {
    createStreamAndTopic(1);
    List<Message> one = List.of(Message.of("a"));
    TopicId missing = TopicId.of("nope");

    assertThatStatus(1012, () -> streams().createStream("orders"));
    assertThatStatus(2013, () -> createTopic(1));
    assertThatStatus(1009, () -> streams().deleteStream(99L));
    assertThatStatus(2010, () -> topics().deleteTopic(STREAM, missing));
    assertThatStatus(
        2010, () -> messages().sendMessages(STREAM, missing, Partitioning.balanced(), one));
    assertThatStatus(
        3007, () -> messages().sendMessages(STREAM, TOPIC, Partitioning.partitionId(5L), one));
    assertThatStatus(3007, () -> poll(9, PollingStrategy.first(), 1));
    assertThatStatus(
        2015,
        () ->
            topics()
                .createTopic(
                    STREAM,
                    1001L,
                    CompressionAlgorithm.None,
                    BigInteger.ZERO,
                    BigInteger.ZERO,
                    Optional.empty(),
                    "wide"));
    assertThat(payloads(poll(0, PollingStrategy.first(), 1))).isEmpty();
  }

  @Test
  void wrongPasswordsAreRefused() throws Exception {
    disconnect();

    assertThatThrownBy(() -> connect(broker.address(), "iggy", "wrong"))
        .isInstanceOfSatisfying(
            IggyServerException.class, e -> assertThat(e.getRawErrorCode()).isEqualTo(42));
    disconnect();
    connect(broker.address(), "iggy", "iggy");
  }

  @Test
  void theSystemKnowsItsClientsAndCounts() {
    createStreamAndTopic(2);
    messages().sendMessages(STREAM, TOPIC, Partitioning.balanced(), List.of(Message.of("hello")));

    var me = system().getMe();
    assertThat(me.clientId()).isPositive();
    assertThat(me.transport()).isEqualToIgnoringCase("tcp");
    assertThat(me.address()).startsWith("127.0.0.1:");
    assertThat(me.consumerGroups()).isEmpty();
    assertThat(system().getClients()).extracting(c -> c.clientId()).contains(me.clientId());
    assertThat(system().getClient(me.clientId()).address()).isEqualTo(me.address());
    var stats = system().getStats();
    assertThat(stats.streamsCount()).isEqualTo(1);
    assertThat(stats.topicsCount()).isEqualTo(1);
    assertThat(stats.partitionsCount()).isEqualTo(2);
    assertThat(stats.messagesCount()).isEqualTo(1);
    assertThat(stats.processId()).isEqualTo(ProcessHandle.current().pid());
    assertThat(stats.hostname()).isNotEmpty();
    assertThat(stats.iggyServerVersion()).startsWith("0.8");
  }

  void createStreamAndTopic(int partitions) {
    streams().createStream("orders");
    createTopic(partitions);
  }

  private TopicDetails createTopic(int partitions) {
    return topics()
        .createTopic(
            STREAM,
            (long) partitions,
            CompressionAlgorithm.None,
            BigInteger.ZERO,
            BigInteger.ZERO,
            Optional.empty(),
            "events");
  }

  private void sendInBatches(List<Message> messages) {
    List<Message> batch = new ArrayList<>();
    int bytes = 0;
    for (Message message : messages) {
      if (bytes > BATCH_BYTES || batch.size() == 50) {
        messages().sendMessages(STREAM, TOPIC, Partitioning.partitionId(0L), batch);
        batch = new ArrayList<>();
        bytes = 0;
      }
      batch.add(message);
      bytes += HEADER_BYTES + message.payload().length;
    }
    messages().sendMessages(STREAM, TOPIC, Partitioning.partitionId(0L), batch);
  }

  /** Sizes rise evenly on a logarithmic scale; header kinds take turns as key and as value. */
  private static List<Message> messagesOfAllSizes(int count, int bytesMax, Random random) {
    List<Message> messages = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double exponent = (double) i / (count - 1);
      byte[] payload = new byte[(int) Math.round(Math.pow(bytesMax, exponent))];
      random.nextBytes(payload);
      Map<HeaderKey, HeaderValue> headers = new HashMap<>();
      for (int kind = 1; kind <= i % 16; kind++) {
        HeaderKind keyKind = HeaderKind.fromCode(kind);
        HeaderKind valueKind = HeaderKind.fromCode(1 + (kind + i) % 15);
        headers.put(
            new HeaderKey(keyKind, bytesOf(keyKind, random)),
            new HeaderValue(valueKind, bytesOf(valueKind, random)));
      }
      messages.add(message(i, payload).withUserHeaders(headers));
    }
    return messages;
  }

  private static byte[] bytesOf(HeaderKind kind, Random random) {
    int size =
        switch (kind) {
          case Bool, Int8, Uint8 -> 1;
          case Int16, Uint16 -> 2;
          case Int32, Uint32, Float32 -> 4;
          case Int64, Uint64, Float64 -> 8;
          case Int128, Uint128 -> 16;
          case Raw, String -> 1 + random.nextInt(255);
        };
    byte[] bytes = new byte[size];
    if (kind == HeaderKind.String) {
      for (int i = 0; i < size; i++) {
        bytes[i] = (byte) ('a' + random.nextInt(26));
      }
    } else if (kind == HeaderKind.Bool) {
      bytes[0] = (byte) random.nextInt(2);
    } else {
      random.nextBytes(bytes);
    }
    return bytes;
  }

  private static Message message(int number, byte[] payload) {
    MessageHeader header =
        new MessageHeader(
            BigInteger.ZERO,
            MessageId.from(BigInteger.valueOf(1_000_000L + number)),
            BigInteger.ZERO,
            BigInteger.ZERO,
            BigInteger.valueOf(1_767_225_600_000_000L + number),
            0L,
            (long) payload.length,
            BigInteger.ZERO);
    return new Message(header, payload, Map.of());
  }

  private PolledMessages poll(int partition, PollingStrategy strategy, int count) {
    Optional<Long> where = Optional.of((long) partition);
    return messages().pollMessages(STREAM, TOPIC, where, CONSUMER, strategy, (long) count, false);
  }

  private PolledMessages pollNextAndCommit(int count) {
    return messages()
        .pollMessages(
            STREAM, TOPIC, Optional.of(0L), CONSUMER, PollingStrategy.next(), (long) count, true);
  }

  private ConsumerOffsetInfo storedOffset() {
    return offsets().getConsumerOffset(STREAM, TOPIC, Optional.of(0L), CONSUMER).orElseThrow();
  }

  private static List<String> payloads(PolledMessages polled) {
    assertThat(polled.count()).isEqualTo(polled.messages().size());
    return polled.messages().stream().map(message -> text(message.payload())).toList();
  }

  private static String text(byte[] payload) {
    return new String(payload, StandardCharsets.UTF_8);
  }

  private static void assertThatStatus(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            IggyServerException.class, e -> assertThat(e.getRawErrorCode()).isEqualTo(status));
  }
}

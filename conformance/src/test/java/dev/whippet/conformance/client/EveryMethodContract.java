package dev.whippet.conformance.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.conformance.server.BrokerUnderTest;
import java.math.BigInteger;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.iggy.client.blocking.ConsumerGroupsClient;
import org.apache.iggy.client.blocking.IggyBaseClient;
import org.apache.iggy.client.blocking.StreamsClient;
import org.apache.iggy.client.blocking.TopicsClient;
import org.apache.iggy.client.blocking.UsersClient;
import org.apache.iggy.consumergroup.Consumer;
import org.apache.iggy.consumergroup.ConsumerGroupMember;
import org.apache.iggy.exception.IggyServerException;
import org.apache.iggy.identifier.ConsumerId;
import org.apache.iggy.identifier.StreamId;
import org.apache.iggy.identifier.TopicId;
import org.apache.iggy.identifier.UserId;
import org.apache.iggy.message.Message;
import org.apache.iggy.message.Partitioning;
import org.apache.iggy.message.PollingStrategy;
import org.apache.iggy.personalaccesstoken.PersonalAccessTokenInfo;
import org.apache.iggy.stream.StreamBase;
import org.apache.iggy.system.ClientInfoDetails;
import org.apache.iggy.system.ConsumerGroupInfo;
import org.apache.iggy.topic.CompressionAlgorithm;
import org.apache.iggy.topic.Topic;
import org.apache.iggy.user.GlobalPermissions;
import org.apache.iggy.user.Permissions;
import org.apache.iggy.user.UserInfo;
import org.apache.iggy.user.UserInfoDetails;
import org.apache.iggy.user.UserStatus;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * All methods of the official Java client 0.8.0, found by reflection: each is called, and answered
 * as a stock server answers it. What the broker can't do yet stands in {@link #NOT_YET}; a method
 * that is neither answered nor listed fails the test.
 */
abstract class EveryMethodContract {

  /** The same names for all faces; empty when everything is built. */
  private static final Set<String> NOT_YET = Set.of();

  private static final StreamId STREAM = StreamId.of("s");
  private static final TopicId TOPIC = TopicId.of("t");
  private static final ConsumerId GROUP = ConsumerId.of("g");
  private static final BigInteger ZERO = BigInteger.ZERO;
  private static final BigInteger NEVER = BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);
  private static final Permissions POLLER =
      new Permissions(
          new GlobalPermissions(false, false, false, false, false, true, false, true, true, false),
          Map.of());

  final Recorder recorder = new Recorder();
  private BrokerUnderTest broker;
  private IggyBaseClient client;

  /** Logged in as iggy / iggy, on one connection; its faces are the recorder's. */
  abstract IggyBaseClient connect(InetSocketAddress address) throws Exception;

  abstract void disconnect() throws Exception;

  /** Methods that the face has and can't do, whatever the server. */
  Set<String> impossible() {
    return Set.of();
  }

  /** Whether the face has connections that join groups. */
  abstract boolean hasMembership();

  @BeforeEach
  void start() throws Exception {
    broker = BrokerUnderTest.start();
    client = connect(broker.address());
  }

  @AfterEach
  void stop() throws Exception {
    disconnect();
    broker.close();
  }

  @Test
  void everyMethodIsAnswered() {
    step(this::system);
    step(this::streams);
    step(this::topics);
    step(this::partitions);
    step(this::messagesAndOffsets);
    step(this::groups);
    step(this::users);
    step(this::tokens);
    step(this::session);

    System.out.println(getClass().getSimpleName() + ": " + recorder.count() + " methods");
    Set<String> missing = recorder.missing();
    missing.removeAll(impossible());
    assertThat(missing).isSubsetOf(NOT_YET);
  }

  /** Ends early where the broker answers that it can't do that yet. */
  private static void step(Runnable body) {
    try {
      body.run();
    } catch (IggyServerException e) {
      if (e.getRawErrorCode() != 5) {
        throw e;
      }
    }
  }

  private void system() {
    assertThat(client.system().ping()).isNotNull();
    assertThat(client.system().getStats().iggyServerVersion()).startsWith("0.8");
    if (hasMembership()) {
      ClientInfoDetails me = client.system().getMe();
      assertThat(client.system().getClient(me.clientId()).address()).isEqualTo(me.address());
      assertThat(client.system().getClients())
          .extracting(info -> info.clientId())
          .contains(me.clientId());
    } else {
      assertThat(client.system().getClients()).isNotNull();
      assertThatThrownBy(() -> client.system().getClient(1L))
          .isInstanceOf(IggyServerException.class);
    }
  }

  private void streams() {
    StreamsClient streams = client.streams();
    assertThat(streams.createStream("a").name()).isEqualTo("a");
    assertThat(streams.getStream(0L).orElseThrow().name()).isEqualTo("a");
    streams.createStream("b");
    assertThat(streams.getStream(StreamId.of("b")).orElseThrow().id()).isEqualTo(1L);
    assertThat(streams.getStreams()).extracting(StreamBase::name).containsExactly("a", "b");
    assertThat(streams.getStream(StreamId.of("c"))).isEmpty();
    streams.deleteStream(0L);
    streams.deleteStream(StreamId.of("b"));
    assertThat(streams.getStreams()).isEmpty();
    streams.createStream("a");
    streams.updateStream(streams.getStream(StreamId.of("a")).orElseThrow().id(), "c");
    streams.updateStream(StreamId.of("c"), "d");
    assertThat(streams.getStreams()).extracting(StreamBase::name).containsExactly("d");
  }

  private void topics() {
    long stream = client.streams().createStream("topics").id();
    StreamId named = StreamId.of("topics");
    TopicsClient topics = client.topics();
    CompressionAlgorithm none = CompressionAlgorithm.None;
    topics.createTopic(stream, 1L, none, ZERO, ZERO, Optional.empty(), "a");
    topics.createTopic(named, 2L, none, ZERO, ZERO, Optional.empty(), "b");
    assertThat(topics.getTopic(stream, 0L).orElseThrow().name()).isEqualTo("a");
    assertThat(topics.getTopic(named, TopicId.of("b")).orElseThrow().id()).isEqualTo(1L);
    assertThat(topics.getTopics(stream)).isEqualTo(topics.getTopics(named)).hasSize(2);
    topics.deleteTopic(stream, 0L);
    topics.deleteTopic(named, TopicId.of("b"));
    assertThat(topics.getTopics(named)).isEmpty();
    long topic = topics.createTopic(named, 1L, none, ZERO, ZERO, Optional.empty(), "a").id();
    topics.updateTopic(stream, topic, none, NEVER, NEVER, Optional.empty(), "c");
    topics.updateTopic(named, TopicId.of("c"), none, NEVER, NEVER, Optional.empty(), "d");
    assertThat(topics.getTopics(stream)).extracting(Topic::name).containsExactly("d");
  }

  private void partitions() {
    long stream = create("partitions", 1);
    StreamId named = StreamId.of("partitions");
    client.partitions().createPartitions(stream, 0L, 2L);
    client.partitions().createPartitions(named, TOPIC, 3L);
    assertThat(partitionsOf(named)).isEqualTo(6L);
    client.partitions().deletePartitions(stream, 0L, 1L);
    client.partitions().deletePartitions(named, TOPIC, 3L);
    assertThat(partitionsOf(named)).isEqualTo(2L);
  }

  private long partitionsOf(StreamId stream) {
    return client.topics().getTopic(stream, TOPIC).orElseThrow().partitionsCount();
  }

  private void messagesAndOffsets() {
    long stream = create("s", 1);
    List<Message> one = List.of(Message.of("a"));
    Optional<Long> first = Optional.of(0L);
    client.messages().sendMessages(stream, 0L, Partitioning.partitionId(0L), one);
    client.messages().sendMessages(STREAM, TOPIC, Partitioning.balanced(), one);
    Consumer consumer = Consumer.of(7L);
    PollingStrategy strategy = PollingStrategy.first();
    assertThat(client.messages().pollMessages(stream, 0L, first, 7L, strategy, 9L, false).count())
        .isEqualTo(2);
    assertThat(
            client
                .messages()
                .pollMessages(STREAM, TOPIC, first, consumer, strategy, 1L, false)
                .messages())
        .hasSize(1);
    client.consumerOffsets().storeConsumerOffset(stream, 0L, first, 7L, BigInteger.ZERO);
    assertThat(
            client
                .consumerOffsets()
                .getConsumerOffset(stream, 0L, first, 7L)
                .orElseThrow()
                .storedOffset())
        .isEqualTo(BigInteger.ZERO);
    client.consumerOffsets().storeConsumerOffset(STREAM, TOPIC, first, consumer, BigInteger.ONE);
    assertThat(
            client
                .consumerOffsets()
                .getConsumerOffset(STREAM, TOPIC, first, consumer)
                .orElseThrow()
                .storedOffset())
        .isEqualTo(BigInteger.ONE);
  }

  private void groups() {
    long stream = create("groups", 2);
    StreamId named = StreamId.of("groups");
    ConsumerGroupsClient groups = client.consumerGroups();
    assertThat(groups.createConsumerGroup(stream, 0L, "a").membersCount()).isZero();
    long id = groups.createConsumerGroup(named, TOPIC, "g").id();
    assertThat(id).isEqualTo(1L);
    assertThat(groups.getConsumerGroups(stream, 0L))
        .isEqualTo(groups.getConsumerGroups(named, TOPIC))
        .extracting(group -> group.name())
        .containsExactly("a", "g");
    assertThat(groups.getConsumerGroup(named, TOPIC, GROUP))
        .isEqualTo(groups.getConsumerGroup(stream, 0L, id))
        .isPresent();
    if (hasMembership()) {
      membership(stream, named, id);
    }
    groups.deleteConsumerGroup(stream, 0L, 0L);
    groups.deleteConsumerGroup(named, TOPIC, GROUP);
    assertThat(groups.getConsumerGroups(named, TOPIC)).isEmpty();
  }

  private void membership(long stream, StreamId named, long id) {
    ConsumerGroupsClient groups = client.consumerGroups();
    groups.joinConsumerGroup(stream, 0L, id);
    groups.joinConsumerGroup(named, TOPIC, GROUP);
    assertThat(groups.getConsumerGroup(stream, 0L, id).orElseThrow().members())
        .containsExactly(new ConsumerGroupMember(0L, 2L, List.of(0L, 1L)));
    assertThat(client.system().getMe().consumerGroups())
        .containsExactly(new ConsumerGroupInfo(stream, 0L, id));
    Consumer member = Consumer.group(GROUP);
    client
        .messages()
        .sendMessages(named, TOPIC, Partitioning.partitionId(1L), List.of(Message.of("m")));
    Optional<Long> any = Optional.empty();
    PollingStrategy next = PollingStrategy.next();
    assertThat(client.messages().pollMessages(named, TOPIC, any, member, next, 9L, true).messages())
        .as("partition 0 has none")
        .isEmpty();
    assertThat(client.messages().pollMessages(named, TOPIC, any, member, next, 9L, true).count())
        .isEqualTo(1);
    assertThat(
            client
                .consumerOffsets()
                .getConsumerOffset(named, TOPIC, Optional.of(1L), member)
                .orElseThrow()
                .storedOffset())
        .isEqualTo(BigInteger.ZERO);
    groups.leaveConsumerGroup(stream, 0L, id);
    assertStatus(5006, () -> groups.leaveConsumerGroup(named, TOPIC, GROUP));
    groups.joinConsumerGroup(named, TOPIC, GROUP);
    groups.leaveConsumerGroup(named, TOPIC, GROUP);
  }

  private void users() {
    UsersClient users = client.users();
    UserInfoDetails created =
        users.createUser("reader", "secret", UserStatus.Active, Optional.of(POLLER));
    long id = created.id();
    UserId named = UserId.of("reader");
    assertThat(created.permissions()).isPresent();
    assertThat(users.getUser(id).orElseThrow().username()).isEqualTo("reader");
    assertThat(users.getUser(named).orElseThrow().permissions().orElseThrow().global())
        .isEqualTo(POLLER.global());
    assertThat(users.getUsers()).extracting(UserInfo::username).containsExactly("iggy", "reader");
    users.updateUser(id, Optional.of("writer"), Optional.empty());
    users.updateUser(UserId.of("writer"), Optional.of("reader"), Optional.of(UserStatus.Inactive));
    assertThat(users.getUser(id).orElseThrow().status()).isEqualTo(UserStatus.Inactive);
    users.updatePermissions(id, Optional.empty());
    assertThat(users.getUser(id).orElseThrow().permissions()).isEmpty();
    users.updatePermissions(named, Optional.of(POLLER));
    users.changePassword(id, "secret", "secret-2");
    users.changePassword(named, "secret-2", "secret-3");
    assertStatus(42, () -> users.changePassword(named, "secret", "other"));
    users.deleteUser(id);
    users.createUser("reader", "secret", UserStatus.Active, Optional.empty());
    users.deleteUser(named);
    assertThat(users.getUsers()).hasSize(1);
  }

  private void tokens() {
    var tokens = client.personalAccessTokens();
    String token = tokens.createPersonalAccessToken("tok", ZERO).token();
    assertThat(tokens.getPersonalAccessTokens())
        .extracting(PersonalAccessTokenInfo::name)
        .containsExactly("tok");
    assertThat(tokens.loginWithPersonalAccessToken(token).userId()).isZero();
    tokens.deletePersonalAccessToken("tok");
    assertThat(tokens.getPersonalAccessTokens()).isEmpty();
  }

  private void session() {
    client.users().logout();
    assertThat(client.users().login("iggy", "iggy").userId()).isZero();
    assertThat(client.streams().getStreams()).isNotNull();
  }

  /** A stream with the topic "t"; its id. */
  private long create(String stream, long partitions) {
    long id = client.streams().createStream(stream).id();
    client
        .topics()
        .createTopic(
            StreamId.of(stream),
            partitions,
            CompressionAlgorithm.None,
            ZERO,
            ZERO,
            Optional.empty(),
            "t");
    return id;
  }

  private static void assertStatus(int status, ThrowingCallable call) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            IggyServerException.class, e -> assertThat(e.getRawErrorCode()).isEqualTo(status));
  }
}

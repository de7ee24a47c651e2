package dev.whippet.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.testkit.WireVector;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RepliesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FUZZ_ROUNDS = 20_000;
  private static final int FUZZ_BYTES_MAX = 300;

  /** Commands whose success payload the SDK reads. */
  private static final List<Integer> DECODED =
      Arrays.asList(
          Command.LOGIN_USER,
          Command.LOGIN_WITH_TOKEN,
          Command.GET_CLUSTER_METADATA,
          Command.GET_ME,
          Command.GET_CLIENT,
          Command.GET_STREAM,
          Command.GET_STREAMS,
          Command.CREATE_STREAM,
          Command.GET_TOPIC,
          Command.GET_TOPICS,
          Command.CREATE_TOPIC,
          Command.POLL_MESSAGES,
          Command.GET_CONSUMER_OFFSET,
          Command.GET_CONSUMER_GROUP,
          Command.GET_CONSUMER_GROUPS,
          Command.CREATE_CONSUMER_GROUP,
          Command.HELLO,
          Command.PUBLISH,
          Command.PRODUCER_STATE);

  static Stream<WireVector> vectors() {
    return WireVector.all().stream()
        .filter(vector -> !vector.request && vector.status == 0)
        .filter(vector -> DECODED.contains(vector.code));
  }

  static Stream<WireVector> vectorsWithPayload() {
    return vectors().filter(vector -> vector.payload().length > 0);
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void everyVectorIsDecodedToItsFields(WireVector vector) throws Exception {
    Buffer frame = new Buffer().write(vector.frame());
    Reply reply = new ReplyReader(1 << 20).next(frame);

    assertThat(reply.ok()).isTrue();
    assertThat(plain(decode(vector.code, reply.payload()))).isEqualTo(plain(vector.fields));
    assertThat(reply.payload().size()).isZero();
  }

  @Test
  void everyDecodedCommandHasAVector() {
    assertThat(vectorsWithPayload().map(v -> v.code)).containsAll(DECODED);
  }

  @ParameterizedTest
  @MethodSource("vectorsWithPayload")
  void aPayloadCutAnywhereIsAProtocolFault(WireVector vector) {
    byte[] payload = vector.payload();

    for (int length = 1; length < payload.length; length++) {
      Buffer cut = new Buffer().write(payload, 0, length);
      try {
        JsonNode decoded = decode(vector.code, cut);
        assertThat(isList(vector.code)).as("%s cut at %s: %s", vector, length, decoded).isTrue();
      } catch (ProtocolException expected) {
        assertThat(expected).hasMessageContaining(":");
      } catch (Exception e) {
        fail(vector + " cut at " + length, e);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("vectorsWithPayload")
  void bytesAfterTheEndAreAProtocolFault(WireVector vector) {
    Buffer longer = new Buffer().write(vector.payload()).writeByte(1);

    assertThatThrownBy(() -> decode(vector.code, longer)).isInstanceOf(ProtocolException.class);
  }

  @Test
  void aCountThatTheBytesCannotHoldTakesNoMemory() {
    Buffer polled = new Buffer().writeIntLe(1).writeLongLe(0).writeIntLe(Integer.MAX_VALUE);
    Buffer cluster = new Buffer().writeIntLe(0).writeIntLe(100_000_000);
    Buffer name = new Buffer().writeIntLe(2_000_000_000);

    assertThatThrownBy(() -> Replies.polled(polled))
        .hasMessageContaining("2147483647 elements announced in 0 bytes");
    assertThatThrownBy(() -> Replies.cluster(cluster))
        .hasMessageContaining("100000000 elements announced");
    assertThatThrownBy(() -> Replies.cluster(name))
        .hasMessageContaining("2000000000 bytes expected, 0 left");
  }

  @Test
  void randomAndDamagedPayloadsEndInAValueOrAProtocolFault() {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("RepliesTest seed " + seed);
    Random random = new Random(seed);
    List<WireVector> vectors = vectorsWithPayload().toList();

    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      WireVector vector = vectors.get(random.nextInt(vectors.size()));
      byte[] payload = round % 2 == 0 ? noise(random) : damaged(vector.payload(), random);
      try {
        decode(vector.code, new Buffer().write(payload));
      } catch (ProtocolException expected) {
        // a value or this
      } catch (Exception e) {
        fail("seed " + seed + ", round " + round + ", " + vector, e);
      }
    }
  }

  @Test
  void statusesHaveNames() {
    assertThat(Status.name(0)).isEqualTo("ok (0)");
    assertThat(Status.name(1009)).isEqualTo("stream not found (1009)");
    assertThat(Status.name(777)).isEqualTo("status 777");
    assertThat(Status.name(-1)).isEqualTo("status 0xffffffff");
    assertThat(Status.name(Status.FENCED)).contains("fenced").contains("0x57480102");
  }

  private static byte[] noise(Random random) {
    byte[] payload = new byte[random.nextInt(FUZZ_BYTES_MAX)];
    random.nextBytes(payload);
    return payload;
  }

  private static byte[] damaged(byte[] payload, Random random) {
    for (int i = random.nextInt(4); i >= 0; i--) {
      payload[random.nextInt(payload.length)] = (byte) random.nextInt();
    }
    return payload;
  }

  private static boolean isList(int code) {
    return code == Command.GET_STREAMS
        || code == Command.GET_TOPICS
        || code == Command.GET_CONSUMER_GROUPS;
  }

  // --- values to vectors' fields ----------------------------------------------------------------

  private static JsonNode decode(int code, Buffer payload) throws ProtocolException {
    return switch (code) {
      case Command.LOGIN_USER, Command.LOGIN_WITH_TOKEN ->
          object().put("user_id", u32(Replies.userId(payload)));
      case Command.GET_CLUSTER_METADATA -> cluster(Replies.cluster(payload));
      case Command.GET_ME, Command.GET_CLIENT ->
          orEmpty(Replies.client(payload), RepliesTest::client);
      case Command.GET_STREAM ->
          orEmpty(
              Replies.stream(payload),
              s -> stream(s).set("topics", list(s.topics, RepliesTest::topic)));
      case Command.CREATE_STREAM -> orEmpty(Replies.stream(payload), RepliesTest::stream);
      case Command.GET_STREAMS ->
          object().set("streams", list(Replies.streams(payload), RepliesTest::stream));
      case Command.GET_TOPIC, Command.CREATE_TOPIC ->
          orEmpty(
              Replies.topic(payload),
              t -> topic(t).set("partitions", list(t.partitions, RepliesTest::partition)));
      case Command.GET_TOPICS ->
          object().set("topics", list(Replies.topics(payload), RepliesTest::topic));
      case Command.POLL_MESSAGES -> polled(Replies.polled(payload));
      case Command.GET_CONSUMER_OFFSET ->
          orEmpty(Replies.offsetInfo(payload), RepliesTest::offsetInfo);
      case Command.GET_CONSUMER_GROUP, Command.CREATE_CONSUMER_GROUP ->
          orEmpty(
              Replies.group(payload),
              g -> group(g).set("members", list(g.members, RepliesTest::member)));
      case Command.GET_CONSUMER_GROUPS ->
          object().set("groups", list(Replies.groups(payload), RepliesTest::group));
      case Command.HELLO -> hello(Replies.hello(payload));
      case Command.PUBLISH -> published(Replies.publish(payload));
      case Command.PRODUCER_STATE -> producerState(Replies.producerState(payload));
      default -> throw new AssertionError("code " + code);
    };
  }

  private static ObjectNode cluster(Replies.Cluster cluster) {
    ObjectNode fields = object().put("name", cluster.name);
    return fields.set(
        "nodes",
        list(
            cluster.nodes,
            node ->
                object()
                    .put("name", node.name)
                    .put("ip", node.ip)
                    .put("tcp_port", node.tcpPort)
                    .put("quic_port", node.quicPort)
                    .put("http_port", node.httpPort)
                    .put("websocket_port", node.webSocketPort)
                    .put("role", node.role)
                    .put("status", node.status)));
  }

  private static ObjectNode client(Replies.ClientDetails client) {
    return object()
        .put("client_id", u32(client.clientId))
        .put("user_id", u32(client.userId))
        .put("transport", client.transport)
        .put("address", client.address)
        .put("consumer_groups_count", client.memberships.size())
        .set(
            "consumer_groups",
            list(
                client.memberships,
                m ->
                    object()
                        .put("stream_id", m.streamId)
                        .put("topic_id", m.topicId)
                        .put("group_id", m.groupId)));
  }

  private static ObjectNode stream(Replies.Stream stream) {
    return object()
        .put("id", stream.id)
        .put("created_at", stream.createdAtMicros)
        .put("topics_count", stream.topicsCount)
        .put("size_bytes", stream.sizeBytes)
        .put("messages_count", stream.messagesCount)
        .put("name", stream.name);
  }

  private static ObjectNode topic(Replies.Topic topic) {
    return object()
        .put("id", topic.id)
        .put("created_at", topic.createdAtMicros)
        .put("partitions_count", topic.partitionsCount)
        .put("message_expiry", u64(topic.messageExpiryMicros))
        .put("compression_algorithm", topic.compression)
        .put("max_topic_size", u64(topic.maxSizeBytes))
        .put("replication_factor", topic.replicationFactor)
        .put("size_bytes", topic.sizeBytes)
        .put("messages_count", topic.messagesCount)
        .put("name", topic.name);
  }

  private static ObjectNode partition(Replies.Partition partition) {
    return object()
        .put("id", partition.id)
        .put("created_at", partition.createdAtMicros)
        .put("segments_count", partition.segmentsCount)
        .put("current_offset", partition.currentOffset)
        .put("size_bytes", partition.sizeBytes)
        .put("messages_count", partition.messagesCount);
  }

  private static ObjectNode polled(Replies.Polled polled) {
    return object()
        .put("partition_id", polled.partitionId)
        .put("current_offset", polled.currentOffset)
        .put("messages_count", polled.messages.size())
        .set(
            "messages",
            list(
                polled.messages,
                m ->
                    object()
                        .put("checksum", Long.toUnsignedString(m.checksum))
                        .put("id", u128(m.idHigh, m.idLow))
                        .put("offset", m.offset)
                        .put("timestamp", m.timestampMicros)
                        .put("origin_timestamp", m.originTimestampMicros)
                        .put("payload_hex", hex(m.payload))
                        .put("headers_hex", hex(m.headers))));
  }

  private static ObjectNode offsetInfo(Replies.OffsetInfo info) {
    return object()
        .put("partition_id", info.partitionId)
        .put("current_offset", info.currentOffset)
        .put("stored_offset", info.storedOffset);
  }

  private static ObjectNode group(Replies.Group group) {
    return object()
        .put("id", group.id)
        .put("partitions_count", group.partitionsCount)
        .put("members_count", group.membersCount)
        .put("name", group.name);
  }

  private static ObjectNode member(Replies.Member member) {
    ArrayNode partitions = JSON.createArrayNode();
    member.partitions.forEach(partitions::add);
    return object().put("id", member.id).set("partitions", partitions);
  }

  private static ObjectNode hello(Replies.Hello hello) {
    return object()
        .put("version", hello.version)
        .put("features", hello.features)
        .put("broker_id_hex", hex(hello.brokerId))
        .put("request_bytes_max", hello.requestBytesMax)
        .put("publishes_in_flight_max", hello.publishesInFlightMax)
        .put("publish_bytes_in_flight_max", hello.publishBytesInFlightMax)
        .put("ping_interval_millis", hello.pingIntervalMillis);
  }

  private static ObjectNode published(Replies.Published published) {
    return object()
        .put("outcome", published.outcome)
        .put("partition_id", published.partition)
        .put("base_offset", u64(published.baseOffset))
        .put("highest_durable_sequence", published.highestDurableSequence);
  }

  private static ObjectNode producerState(Replies.ProducerState state) {
    return object()
        .put("known", state.known)
        .put("incarnation", state.incarnation)
        .put("highest_durable_sequence", state.highestDurableSequence);
  }

  private static <T> JsonNode orEmpty(T value, Function<T, JsonNode> fields) {
    return value == null ? object() : fields.apply(value);
  }

  private static <T> ArrayNode list(List<T> values, Function<T, JsonNode> fields) {
    ArrayNode list = JSON.createArrayNode();
    values.forEach(value -> list.add(fields.apply(value)));
    return list;
  }

  /** One form for both sides: numbers as texts, header pairs as their encoded block. */
  private static JsonNode plain(JsonNode node) {
    if (node.isNumber()) {
      return JSON.getNodeFactory().textNode(node.asText());
    }
    if (node.isArray()) {
      ArrayNode list = JSON.createArrayNode();
      node.forEach(element -> list.add(plain(element)));
      return list;
    }
    if (!node.isObject()) {
      return node;
    }
    ObjectNode fields = object();
    node.properties()
        .forEach(
            field -> {
              if (field.getKey().equals("user_headers")) {
                fields.put("headers_hex", hex(RequestsTest.headers(node)));
              } else {
                fields.set(field.getKey(), plain(field.getValue()));
              }
            });
    return fields;
  }

  private static ObjectNode object() {
    return JSON.createObjectNode();
  }

  private static long u32(int value) {
    return value & 0xFFFFFFFFL;
  }

  private static String u64(long value) {
    return Long.toUnsignedString(value);
  }

  private static String u128(long high, long low) {
    return new BigInteger(u64(high)).shiftLeft(64).or(new BigInteger(u64(low))).toString();
  }

  private static String hex(byte[] bytes) {
    StringBuilder hex = new StringBuilder();
    for (byte b : bytes) {
      hex.append(String.format("%02x", b));
    }
    return hex.toString();
  }
}

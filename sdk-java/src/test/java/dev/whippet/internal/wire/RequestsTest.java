package dev.whippet.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.testkit.WireVector;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class RequestsTest {
  /** Commands of the vectors that an edge client has no use for. */
  private static final Set<Integer> NOT_ENCODED =
      new TreeSet<>(
          Arrays.asList(
              Command.GET_SNAPSHOT,
              Command.GET_CLIENT,
              Command.GET_CLIENTS,
              Command.GET_USER,
              Command.GET_USERS,
              Command.CREATE_USER,
              Command.DELETE_USER,
              Command.UPDATE_USER,
              Command.UPDATE_PERMISSIONS,
              Command.CHANGE_PASSWORD,
              Command.GET_TOKENS,
              Command.CREATE_TOKEN,
              Command.DELETE_TOKEN,
              Command.FLUSH_UNSAVED_BUFFER,
              Command.UPDATE_STREAM,
              Command.PURGE_STREAM,
              Command.UPDATE_TOPIC,
              Command.PURGE_TOPIC,
              Command.DELETE_PARTITIONS,
              Command.DELETE_SEGMENTS));

  private final Buffer out = new Buffer();

  static Stream<WireVector> vectors() {
    return WireVector.all().stream()
        .filter(vector -> vector.request && !vector.malformed)
        .filter(vector -> !NOT_ENCODED.contains(vector.code));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void everyVectorIsEncodedToItsBytes(WireVector vector) {
    encode(vector.code, vector.fields);

    assertThat(out.readByteArray()).isEqualTo(vector.frame());
  }

  @Test
  void everyMethodHasAVector() {
    Set<Integer> encoded =
        vectors().map(v -> v.code).collect(Collectors.toCollection(TreeSet::new));
    long methods =
        Arrays.stream(Requests.class.getMethods())
            .filter(method -> method.getDeclaringClass() == Requests.class)
            .count();

    assertThat(encoded).hasSize((int) methods);
  }

  @Test
  void framesFollowEachOther() {
    Requests.ping(out);
    Requests.createStream(out, "orders");
    Requests.ping(out);

    assertThat(out.readByteArray())
        .isEqualTo(
            WireVector.bytes(
                "0400000001000000" + "0b000000ca000000066f7264657273" + "0400000001000000"));
  }

  @Test
  void lengthsAreOfBytesNotOfCharacters() {
    Requests.createStream(out, "messgerät");

    assertThat(out.readByteArray())
        .isEqualTo(WireVector.bytes("0f000000ca0000000a6d657373676572c3a474"));
  }

  @Test
  void argumentsThatTheWireCannotCarryAreRefusedBeforeAnythingIsWritten() {
    String tooLong = new String(new char[256]).replace('\0', 'x');
    Identifier stream = Identifier.numeric(0);

    assertThatThrownBy(() -> Requests.createStream(out, "")).hasMessageContaining("0 bytes");
    assertThatThrownBy(() -> Identifier.named(tooLong)).hasMessageContaining("256 bytes");
    assertThatThrownBy(() -> Partitioning.key(new byte[0])).hasMessageContaining("0 bytes");
    assertThatThrownBy(() -> Partitioning.key(new byte[256])).hasMessageContaining("256 bytes");
    assertThatThrownBy(() -> Requests.login(out, "iggy", tooLong, null, null))
        .hasMessageContaining("256 bytes");
    assertThatThrownBy(() -> Requests.login(out, "iggy", "iggy", null, big(9000)))
        .hasMessageContaining("limit is 8192");
    assertThatThrownBy(() -> Requests.createTopic(out, stream, "t", 1001, TopicSettings.DEFAULT))
        .hasMessageContaining("1001");
    assertThatThrownBy(() -> Requests.hello(out, 1, new byte[15], 1, new byte[16]))
        .hasMessageContaining("producer has 15 bytes");
    assertThatThrownBy(() -> new Place(stream, stream, 0, 65536)).hasMessageContaining("65536");
    assertThatThrownBy(() -> new Place(stream, stream, -1, 0)).hasMessageContaining("-1");
    assertThat(out.size()).isZero();
  }

  @Test
  void aBatchWithoutMessagesOrWithFallingSequencesIsRefused() {
    Identifier id = Identifier.numeric(0);
    Place place = new Place(id, id, 0, 0);
    MessageRecords records = new MessageRecords();

    assertThatThrownBy(() -> Requests.sendMessages(out, id, id, Partitioning.balanced(), records))
        .hasMessageContaining("no messages");
    assertThatThrownBy(() -> Requests.publish(out, place, 0, 1, records))
        .hasMessageContaining("no messages");
    records.add(0, 0, 0, new byte[1], null);
    assertThatThrownBy(() -> Requests.publish(out, place, 5, 5, records))
        .hasMessageContaining("5 is not above previous 5");
    assertThat(out.size()).isZero();
    assertThat(records.count()).isEqualTo(1);
  }

  private static String big(int length) {
    return new String(new char[length]).replace('\0', 'x');
  }

  // --- vectors' fields to calls -----------------------------------------------------------------

  private void encode(int code, JsonNode f) {
    if (code == Command.LOGIN_USER) {
      Requests.login(
          out, text(f, "username"), text(f, "password"), text(f, "version"), text(f, "context"));
    } else if (code == Command.LOGIN_WITH_TOKEN) {
      Requests.loginWithToken(out, text(f, "token"));
    } else if (code < Command.POLL_MESSAGES) {
      encodeWithoutPayload(code);
    } else if (code < Command.GET_STREAM) {
      encodeMessages(code, f);
    } else if (code < Command.GET_CONSUMER_GROUP) {
      encodeStreams(code, f);
    } else if (code < Command.HELLO) {
      encodeGroups(code, f);
    } else {
      encodeExtension(code, f);
    }
  }

  private void encodeWithoutPayload(int code) {
    switch (code) {
      case Command.PING -> Requests.ping(out);
      case Command.GET_STATS -> Requests.getStats(out);
      case Command.GET_CLUSTER_METADATA -> Requests.getClusterMetadata(out);
      case Command.GET_ME -> Requests.getMe(out);
      case Command.LOGOUT_USER -> Requests.logout(out);
      default -> throw new AssertionError("code " + code);
    }
  }

  private void encodeMessages(int code, JsonNode f) {
    Identifier stream = identifier(f.get("stream_id"));
    Identifier topic = identifier(f.get("topic_id"));
    if (code == Command.SEND_MESSAGES) {
      Requests.sendMessages(out, stream, topic, partitioning(f), records(f));
      return;
    }
    ConsumerId consumer = consumer(f.get("consumer"));
    int partition = f.get("partition_id").isNull() ? -1 : f.get("partition_id").intValue();
    switch (code) {
      case Command.POLL_MESSAGES ->
          Requests.poll(
              out,
              consumer,
              stream,
              topic,
              partition,
              strategy(f.get("strategy")),
              f.get("count").intValue(),
              f.get("auto_commit").booleanValue());
      case Command.GET_CONSUMER_OFFSET ->
          Requests.getOffset(out, consumer, stream, topic, partition);
      case Command.STORE_CONSUMER_OFFSET ->
          Requests.storeOffset(out, consumer, stream, topic, partition, u64(f.get("offset")));
      case Command.DELETE_CONSUMER_OFFSET ->
          Requests.deleteOffset(out, consumer, stream, topic, partition);
      default -> throw new AssertionError("code " + code);
    }
  }

  private void encodeStreams(int code, JsonNode f) {
    switch (code) {
      case Command.GET_STREAM -> Requests.getStream(out, identifier(f.get("stream_id")));
      case Command.GET_STREAMS -> Requests.getStreams(out);
      case Command.CREATE_STREAM -> Requests.createStream(out, text(f, "name"));
      case Command.DELETE_STREAM -> Requests.deleteStream(out, identifier(f.get("stream_id")));
      case Command.GET_TOPIC ->
          Requests.getTopic(out, identifier(f.get("stream_id")), identifier(f.get("topic_id")));
      case Command.GET_TOPICS -> Requests.getTopics(out, identifier(f.get("stream_id")));
      case Command.CREATE_TOPIC ->
          Requests.createTopic(
              out,
              identifier(f.get("stream_id")),
              text(f, "name"),
              f.get("partitions_count").intValue(),
              new TopicSettings(
                  f.get("compression_algorithm").intValue(),
                  u64(f.get("message_expiry")),
                  u64(f.get("max_topic_size")),
                  f.get("replication_factor").intValue()));
      case Command.DELETE_TOPIC ->
          Requests.deleteTopic(out, identifier(f.get("stream_id")), identifier(f.get("topic_id")));
      case Command.CREATE_PARTITIONS ->
          Requests.createPartitions(
              out,
              identifier(f.get("stream_id")),
              identifier(f.get("topic_id")),
              f.get("partitions_count").intValue());
      default -> throw new AssertionError("code " + code);
    }
  }

  private void encodeGroups(int code, JsonNode f) {
    Identifier stream = identifier(f.get("stream_id"));
    Identifier topic = identifier(f.get("topic_id"));
    if (code == Command.CREATE_CONSUMER_GROUP) {
      Requests.createGroup(out, stream, topic, text(f, "name"));
      return;
    }
    if (code == Command.GET_CONSUMER_GROUPS) {
      Requests.getGroups(out, stream, topic);
      return;
    }
    Identifier group = identifier(f.get("group_id"));
    switch (code) {
      case Command.GET_CONSUMER_GROUP -> Requests.getGroup(out, stream, topic, group);
      case Command.DELETE_CONSUMER_GROUP -> Requests.deleteGroup(out, stream, topic, group);
      case Command.JOIN_CONSUMER_GROUP -> Requests.joinGroup(out, stream, topic, group);
      case Command.LEAVE_CONSUMER_GROUP -> Requests.leaveGroup(out, stream, topic, group);
      default -> throw new AssertionError("code " + code);
    }
  }

  private void encodeExtension(int code, JsonNode f) {
    switch (code) {
      case Command.HELLO ->
          Requests.hello(
              out,
              u64(f.get("features")),
              WireVector.bytes(text(f, "producer_hex")),
              f.get("epoch").intValue(),
              WireVector.bytes(text(f, "instance_hex")));
      case Command.PUBLISH ->
          Requests.publish(
              out, place(f), u64(f.get("previous")), u64(f.get("first_sequence")), records(f));
      case Command.PRODUCER_STATE -> Requests.producerState(out, place(f));
      default -> throw new AssertionError("code " + code);
    }
  }

  private static Place place(JsonNode f) {
    return new Place(
        identifier(f.get("stream_id")),
        identifier(f.get("topic_id")),
        f.get("partition_id").intValue(),
        f.get("channel").intValue());
  }

  private static Identifier identifier(JsonNode f) {
    return text(f, "kind").equals("numeric")
        ? Identifier.numeric(f.get("value").intValue())
        : Identifier.named(text(f, "value"));
  }

  private static ConsumerId consumer(JsonNode f) {
    Identifier id = identifier(f.get("id"));
    return text(f, "kind").equals("consumer") ? ConsumerId.consumer(id) : ConsumerId.group(id);
  }

  private static PollStrategy strategy(JsonNode f) {
    return switch (text(f, "kind")) {
      case "offset" -> PollStrategy.offset(u64(f.get("value")));
      case "timestamp" -> PollStrategy.timestampMicros(u64(f.get("value")));
      case "first" -> PollStrategy.first();
      case "last" -> PollStrategy.last();
      case "next" -> PollStrategy.next();
      default -> throw new AssertionError(f.toString());
    };
  }

  private static Partitioning partitioning(JsonNode f) {
    JsonNode partitioning = f.get("partitioning");
    return switch (text(partitioning, "kind")) {
      case "balanced" -> Partitioning.balanced();
      case "partition_id" -> Partitioning.partition(partitioning.get("value").intValue());
      case "messages_key" -> Partitioning.key(WireVector.bytes(text(partitioning, "value_hex")));
      default -> throw new AssertionError(partitioning.toString());
    };
  }

  private static MessageRecords records(JsonNode f) {
    MessageRecords records = new MessageRecords();
    for (JsonNode message : f.get("messages")) {
      BigInteger id = new BigInteger(text(message, "id"));
      records.add(
          id.longValue(),
          id.shiftRight(64).longValue(),
          u64(message.get("origin_timestamp")),
          WireVector.bytes(text(message, "payload_hex")),
          headers(message));
    }
    return records;
  }

  /** The pairs of iggy-classic.md 5.6, or the encoded block as it is. */
  static byte[] headers(JsonNode message) {
    if (message.has("headers_hex")) {
      return WireVector.bytes(text(message, "headers_hex"));
    }
    Buffer block = new Buffer();
    for (JsonNode pair : message.get("user_headers")) {
      for (String part : new String[] {"key", "value"}) {
        byte[] bytes = WireVector.bytes(text(pair, part + "_hex"));
        block.writeByte(pair.get(part + "_kind").intValue());
        block.writeIntLe(bytes.length).write(bytes);
      }
    }
    return block.readByteArray();
  }

  static long u64(JsonNode value) {
    return value.isTextual() ? new BigInteger(value.textValue()).longValue() : value.longValue();
  }

  private static String text(JsonNode f, String name) {
    return f.get(name).textValue();
  }
}

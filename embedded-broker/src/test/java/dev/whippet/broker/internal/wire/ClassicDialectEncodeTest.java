package dev.whippet.broker.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.internal.wire.Command;
import dev.whippet.testkit.WireVector;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class ClassicDialectEncodeTest {
  private static final ByteBufAllocator ALLOCATOR = ByteBufAllocator.DEFAULT;
  private static final String STATS_WITH_CACHE = "get_stats_response_with_cache_metrics";
  private static final String TWO_NODES = "get_cluster_metadata_response_two_nodes";

  /** All answers but two that we never give. */
  static Stream<WireVector> vectors() {
    return WireVector.all().stream()
        .filter(vector -> !vector.request)
        .filter(vector -> !vector.name.equals(STATS_WITH_CACHE) && !vector.name.equals(TWO_NODES));
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void everyVectorIsEncodedToItsBytes(WireVector vector) {
    List<ByteBuf> frame = ClassicDialect.encode(reply(vector), ALLOCATOR);

    assertThat(take(frame)).isEqualTo(vector.frame());
  }

  @Test
  void everyKindOfReplyHasAVector() {
    Set<Class<?>> encoded = new HashSet<>();
    vectors()
        .map(ClassicDialectEncodeTest::reply)
        .forEach(
            reply -> {
              encoded.add(reply.getClass());
              if (reply instanceof Reply.Polled polled) {
                polled.records().forEach(ByteBuf::release);
              }
            });

    assertThat(encoded).containsAll(Arrays.asList(Reply.class.getPermittedSubclasses()));
  }

  @Test
  void polledRecordsArePassedOnNotCopied() {
    ByteBuf first = ALLOCATOR.buffer().writeZero(70);
    ByteBuf second = ALLOCATOR.buffer().writeZero(64);
    Reply reply = new Reply.Polled(3, 9, 2, List.of(first, second));

    List<ByteBuf> frame = ClassicDialect.encode(reply, ALLOCATOR);

    assertThat(frame).hasSize(3);
    assertThat(frame.get(1)).isSameAs(first);
    assertThat(frame.get(2)).isSameAs(second);
    assertThat(first.refCnt()).isOne();
    assertThat(frame.get(0).getIntLE(4)).isEqualTo(16 + 70 + 64);
    frame.forEach(ByteBuf::release);
  }

  @Test
  void nothingStoredIsAllOnesWhateverTheBaseOffsetSays() {
    Reply reply = new Reply.Published(Reply.Published.Outcome.ALL_KNOWN, 1, 0, 45);

    byte[] frame = take(ClassicDialect.encode(reply, ALLOCATOR));

    assertThat(Unpooled.wrappedBuffer(frame).getLongLE(16)).isEqualTo(-1);
  }

  @Test
  void whatTheWireCannotCarryIsAProgrammersErrorAndLeaksNothing() {
    Reply.Stream stream = new Reply.Stream(0, 0, 1, 0, 0, "s");
    Reply.Stream unnamed = new Reply.Stream(0, 0, 0, 0, 0, "");
    Reply.Topic topic = new Reply.Topic(0, 0, 2, 0, 1, 0, 1, 0, 0, "x".repeat(256));

    assertThatThrownBy(() -> encode(new Reply.Failure(0))).hasMessageContaining("status 0");
    assertThatThrownBy(() -> encode(new Reply.StreamDetails(stream, List.of())))
        .hasMessageContaining("1 topics announced, 0 given");
    assertThatThrownBy(() -> encode(new Reply.Streams(List.of(unnamed))))
        .hasMessageContaining("name of 0 bytes");
    assertThatThrownBy(() -> encode(new Reply.Topics(List.of(topic))))
        .hasMessageContaining("name of 256 bytes");
    assertThatThrownBy(() -> encode(new Reply.TopicDetails(topic, List.of())))
        .hasMessageContaining("2 partitions announced, 0 given");
    assertThatThrownBy(() -> encode(new Reply.HelloAccepted(1, 1, new byte[15], 1, 1, 1, 1)))
        .hasMessageContaining("broker id of 15 bytes");
  }

  private static List<ByteBuf> encode(Reply reply) {
    return ClassicDialect.encode(reply, ALLOCATOR);
  }

  /** The bytes of all buffers, which are released. */
  private static byte[] take(List<ByteBuf> frame) {
    ByteBuf all = Unpooled.wrappedBuffer(frame.toArray(new ByteBuf[0]));
    byte[] bytes = ByteBufUtil.getBytes(all);
    all.release();
    return bytes;
  }

  // --- vectors' fields to replies ---------------------------------------------------------------

  private static Reply reply(WireVector vector) {
    JsonNode f = vector.fields;
    if (vector.status != 0) {
      return new Reply.Failure(vector.status);
    }
    if (vector.payload().length == 0) {
      return new Reply.Empty();
    }
    return switch (vector.code) {
      case Command.LOGIN_USER, Command.LOGIN_WITH_TOKEN -> new Reply.LoggedIn(i(f, "user_id"));
      case Command.GET_STATS -> stats(f);
      case Command.GET_SNAPSHOT -> new Reply.Snapshot(vector.payload());
      case Command.GET_USER, Command.CREATE_USER ->
          new Reply.UserDetails(user(f), permissions(vector));
      case Command.GET_USERS -> new Reply.Users(list(f, "users", ClassicDialectEncodeTest::user));
      case Command.GET_TOKENS ->
          new Reply.Tokens(list(f, "tokens", ClassicDialectEncodeTest::token));
      case Command.CREATE_TOKEN ->
          new Reply.RawToken(s(f, "token").getBytes(StandardCharsets.UTF_8));
      case Command.GET_CONSUMER_GROUP, Command.CREATE_CONSUMER_GROUP ->
          new Reply.ConsumerGroupDetails(
              group(f), list(f, "members", ClassicDialectEncodeTest::member));
      case Command.GET_CONSUMER_GROUPS ->
          new Reply.ConsumerGroups(list(f, "groups", ClassicDialectEncodeTest::group));
      case Command.GET_CLUSTER_METADATA -> cluster(f);
      case Command.GET_ME, Command.GET_CLIENT ->
          new Reply.ClientDetails(
              client(f), list(f, "consumer_groups", ClassicDialectEncodeTest::membership));
      case Command.GET_CLIENTS ->
          new Reply.Clients(list(f, "clients", ClassicDialectEncodeTest::client));
      case Command.GET_STREAM, Command.CREATE_STREAM ->
          new Reply.StreamDetails(stream(f), list(f, "topics", ClassicDialectEncodeTest::topic));
      case Command.GET_STREAMS ->
          new Reply.Streams(list(f, "streams", ClassicDialectEncodeTest::stream));
      case Command.GET_TOPIC, Command.CREATE_TOPIC ->
          new Reply.TopicDetails(
              topic(f), list(f, "partitions", ClassicDialectEncodeTest::partition));
      case Command.GET_TOPICS ->
          new Reply.Topics(list(f, "topics", ClassicDialectEncodeTest::topic));
      case Command.POLL_MESSAGES -> polled(vector);
      case Command.GET_CONSUMER_OFFSET ->
          new Reply.OffsetInfo(i(f, "partition_id"), l(f, "current_offset"), l(f, "stored_offset"));
      case Command.HELLO -> hello(f);
      case Command.PUBLISH ->
          new Reply.Published(
              Reply.Published.Outcome.values()[i(f, "outcome")],
              i(f, "partition_id"),
              l(f, "base_offset"),
              l(f, "highest_durable_sequence"));
      case Command.PRODUCER_STATE ->
          new Reply.ProducerStateIs(
              f.get("known").booleanValue(), l(f, "incarnation"), l(f, "highest_durable_sequence"));
      default -> throw new AssertionError(vector.name);
    };
  }

  private static Reply stats(JsonNode f) {
    return new Reply.Stats(
        i(f, "process_id"),
        f.get("cpu_usage").floatValue(),
        f.get("total_cpu_usage").floatValue(),
        l(f, "memory_usage"),
        l(f, "total_memory"),
        l(f, "available_memory"),
        l(f, "run_time"),
        l(f, "start_time"),
        l(f, "read_bytes"),
        l(f, "written_bytes"),
        l(f, "messages_size_bytes"),
        i(f, "streams_count"),
        i(f, "topics_count"),
        i(f, "partitions_count"),
        i(f, "segments_count"),
        l(f, "messages_count"),
        i(f, "clients_count"),
        i(f, "consumer_groups_count"),
        s(f, "hostname"),
        s(f, "os_name"),
        s(f, "os_version"),
        s(f, "kernel_version"),
        s(f, "iggy_server_version"),
        i(f, "iggy_server_semver"),
        i(f, "threads_count"),
        l(f, "free_disk_space"),
        l(f, "total_disk_space"));
  }

  private static Reply cluster(JsonNode f) {
    JsonNode node = f.get("nodes").get(0);
    return new Reply.Cluster(
        s(f, "name"),
        s(node, "name"),
        s(node, "ip"),
        i(node, "tcp_port"),
        i(node, "quic_port"),
        i(node, "http_port"),
        i(node, "websocket_port"));
  }

  private static Reply.Client client(JsonNode f) {
    return new Reply.Client(
        i(f, "client_id"),
        i(f, "user_id"),
        i(f, "transport"),
        s(f, "address"),
        i(f, "consumer_groups_count"));
  }

  private static Reply.Membership membership(JsonNode f) {
    return new Reply.Membership(i(f, "stream_id"), i(f, "topic_id"), i(f, "group_id"));
  }

  private static Reply.User user(JsonNode f) {
    return new Reply.User(i(f, "id"), l(f, "created_at"), i(f, "status") == 1, s(f, "username"));
  }

  /** The block of permissions as it stands behind the user; {@code null} when there is none. */
  private static byte[] permissions(WireVector vector) {
    ByteBuf payload = Unpooled.wrappedBuffer(vector.payload()).skipBytes(13);
    payload.skipBytes(payload.readUnsignedByte());
    return payload.readBoolean()
        ? ByteBufUtil.getBytes(payload.readSlice(payload.readIntLE()))
        : null;
  }

  private static Reply.Token token(JsonNode f) {
    return new Reply.Token(s(f, "name"), l(f, "expiry_at"));
  }

  private static Reply.ConsumerGroup group(JsonNode f) {
    return new Reply.ConsumerGroup(
        i(f, "id"), i(f, "partitions_count"), i(f, "members_count"), s(f, "name"));
  }

  private static Reply.GroupMember member(JsonNode f) {
    List<Integer> partitions = list(f, "partitions", JsonNode::intValue);
    return new Reply.GroupMember(
        i(f, "id"), partitions.stream().mapToInt(Integer::intValue).toArray());
  }

  private static Reply.Stream stream(JsonNode f) {
    return new Reply.Stream(
        i(f, "id"),
        l(f, "created_at"),
        i(f, "topics_count"),
        l(f, "size_bytes"),
        l(f, "messages_count"),
        s(f, "name"));
  }

  private static Reply.Topic topic(JsonNode f) {
    return new Reply.Topic(
        i(f, "id"),
        l(f, "created_at"),
        i(f, "partitions_count"),
        l(f, "message_expiry"),
        i(f, "compression_algorithm"),
        l(f, "max_topic_size"),
        i(f, "replication_factor"),
        l(f, "size_bytes"),
        l(f, "messages_count"),
        s(f, "name"));
  }

  private static Reply.Partition partition(JsonNode f) {
    return new Reply.Partition(
        i(f, "id"),
        l(f, "created_at"),
        i(f, "segments_count"),
        l(f, "current_offset"),
        l(f, "size_bytes"),
        l(f, "messages_count"));
  }

  /** The records as the log would hand them out: one slice per message. */
  private static Reply polled(WireVector vector) {
    ByteBuf payload = ALLOCATOR.buffer().writeBytes(vector.payload()).skipBytes(16);
    List<ByteBuf> records = new ArrayList<>();
    while (payload.isReadable()) {
      int at = payload.readerIndex();
      records.add(
          payload.readRetainedSlice(64 + payload.getIntLE(at + 48) + payload.getIntLE(at + 52)));
    }
    payload.release();
    JsonNode f = vector.fields;
    return new Reply.Polled(
        i(f, "partition_id"), l(f, "current_offset"), i(f, "messages_count"), records);
  }

  private static Reply hello(JsonNode f) {
    return new Reply.HelloAccepted(
        i(f, "version"),
        l(f, "features"),
        WireVector.bytes(s(f, "broker_id_hex")),
        i(f, "request_bytes_max"),
        i(f, "publishes_in_flight_max"),
        i(f, "publish_bytes_in_flight_max"),
        i(f, "ping_interval_millis"));
  }

  private static <T> List<T> list(JsonNode f, String name, Function<JsonNode, T> element) {
    List<T> list = new ArrayList<>();
    f.path(name).forEach(node -> list.add(element.apply(node)));
    return list;
  }

  private static int i(JsonNode f, String name) {
    return (int) l(f, name);
  }

  private static long l(JsonNode f, String name) {
    JsonNode value = f.get(name);
    return value.isTextual() ? new BigInteger(value.textValue()).longValue() : value.longValue();
  }

  private static String s(JsonNode f, String name) {
    return f.get(name).textValue();
  }
}

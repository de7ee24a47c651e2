package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** The reference's fields as the broker's replies. */
final class BrokerReplies {
  /** The answers that the broker can give in this stage. */
  static final Set<Integer> CODES =
      Set.of(
          10, 12, 20, 21, 22, 31, 32, 33, 38, 41, 42, 44, 100, 120, 200, 201, 202, 300, 301, 302,
          600, 601, 602);

  private BrokerReplies() {}

  static Reply of(int code, int status, JsonNode fields) {
    if (status != 0) {
      return new Reply.Failure(status);
    }
    if (fields.isEmpty()) {
      return new Reply.Empty();
    }
    return switch (code) {
      case 10 -> stats(fields);
      case 12 -> cluster(fields);
      case 20, 21 -> new Reply.ClientDetails(client(fields), memberships(fields));
      case 22 -> new Reply.Clients(list(fields, "clients", BrokerReplies::client));
      case 31, 33 -> new Reply.UserDetails(user(fields), permissions(fields));
      case 32 -> new Reply.Users(list(fields, "users", BrokerReplies::user));
      case 41 -> new Reply.Tokens(list(fields, "tokens", BrokerReplies::token));
      case 42 -> new Reply.RawToken(Product.text(fields, "token").getBytes(StandardCharsets.UTF_8));
      case 38, 44 -> new Reply.LoggedIn(u32(fields, "user_id"));
      case 100 -> polled(fields);
      case 120 ->
          new Reply.OffsetInfo(
              u32(fields, "partition_id"),
              u64(fields, "current_offset"),
              u64(fields, "stored_offset"));
      case 200, 202 ->
          new Reply.StreamDetails(stream(fields), list(fields, "topics", BrokerReplies::topic));
      case 201 -> new Reply.Streams(list(fields, "streams", BrokerReplies::stream));
      case 300, 302 ->
          new Reply.TopicDetails(
              topic(fields), list(fields, "partitions", BrokerReplies::partition));
      case 301 -> new Reply.Topics(list(fields, "topics", BrokerReplies::topic));
      case 600, 602 -> groupDetails(fields);
      case 601 -> new Reply.ConsumerGroups(list(fields, "groups", BrokerReplies::group));
      default -> throw new IllegalArgumentException("code " + code);
    };
  }

  private static Reply stats(JsonNode f) {
    return new Reply.Stats(
        u32(f, "process_id"),
        f.get("cpu_usage").floatValue(),
        f.get("total_cpu_usage").floatValue(),
        u64(f, "memory_usage"),
        u64(f, "total_memory"),
        u64(f, "available_memory"),
        u64(f, "run_time"),
        u64(f, "start_time"),
        u64(f, "read_bytes"),
        u64(f, "written_bytes"),
        u64(f, "messages_size_bytes"),
        u32(f, "streams_count"),
        u32(f, "topics_count"),
        u32(f, "partitions_count"),
        u32(f, "segments_count"),
        u64(f, "messages_count"),
        u32(f, "clients_count"),
        u32(f, "consumer_groups_count"),
        Product.text(f, "hostname"),
        Product.text(f, "os_name"),
        Product.text(f, "os_version"),
        Product.text(f, "kernel_version"),
        Product.text(f, "iggy_server_version"),
        u32(f, "iggy_server_semver"),
        u32(f, "threads_count"),
        u64(f, "free_disk_space"),
        u64(f, "total_disk_space"));
  }

  private static Reply cluster(JsonNode fields) {
    JsonNode node = fields.get("nodes").get(0);
    return new Reply.Cluster(
        Product.text(fields, "name"),
        Product.text(node, "name"),
        Product.text(node, "ip"),
        u32(node, "tcp_port"),
        u32(node, "quic_port"),
        u32(node, "http_port"),
        u32(node, "websocket_port"));
  }

  private static Reply.Client client(JsonNode fields) {
    return new Reply.Client(
        u32(fields, "client_id"),
        u32(fields, "user_id"),
        u32(fields, "transport"),
        Product.text(fields, "address"),
        u32(fields, "consumer_groups_count"));
  }

  private static Reply.User user(JsonNode fields) {
    return new Reply.User(
        u32(fields, "id"),
        u64(fields, "created_at"),
        u32(fields, "status") == 1,
        Product.text(fields, "username"));
  }

  private static byte[] permissions(JsonNode fields) {
    JsonNode permissions = fields.get("permissions");
    return permissions.isNull() ? null : Product.encodePermissions(permissions);
  }

  private static Reply.Token token(JsonNode fields) {
    return new Reply.Token(Product.text(fields, "name"), u64(fields, "expiry_at"));
  }

  private static List<Reply.Membership> memberships(JsonNode fields) {
    return list(
        fields,
        "consumer_groups",
        group ->
            new Reply.Membership(
                u32(group, "stream_id"), u32(group, "topic_id"), u32(group, "group_id")));
  }

  private static Reply polled(JsonNode fields) {
    List<ByteBuf> records = new ArrayList<>();
    for (JsonNode message : fields.get("messages")) {
      records.add(Unpooled.wrappedBuffer(Product.encodeStoredRecord(message)));
    }
    return new Reply.Polled(
        u32(fields, "partition_id"), u64(fields, "current_offset"), records.size(), records);
  }

  private static Reply.Stream stream(JsonNode fields) {
    return new Reply.Stream(
        u32(fields, "id"),
        u64(fields, "created_at"),
        u32(fields, "topics_count"),
        u64(fields, "size_bytes"),
        u64(fields, "messages_count"),
        Product.text(fields, "name"));
  }

  private static Reply.Topic topic(JsonNode fields) {
    return new Reply.Topic(
        u32(fields, "id"),
        u64(fields, "created_at"),
        u32(fields, "partitions_count"),
        u64(fields, "message_expiry"),
        u32(fields, "compression_algorithm"),
        u64(fields, "max_topic_size"),
        u32(fields, "replication_factor"),
        u64(fields, "size_bytes"),
        u64(fields, "messages_count"),
        Product.text(fields, "name"));
  }

  private static Reply.Partition partition(JsonNode fields) {
    return new Reply.Partition(
        u32(fields, "id"),
        u64(fields, "created_at"),
        u32(fields, "segments_count"),
        u64(fields, "current_offset"),
        u64(fields, "size_bytes"),
        u64(fields, "messages_count"));
  }

  private static Reply groupDetails(JsonNode fields) {
    return new Reply.ConsumerGroupDetails(
        group(fields),
        list(
            fields,
            "members",
            member -> {
              List<Integer> partitions = list(member, "partitions", JsonNode::intValue);
              return new Reply.GroupMember(
                  u32(member, "id"), partitions.stream().mapToInt(Integer::intValue).toArray());
            }));
  }

  private static Reply.ConsumerGroup group(JsonNode fields) {
    return new Reply.ConsumerGroup(
        u32(fields, "id"),
        u32(fields, "partitions_count"),
        u32(fields, "members_count"),
        Product.text(fields, "name"));
  }

  private static <T> List<T> list(JsonNode fields, String member, Function<JsonNode, T> item) {
    List<T> items = new ArrayList<>();
    fields.path(member).forEach(node -> items.add(item.apply(node)));
    return items;
  }

  private static int u32(JsonNode fields, String member) {
    return (int) Product.number(fields, member);
  }

  private static long u64(JsonNode fields, String member) {
    return Product.number(fields, member);
  }
}

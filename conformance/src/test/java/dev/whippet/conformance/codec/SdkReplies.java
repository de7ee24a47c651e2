package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import okio.Buffer;

/** The SDK's decoder, its values turned into the reference's fields. */
final class SdkReplies {
  /** The answers that the SDK can read. */
  static final Set<Integer> CODES =
      Set.of(12, 20, 38, 44, 100, 120, 200, 201, 202, 300, 301, 302, 600, 601, 602);

  private SdkReplies() {}

  static JsonNode decode(int code, byte[] payload) throws ProtocolException {
    Buffer in = new Buffer().write(payload);
    return switch (code) {
      case 12 -> cluster(Replies.cluster(in));
      case 20 -> client(Replies.client(in));
      case 38, 44 -> Product.object().set("user_id", Product.u32(Replies.userId(in)));
      case 100 -> polled(Replies.polled(in));
      case 120 -> offset(Replies.offsetInfo(in));
      case 200, 202 -> streamDetails(Replies.stream(in), code == 200);
      case 201 -> list("streams", Replies.streams(in), SdkReplies::stream);
      case 300, 302 -> topicDetails(Replies.topic(in));
      case 301 -> list("topics", Replies.topics(in), SdkReplies::topic);
      case 600, 602 -> groupDetails(Replies.group(in));
      case 601 -> list("groups", Replies.groups(in), SdkReplies::group);
      default -> throw new IllegalArgumentException("code " + code);
    };
  }

  private static <T> ObjectNode list(String name, List<T> items, Function<T, JsonNode> fields) {
    ArrayNode array = Product.array();
    items.forEach(item -> array.add(fields.apply(item)));
    return Product.object().set(name, array);
  }

  private static JsonNode cluster(Replies.Cluster cluster) {
    ObjectNode result = Product.object().put("name", cluster.name);
    return result.setAll(
        list(
            "nodes",
            cluster.nodes,
            node ->
                Product.object()
                    .put("name", node.name)
                    .put("ip", node.ip)
                    .put("tcp_port", node.tcpPort)
                    .put("quic_port", node.quicPort)
                    .put("http_port", node.httpPort)
                    .put("websocket_port", node.webSocketPort)
                    .put("role", node.role)
                    .put("status", node.status)));
  }

  private static JsonNode client(Replies.ClientDetails client) {
    ObjectNode result = Product.object();
    if (client == null) {
      return result;
    }
    result.set("client_id", Product.u32(client.clientId));
    result.set("user_id", Product.u32(client.userId));
    result.put("transport", client.transport).put("address", client.address);
    result.put("consumer_groups_count", client.memberships.size());
    return result.setAll(
        list(
            "consumer_groups",
            client.memberships,
            membership -> {
              ObjectNode fields = Product.object();
              fields.set("stream_id", Product.u32(membership.streamId));
              fields.set("topic_id", Product.u32(membership.topicId));
              fields.set("group_id", Product.u32(membership.groupId));
              return fields;
            }));
  }

  private static JsonNode polled(Replies.Polled polled) {
    ObjectNode result = Product.object();
    result.set("partition_id", Product.u32(polled.partitionId));
    result.set("current_offset", Product.u64(polled.currentOffset));
    result.put("messages_count", polled.messages.size());
    return result.setAll(list("messages", polled.messages, SdkReplies::message));
  }

  private static JsonNode message(Replies.PolledMessage message) {
    ObjectNode result = Product.object();
    result.put("checksum", Long.toUnsignedString(message.checksum));
    result.put("id", Product.id(message.idLow, message.idHigh));
    result.set("offset", Product.u64(message.offset));
    result.set("timestamp", Product.u64(message.timestampMicros));
    result.set("origin_timestamp", Product.u64(message.originTimestampMicros));
    result.set("user_headers", Product.decodeHeaders(message.headers));
    return result.put("payload_hex", Product.hex(message.payload));
  }

  private static JsonNode offset(Replies.OffsetInfo info) {
    ObjectNode result = Product.object();
    if (info != null) {
      result.set("partition_id", Product.u32(info.partitionId));
      result.set("current_offset", Product.u64(info.currentOffset));
      result.set("stored_offset", Product.u64(info.storedOffset));
    }
    return result;
  }

  private static JsonNode streamDetails(Replies.Stream stream, boolean withTopics) {
    if (stream == null) {
      return Product.object();
    }
    ObjectNode result = stream(stream);
    return withTopics ? result.setAll(list("topics", stream.topics, SdkReplies::topic)) : result;
  }

  private static ObjectNode stream(Replies.Stream stream) {
    ObjectNode result = Product.object();
    result.set("id", Product.u32(stream.id));
    result.set("created_at", Product.u64(stream.createdAtMicros));
    result.set("topics_count", Product.u32(stream.topicsCount));
    result.set("size_bytes", Product.u64(stream.sizeBytes));
    result.set("messages_count", Product.u64(stream.messagesCount));
    return result.put("name", stream.name);
  }

  private static JsonNode topicDetails(Replies.Topic topic) {
    if (topic == null) {
      return Product.object();
    }
    return topic(topic)
        .setAll(
            list(
                "partitions",
                topic.partitions,
                partition -> {
                  ObjectNode fields = Product.object();
                  fields.set("id", Product.u32(partition.id));
                  fields.set("created_at", Product.u64(partition.createdAtMicros));
                  fields.set("segments_count", Product.u32(partition.segmentsCount));
                  fields.set("current_offset", Product.u64(partition.currentOffset));
                  fields.set("size_bytes", Product.u64(partition.sizeBytes));
                  fields.set("messages_count", Product.u64(partition.messagesCount));
                  return fields;
                }));
  }

  private static ObjectNode topic(Replies.Topic topic) {
    ObjectNode result = Product.object();
    result.set("id", Product.u32(topic.id));
    result.set("created_at", Product.u64(topic.createdAtMicros));
    result.set("partitions_count", Product.u32(topic.partitionsCount));
    result.set("message_expiry", Product.u64(topic.messageExpiryMicros));
    result.put("compression_algorithm", topic.compression);
    result.set("max_topic_size", Product.u64(topic.maxSizeBytes));
    result.put("replication_factor", topic.replicationFactor);
    result.set("size_bytes", Product.u64(topic.sizeBytes));
    result.set("messages_count", Product.u64(topic.messagesCount));
    return result.put("name", topic.name);
  }

  private static JsonNode groupDetails(Replies.Group group) {
    if (group == null) {
      return Product.object();
    }
    return group(group)
        .setAll(
            list(
                "members",
                group.members,
                member -> {
                  ObjectNode fields = Product.object();
                  fields.set("id", Product.u32(member.id));
                  ArrayNode partitions = Product.array();
                  member.partitions.forEach(id -> partitions.add(Product.u32(id)));
                  return fields.set("partitions", partitions);
                }));
  }

  private static ObjectNode group(Replies.Group group) {
    ObjectNode result = Product.object();
    result.set("id", Product.u32(group.id));
    result.set("partitions_count", Product.u32(group.partitionsCount));
    result.set("members_count", Product.u32(group.membersCount));
    return result.put("name", group.name);
  }
}

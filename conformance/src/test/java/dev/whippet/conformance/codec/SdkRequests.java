package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.TopicSettings;
import java.util.Set;
import okio.Buffer;

/** The SDK's encoder, called with the reference's fields. */
final class SdkRequests {
  /** The commands that the SDK can ask for. */
  static final Set<Integer> CODES =
      Set.of(
          1, 10, 12, 20, 38, 39, 44, 100, 101, 120, 121, 122, 200, 201, 202, 203, 300, 301, 302,
          303, 600, 602, 603, 604, 605);

  private final JsonNode fields;
  private final Buffer out = new Buffer();

  private SdkRequests(JsonNode fields) {
    this.fields = fields;
  }

  static byte[] encode(int code, JsonNode fields) {
    SdkRequests requests = new SdkRequests(fields);
    if (code < 100) {
      requests.system(code);
    } else if (code < 200) {
      requests.messages(code);
    } else if (code < 600) {
      requests.catalog(code);
    } else {
      requests.groups(code);
    }
    return requests.out.readByteArray();
  }

  private void system(int code) {
    switch (code) {
      case 1 -> Requests.ping(out);
      case 10 -> Requests.getStats(out);
      case 12 -> Requests.getClusterMetadata(out);
      case 20 -> Requests.getMe(out);
      case 38 ->
          Requests.login(out, text("username"), text("password"), text("version"), text("context"));
      case 39 -> Requests.logout(out);
      case 44 -> Requests.loginWithToken(out, text("token"));
      default -> throw new IllegalArgumentException("code " + code);
    }
  }

  private void messages(int code) {
    switch (code) {
      case 100 ->
          Requests.poll(
              out,
              consumer(),
              identifier("stream_id"),
              identifier("topic_id"),
              partition(),
              strategy(),
              fields.get("count").intValue(),
              fields.get("auto_commit").booleanValue());
      case 101 ->
          Requests.sendMessages(
              out, identifier("stream_id"), identifier("topic_id"), partitioning(), records());
      case 120 ->
          Requests.getOffset(
              out, consumer(), identifier("stream_id"), identifier("topic_id"), partition());
      case 121 ->
          Requests.storeOffset(
              out,
              consumer(),
              identifier("stream_id"),
              identifier("topic_id"),
              partition(),
              Product.number(fields, "offset"));
      case 122 ->
          Requests.deleteOffset(
              out, consumer(), identifier("stream_id"), identifier("topic_id"), partition());
      default -> throw new IllegalArgumentException("code " + code);
    }
  }

  private void catalog(int code) {
    switch (code) {
      case 200 -> Requests.getStream(out, identifier("stream_id"));
      case 201 -> Requests.getStreams(out);
      case 202 -> Requests.createStream(out, text("name"));
      case 203 -> Requests.deleteStream(out, identifier("stream_id"));
      case 300 -> Requests.getTopic(out, identifier("stream_id"), identifier("topic_id"));
      case 301 -> Requests.getTopics(out, identifier("stream_id"));
      case 302 ->
          Requests.createTopic(
              out,
              identifier("stream_id"),
              text("name"),
              fields.get("partitions_count").intValue(),
              new TopicSettings(
                  fields.get("compression_algorithm").intValue(),
                  Product.number(fields, "message_expiry"),
                  Product.number(fields, "max_topic_size"),
                  fields.get("replication_factor").intValue()));
      case 303 -> Requests.deleteTopic(out, identifier("stream_id"), identifier("topic_id"));
      default -> throw new IllegalArgumentException("code " + code);
    }
  }

  private void groups(int code) {
    Identifier stream = identifier("stream_id");
    Identifier topic = identifier("topic_id");
    switch (code) {
      case 600 -> Requests.getGroup(out, stream, topic, identifier("group_id"));
      case 602 -> Requests.createGroup(out, stream, topic, text("name"));
      case 603 -> Requests.deleteGroup(out, stream, topic, identifier("group_id"));
      case 604 -> Requests.joinGroup(out, stream, topic, identifier("group_id"));
      case 605 -> Requests.leaveGroup(out, stream, topic, identifier("group_id"));
      default -> throw new IllegalArgumentException("code " + code);
    }
  }

  private String text(String member) {
    return Product.text(fields, member);
  }

  private Identifier identifier(String member) {
    return identifier(fields.get(member));
  }

  private static Identifier identifier(JsonNode node) {
    return Product.text(node, "kind").equals("numeric")
        ? Identifier.numeric((int) node.get("value").longValue())
        : Identifier.named(Product.text(node, "value"));
  }

  private ConsumerId consumer() {
    JsonNode node = fields.get("consumer");
    return Product.text(node, "kind").equals("consumer")
        ? ConsumerId.consumer(identifier(node.get("id")))
        : ConsumerId.group(identifier(node.get("id")));
  }

  private int partition() {
    JsonNode node = fields.get("partition_id");
    return node.isNull() ? -1 : node.intValue();
  }

  private PollStrategy strategy() {
    JsonNode node = fields.get("strategy");
    return switch (Product.text(node, "kind")) {
      case "offset" -> PollStrategy.offset(Product.number(node, "value"));
      case "timestamp" -> PollStrategy.timestampMicros(Product.number(node, "value"));
      case "first" -> PollStrategy.first();
      case "last" -> PollStrategy.last();
      default -> PollStrategy.next();
    };
  }

  private Partitioning partitioning() {
    JsonNode node = fields.get("partitioning");
    return switch (Product.text(node, "kind")) {
      case "balanced" -> Partitioning.balanced();
      case "partition_id" -> Partitioning.partition(node.get("value").intValue());
      default -> Partitioning.key(Product.hex(node, "value_hex"));
    };
  }

  private MessageRecords records() {
    MessageRecords records = new MessageRecords();
    for (JsonNode message : fields.get("messages")) {
      records.add(
          Product.id(message).longValue(),
          Product.id(message).shiftRight(64).longValue(),
          Product.number(message, "origin_timestamp"),
          Product.hex(message, "payload_hex"),
          Product.encodeHeaders(message.get("user_headers")));
    }
    return records;
  }
}

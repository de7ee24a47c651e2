package dev.whippet.conformance.codec;

import static dev.whippet.conformance.codec.ClassicLayouts.CONSUMER;
import static dev.whippet.conformance.codec.ClassicLayouts.IDENTIFIER;
import static dev.whippet.conformance.codec.ClassicLayouts.OPTIONAL_PARTITION;
import static dev.whippet.conformance.codec.ClassicLayouts.STRATEGY;
import static dev.whippet.conformance.codec.Layout.NAME;
import static dev.whippet.conformance.codec.Layout.PSTR8;
import static dev.whippet.conformance.codec.Layout.STR32_OR_ABSENT;
import static dev.whippet.conformance.codec.Layout.struct;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;

/**
 * The classic protocol a second time, written from iggy-classic.md alone: JSON fields to bytes and
 * back, for every command. Product code is judged by it and never used in it.
 *
 * <p>Fields are named and written as in classic-vectors.json (iggy-classic.md 9.1). Stateless; any
 * thread.
 */
public final class ReferenceCodec {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Layout NOTHING = struct();
  private static final Layout.Struct STREAM_ID = struct().with("stream_id", IDENTIFIER);
  private static final Layout.Struct TOPIC_ID =
      struct().with(STREAM_ID).with("topic_id", IDENTIFIER);
  private static final Layout.Struct GROUP_ID =
      struct().with(TOPIC_ID).with("group_id", IDENTIFIER);
  private static final Layout.Struct USER_ID = struct().with("user_id", IDENTIFIER);
  private static final Layout.Struct OFFSET_KEY =
      struct().with("consumer", CONSUMER).with(TOPIC_ID).with("partition_id", OPTIONAL_PARTITION);
  private static final Layout.Struct TOPIC_SETTINGS =
      struct()
          .u8("compression_algorithm")
          .u64("message_expiry", "max_topic_size")
          .u8("replication_factor")
          .with("name", NAME);

  private static final Map<Integer, Layout> REQUESTS = requests();
  private static final Map<Integer, Layout> RESPONSES = responses();

  private ReferenceCodec() {}

  /** A complete request frame: {@code u32} length, {@code u32} code, payload. */
  public static byte[] encodeRequest(int code, JsonNode fields) {
    byte[] payload = write(requestLayout(code), fields);
    ByteSink frame = new ByteSink();
    frame.u32(4L + payload.length);
    frame.u32(code);
    frame.bytes(payload);
    return frame.toByteArray();
  }

  /** The fields of a complete request frame; its code stands in bytes 4 to 7. */
  public static JsonNode decodeRequest(byte[] frame) {
    ByteSource in = new ByteSource(frame);
    long length = in.u32();
    int code = (int) in.u32();
    if (length != frame.length - 4L) {
      throw new MalformedFrame("length " + length + " in a frame of " + frame.length + " bytes");
    }
    return readAll(requestLayout(code), in);
  }

  /** A complete response frame: {@code u32} status, {@code u32} length, payload. */
  public static byte[] encodeResponse(int code, int status, JsonNode fields) {
    byte[] payload = new byte[0];
    if (status != 0) {
      if (Statuses.code(fields.get("error").textValue()) != status) {
        throw new MalformedFrame(fields + " is not status " + status);
      }
    } else if (!fields.isEmpty()) {
      payload = write(responseLayout(code), fields);
    }
    ByteSink frame = new ByteSink();
    frame.u32(status);
    frame.u32(payload.length);
    frame.bytes(payload);
    return frame.toByteArray();
  }

  /** The fields of a response's payload; {@code {}} for an empty single answer. */
  public static JsonNode decodeResponse(int code, int status, byte[] payload) {
    if (status != 0) {
      if (payload.length != 0) {
        throw new MalformedFrame("an error response with " + payload.length + " bytes");
      }
      return JSON.createObjectNode().put("error", Statuses.name(status));
    }
    Layout layout = responseLayout(code);
    boolean list = LIST_CODES.containsKey(code);
    if (payload.length == 0 && !list) {
      return JSON.createObjectNode();
    }
    return readAll(layout, new ByteSource(payload));
  }

  /** A payload whose layout is given by name; {@code trailing_bytes} is what was left over. */
  public static ObjectNode decodeNamed(String layout, byte[] payload) {
    ByteSource in = new ByteSource(payload);
    ObjectNode fields =
        (ObjectNode)
            switch (layout) {
              case "stats" -> ClassicLayouts.STATS.read(in);
              case "cluster" -> ClassicLayouts.CLUSTER.read(in);
              case "client_details" -> ClassicLayouts.CLIENT_DETAILS.read(in);
              case "clients" -> responseLayout(22).read(in);
              default -> throw new IllegalArgumentException("layout " + layout);
            };
    fields.put("trailing_bytes", in.remaining());
    return plain(fields).deepCopy();
  }

  /** The same value with numbers in the form that a JSON parser gives them. */
  public static <T extends JsonNode> T plain(T node) {
    try {
      @SuppressWarnings("unchecked")
      T parsed = (T) JSON.readTree(node.toString());
      return parsed;
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
  }

  /** Any request of this command, with values that every product must take. */
  public static JsonNode sampleRequest(int code, Random random) {
    return plain(Samples.fit(requestLayout(code).sample(random), random));
  }

  /** Any successful answer to this command; never empty. */
  public static JsonNode sampleResponse(int code, Random random) {
    return plain(Samples.fit(responseLayout(code).sample(random), random));
  }

  private static byte[] write(Layout layout, JsonNode fields) {
    ByteSink out = new ByteSink();
    layout.write(fields, out);
    return out.toByteArray();
  }

  private static JsonNode readAll(Layout layout, ByteSource in) {
    JsonNode fields = layout.read(in);
    if (in.remaining() > 0) {
      throw new MalformedFrame(in.remaining() + " bytes after the last field");
    }
    checkCount(fields, "messages_count", "messages");
    checkCount(fields, "topics_count", "topics");
    checkCount(fields, "members_count", "members");
    checkCount(fields, "consumer_groups_count", "consumer_groups");
    return plain(fields);
  }

  private static void checkCount(JsonNode fields, String count, String list) {
    boolean empty = list.equals("members") && fields.path(list).isEmpty();
    if (fields.has(count) && fields.has(list) && !empty) {
      if (fields.get(count).longValue() != fields.get(list).size()) {
        throw new MalformedFrame(
            count + " is " + fields.get(count) + ", found " + fields.get(list).size());
      }
    }
  }

  private static Layout requestLayout(int code) {
    Layout layout = REQUESTS.get(code);
    if (layout == null) {
      throw new MalformedFrame("unknown code " + code);
    }
    return layout;
  }

  private static Layout responseLayout(int code) {
    return RESPONSES.getOrDefault(code, NOTHING);
  }

  private static Map<Integer, Layout> requests() {
    Map<Integer, Layout> all = new HashMap<>();
    for (int code : new int[] {1, 10, 12, 20, 22, 32, 39, 41, 201}) {
      all.put(code, NOTHING);
    }
    all.put(
        11,
        struct()
            .u8("compression")
            .with("snapshot_types", new Layout.Counted(Layout.U8, Layout.U8)));
    all.put(21, struct().u32("client_id"));
    userRequests(all);
    all.put(100, poll());
    all.put(101, new MessageLayouts.SendMessages());
    all.put(102, struct().with(TOPIC_ID).u32("partition_id").flags("fsync"));
    all.put(120, OFFSET_KEY);
    all.put(121, struct().with(OFFSET_KEY).u64("offset"));
    all.put(122, OFFSET_KEY);
    catalogRequests(all);
    return all;
  }

  private static Layout poll() {
    return struct().with(OFFSET_KEY).with("strategy", STRATEGY).u32("count").flags("auto_commit");
  }

  private static void userRequests(Map<Integer, Layout> all) {
    Layout permissions = new Layout.Flagged(new Layout.Sized(ClassicLayouts.PERMISSIONS));
    all.put(31, USER_ID);
    all.put(
        33,
        struct()
            .with("username", NAME)
            .with("password", PSTR8)
            .u8("status")
            .with("permissions", permissions));
    all.put(34, USER_ID);
    all.put(
        35,
        struct()
            .with(USER_ID)
            .with("username", new Layout.Flagged(NAME))
            .with("status", new Layout.Flagged(Layout.U8)));
    all.put(36, struct().with(USER_ID).with("permissions", permissions));
    all.put(37, struct().with(USER_ID).with("current_password", PSTR8).with("new_password", PSTR8));
    all.put(
        38,
        struct()
            .with("username", NAME)
            .with("password", PSTR8)
            .with("version", STR32_OR_ABSENT)
            .with("context", STR32_OR_ABSENT));
    all.put(42, struct().with("name", NAME).u64("expiry"));
    all.put(43, struct().with("name", NAME));
    all.put(44, struct().with("token", NAME));
  }

  private static void catalogRequests(Map<Integer, Layout> all) {
    all.put(200, STREAM_ID);
    all.put(202, struct().with("name", NAME));
    all.put(203, STREAM_ID);
    all.put(204, struct().with(STREAM_ID).with("name", NAME));
    all.put(205, STREAM_ID);
    all.put(300, TOPIC_ID);
    all.put(301, STREAM_ID);
    all.put(302, struct().with(STREAM_ID).u32("partitions_count").with(TOPIC_SETTINGS));
    all.put(303, TOPIC_ID);
    all.put(304, struct().with(TOPIC_ID).with(TOPIC_SETTINGS));
    all.put(305, TOPIC_ID);
    all.put(402, struct().with(TOPIC_ID).u32("partitions_count"));
    all.put(403, struct().with(TOPIC_ID).u32("partitions_count"));
    all.put(503, struct().with(TOPIC_ID).u32("partition_id", "segments_count"));
    all.put(600, GROUP_ID);
    all.put(601, TOPIC_ID);
    all.put(602, struct().with(TOPIC_ID).with("name", NAME));
    all.put(603, GROUP_ID);
    all.put(604, GROUP_ID);
    all.put(605, GROUP_ID);
  }

  /** Answers that are lists: an empty payload is the empty list. */
  private static final Map<Integer, String> LIST_CODES =
      Map.of(
          22, "clients", 32, "users", 41, "tokens", 201, "streams", 301, "topics", 601, "groups");

  private static Map<Integer, Layout> responses() {
    Map<Integer, Layout> all = new HashMap<>();
    all.put(10, ClassicLayouts.STATS);
    all.put(11, struct().with("data_hex", new Layout.RestAsHex()));
    all.put(12, ClassicLayouts.CLUSTER);
    all.put(20, ClassicLayouts.CLIENT_DETAILS);
    all.put(21, ClassicLayouts.CLIENT_DETAILS);
    all.put(31, ClassicLayouts.USER_DETAILS);
    all.put(33, ClassicLayouts.USER_DETAILS);
    all.put(38, struct().u32("user_id"));
    all.put(42, struct().with("token", NAME));
    all.put(44, struct().u32("user_id"));
    all.put(100, ClassicLayouts.POLLED);
    all.put(120, ClassicLayouts.OFFSET_INFO);
    all.put(200, ClassicLayouts.STREAM_DETAILS);
    all.put(202, ClassicLayouts.STREAM);
    all.put(300, ClassicLayouts.TOPIC_DETAILS);
    all.put(302, ClassicLayouts.TOPIC_DETAILS);
    all.put(600, ClassicLayouts.GROUP_DETAILS);
    all.put(602, ClassicLayouts.GROUP_DETAILS);
    all.put(22, list("clients", ClassicLayouts.CLIENT));
    all.put(32, list("users", ClassicLayouts.USER));
    all.put(41, list("tokens", struct().with("name", NAME).u64("expiry_at")));
    all.put(201, list("streams", ClassicLayouts.STREAM));
    all.put(301, list("topics", ClassicLayouts.TOPIC));
    all.put(601, list("groups", ClassicLayouts.GROUP));
    return all;
  }

  private static Layout list(String name, Layout element) {
    return struct().with(name, new Layout.UntilEnd(element));
  }
}

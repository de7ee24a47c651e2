package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Random;

/** The common types and the response structures (iggy-classic.md 3.4 and 4). */
final class ClassicLayouts {
  static final Layout IDENTIFIER = new Identifier();
  static final Layout CONSUMER =
      Layout.struct()
          .with("kind", new Layout.Named("consumer", "consumer_group"))
          .with("id", IDENTIFIER);
  static final Layout OPTIONAL_PARTITION = new OptionalPartition();
  static final Layout STRATEGY =
      Layout.struct()
          .with("kind", new Layout.Named("offset", "timestamp", "first", "last", "next"))
          .u64("value");
  static final Layout PARTITIONING = new Partitioning();
  static final Layout PERMISSIONS = new Permissions();

  static final Layout.Struct CLIENT =
      Layout.struct()
          .u32("client_id", "user_id")
          .u8("transport")
          .with("address", Layout.STR32)
          .u32("consumer_groups_count");
  static final Layout CLIENT_DETAILS =
      Layout.struct()
          .with(CLIENT)
          .with(
              "consumer_groups",
              new Layout.UntilEnd(Layout.struct().u32("stream_id", "topic_id", "group_id")));

  static final Layout.Struct USER =
      Layout.struct().u32("id").u64("created_at").u8("status").with("username", Layout.NAME);
  static final Layout USER_DETAILS =
      Layout.struct().with(USER).with("permissions", new OwnedPermissions());

  static final Layout.Struct STREAM =
      Layout.struct()
          .u32("id")
          .u64("created_at")
          .u32("topics_count")
          .u64("size_bytes", "messages_count")
          .with("name", Layout.NAME);
  static final Layout.Struct TOPIC =
      Layout.struct()
          .u32("id")
          .u64("created_at")
          .u32("partitions_count")
          .u64("message_expiry")
          .u8("compression_algorithm")
          .u64("max_topic_size")
          .u8("replication_factor")
          .u64("size_bytes", "messages_count")
          .with("name", Layout.NAME);
  static final Layout STREAM_DETAILS =
      Layout.struct().with(STREAM).with("topics", new Layout.UntilEnd(TOPIC));
  static final Layout TOPIC_DETAILS =
      Layout.struct()
          .with(TOPIC)
          .with(
              "partitions",
              new Layout.UntilEnd(
                  Layout.struct()
                      .u32("id")
                      .u64("created_at")
                      .u32("segments_count")
                      .u64("current_offset", "size_bytes", "messages_count")));

  static final Layout.Struct GROUP =
      Layout.struct().u32("id", "partitions_count", "members_count").with("name", Layout.NAME);
  static final Layout GROUP_DETAILS =
      Layout.struct()
          .with(GROUP)
          .with(
              "members",
              new Layout.UntilEnd(
                  Layout.struct()
                      .u32("id")
                      .with("partitions", new Layout.Counted(Layout.U32, Layout.U32))));

  static final Layout OFFSET_INFO =
      Layout.struct().u32("partition_id").u64("current_offset", "stored_offset");

  static final Layout POLLED =
      Layout.struct()
          .u32("partition_id")
          .u64("current_offset")
          .u32("messages_count")
          .with("messages", new Layout.UntilEnd(MessageLayouts.STORED_RECORD));

  static final Layout CLUSTER =
      Layout.struct()
          .with("name", Layout.STR32)
          .with(
              "nodes",
              new Layout.Counted(
                  Layout.U32,
                  Layout.struct()
                      .with("name", Layout.STR32)
                      .with("ip", Layout.STR32)
                      .u16("tcp_port", "quic_port", "http_port", "websocket_port")
                      .u8("role", "status")));

  static final Layout STATS =
      Layout.struct()
          .u32("process_id")
          .with("cpu_usage", Layout.F32)
          .with("total_cpu_usage", Layout.F32)
          .u64("memory_usage", "total_memory", "available_memory")
          .u64("run_time", "start_time", "read_bytes", "written_bytes", "messages_size_bytes")
          .u32("streams_count", "topics_count", "partitions_count", "segments_count")
          .u64("messages_count")
          .u32("clients_count", "consumer_groups_count")
          .with("hostname", Layout.STR32)
          .with("os_name", Layout.STR32)
          .with("os_version", Layout.STR32)
          .with("kernel_version", Layout.STR32)
          .with("iggy_server_version", Layout.STR32)
          .u32("iggy_server_semver")
          .with("cache_metrics", new Layout.Counted(Layout.U32, cacheMetric()))
          .u32("threads_count")
          .u64("free_disk_space", "total_disk_space");

  private ClassicLayouts() {}

  private static Layout cacheMetric() {
    return Layout.struct()
        .u32("stream_id", "topic_id", "partition_id")
        .u64("hits", "misses")
        .with("hit_ratio", Layout.F32);
  }

  /** Section 4.1: {@code u8} kind, {@code u8} length, number or name. */
  private record Identifier() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      if (value.get("kind").textValue().equals("numeric")) {
        out.u8(1);
        out.u8(4);
        out.u32(value.get("value").longValue());
      } else {
        byte[] name = value.get("value").textValue().getBytes(StandardCharsets.UTF_8);
        out.u8(2);
        out.u8(name.length);
        out.bytes(name);
      }
    }

    @Override
    public JsonNode read(ByteSource in) {
      int kind = in.u8();
      int length = in.u8();
      if (kind == 1 && length == 4) {
        return JSON.objectNode().put("kind", "numeric").put("value", in.u32());
      }
      if (kind == 2 && length > 0) {
        return JSON.objectNode().put("kind", "string").put("value", in.text(length));
      }
      throw new MalformedFrame("identifier of kind " + kind + ", length " + length);
    }

    @Override
    public JsonNode sample(Random random) {
      boolean numeric = random.nextBoolean();
      return JSON.objectNode()
          .put("kind", numeric ? "numeric" : "string")
          .set("value", numeric ? U32.sample(random) : NAME.sample(random));
    }
  }

  /** {@code u8} flag, then always a {@code u32}. */
  private record OptionalPartition() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      out.u8(value.isNull() ? 0 : 1);
      out.u32(value.isNull() ? 0 : value.longValue());
    }

    @Override
    public JsonNode read(ByteSource in) {
      boolean present = in.u8() == 1;
      long partition = in.u32();
      return present ? JSON.numberNode(partition) : JSON.nullNode();
    }

    @Override
    public JsonNode sample(Random random) {
      return random.nextBoolean() ? JSON.numberNode(random.nextInt(1000)) : JSON.nullNode();
    }
  }

  /** Section 4.4: {@code u8} kind, {@code u8} length, value. */
  private record Partitioning() implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      switch (value.get("kind").textValue()) {
        case "balanced" -> out.integer(1, 2);
        case "partition_id" -> {
          out.u8(2);
          out.u8(4);
          out.u32(value.get("value").longValue());
        }
        default -> {
          byte[] key = HexFormat.of().parseHex(value.get("value_hex").textValue());
          out.u8(3);
          out.u8(key.length);
          out.bytes(key);
        }
      }
    }

    @Override
    public JsonNode read(ByteSource in) {
      int kind = in.u8();
      int length = in.u8();
      ObjectNode result = JSON.objectNode();
      if (kind == 1 && length == 0) {
        return result.put("kind", "balanced");
      }
      if (kind == 2 && length == 4) {
        return result.put("kind", "partition_id").put("value", in.u32());
      }
      if (kind == 3 && length > 0) {
        String key = HexFormat.of().formatHex(in.bytes(length));
        return result.put("kind", "messages_key").put("value_hex", key);
      }
      throw new MalformedFrame("partitioning of kind " + kind + ", length " + length);
    }

    @Override
    public JsonNode sample(Random random) {
      ObjectNode result = JSON.objectNode();
      switch (random.nextInt(3)) {
        case 0 -> result.put("kind", "balanced");
        case 1 -> result.put("kind", "partition_id").put("value", random.nextInt(1000));
        default -> {
          byte[] key = new byte[1 + random.nextInt(255)];
          random.nextBytes(key);
          result.put("kind", "messages_key").put("value_hex", HexFormat.of().formatHex(key));
        }
      }
      return result;
    }
  }

  /** Section 4.9; an entry is followed by a flag that says whether another one follows. */
  private record Permissions() implements Layout {
    private static final Struct GLOBAL =
        Layout.struct()
            .flags("manage_servers", "read_servers", "manage_users", "read_users")
            .flags("manage_streams", "read_streams", "manage_topics", "read_topics")
            .flags("poll_messages", "send_messages");
    private static final Layout TOPICS =
        new Chain(
            Layout.struct()
                .u32("topic_id")
                .flags("manage_topic", "read_topic", "poll_messages", "send_messages"));
    private static final Layout STREAMS =
        new Chain(
            Layout.struct()
                .u32("stream_id")
                .flags("manage_stream", "read_stream", "manage_topics", "read_topics")
                .flags("poll_messages", "send_messages")
                .with("topics", TOPICS));

    @Override
    public void write(JsonNode value, ByteSink out) {
      GLOBAL.write(value.get("global"), out);
      STREAMS.write(value.get("streams"), out);
    }

    @Override
    public JsonNode read(ByteSource in) {
      ObjectNode result = JSON.objectNode();
      result.set("global", GLOBAL.read(in));
      result.set("streams", STREAMS.read(in));
      return result;
    }

    @Override
    public JsonNode sample(Random random) {
      ObjectNode result = JSON.objectNode();
      result.set("global", GLOBAL.sample(random));
      result.set("streams", STREAMS.sample(random));
      return result;
    }
  }

  /** Entries, each announced by a byte 1; a byte 0 ends them. */
  private record Chain(Layout entry) implements Layout {
    @Override
    public void write(JsonNode value, ByteSink out) {
      for (JsonNode item : value) {
        out.u8(1);
        entry.write(item, out);
      }
      out.u8(0);
    }

    @Override
    public JsonNode read(ByteSource in) {
      ArrayNode items = JSON.arrayNode();
      while (in.u8() == 1) {
        items.add(entry.read(in));
      }
      return items;
    }

    @Override
    public JsonNode sample(Random random) {
      return Layout.list(entry, random);
    }
  }

  /** In user_details: a flag 1, length and block, or four zero bytes (3.4.4). */
  private record OwnedPermissions() implements Layout {
    private static final Layout BLOCK = new Sized(PERMISSIONS);

    @Override
    public void write(JsonNode value, ByteSink out) {
      if (value.isNull()) {
        out.u32(0);
      } else {
        out.u8(1);
        BLOCK.write(value, out);
      }
    }

    @Override
    public JsonNode read(ByteSource in) {
      if (in.u8() == 1) {
        return BLOCK.read(in);
      }
      if (in.integer(3) != 0) {
        throw new MalformedFrame("absent permissions are four zero bytes");
      }
      return JSON.nullNode();
    }

    @Override
    public JsonNode sample(Random random) {
      return random.nextBoolean() ? BLOCK.sample(random) : JSON.nullNode();
    }
  }
}

package dev.whippet.broker.internal.wire;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Partitioning;
import dev.whippet.broker.internal.command.Request.Permissions;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import java.util.OptionalInt;

/**
 * Decoded requests as the {@code fields} of the vector files (iggy-classic.md 9.1), so that both
 * can be compared. Does not release batches.
 */
final class RequestFields {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String[] GLOBAL = {
    "manage_servers", "read_servers", "manage_users", "read_users", "manage_streams",
    "read_streams", "manage_topics", "read_topics", "poll_messages", "send_messages"
  };
  private static final String[] STREAM = {
    "manage_stream", "read_stream", "manage_topics", "read_topics", "poll_messages", "send_messages"
  };
  private static final String[] TOPIC = {
    "manage_topic", "read_topic", "poll_messages", "send_messages"
  };

  private RequestFields() {}

  static ObjectNode of(Request request) {
    ObjectNode f = JSON.createObjectNode();
    if (request instanceof Request.SendMessages r) {
      place(f, r.stream(), r.topic()).set("partitioning", partitioning(r.partitioning()));
      return f.set("messages", messages(r.batch(), true));
    } else if (request instanceof Request.Publish r) {
      place(f, r.stream(), r.topic())
          .put("partition_id", r.partition())
          .put("channel", r.channel());
      f.put("previous", r.previous()).put("first_sequence", r.firstSequence());
      return f.set("messages", messages(r.batch(), false));
    } else if (request instanceof Request.Poll r) {
      consumer(f, r.consumer(), r.stream(), r.topic(), r.partition());
      f.putObject("strategy")
          .put("kind", r.strategy().kind().name().toLowerCase(Locale.ROOT))
          .put("value", r.strategy().value());
      return f.put("count", r.count()).put("auto_commit", r.autoCommit());
    } else if (request instanceof Request.GetConsumerOffset r) {
      return consumer(f, r.consumer(), r.stream(), r.topic(), r.partition());
    } else if (request instanceof Request.StoreConsumerOffset r) {
      return consumer(f, r.consumer(), r.stream(), r.topic(), r.partition())
          .put("offset", r.offset());
    } else if (request instanceof Request.DeleteConsumerOffset r) {
      return consumer(f, r.consumer(), r.stream(), r.topic(), r.partition());
    } else if (request instanceof Request.CreateTopic r) {
      f.set("stream_id", identifier(r.stream()));
      f.put("partitions_count", r.partitionsCount());
      return settings(f, r.name(), r.settings());
    } else if (request instanceof Request.UpdateTopic r) {
      return settings(place(f, r.stream(), r.topic()), r.name(), r.settings());
    }
    return ofUser(request, f);
  }

  private static ObjectNode ofUser(Request request, ObjectNode f) {
    if (request instanceof Request.CreateUser r) {
      f.put("username", r.username()).put("password", utf8(r.password()));
      f.put("status", r.status());
      return f.set("permissions", permissions(r.permissions()));
    } else if (request instanceof Request.UpdateUser r) {
      f.set("user_id", identifier(r.user()));
      return f.put("username", r.username()).put("status", r.status());
    } else if (request instanceof Request.UpdatePermissions r) {
      f.set("user_id", identifier(r.user()));
      return f.set("permissions", permissions(r.permissions()));
    } else if (request instanceof Request.ChangePassword r) {
      f.set("user_id", identifier(r.user()));
      return f.put("current_password", utf8(r.current()))
          .put("new_password", utf8(r.replacement()));
    } else if (request instanceof Request.Login r) {
      f.put("username", r.username()).put("password", utf8(r.password()));
      return f.put("version", nullIfEmpty(r.version())).put("context", nullIfEmpty(r.context()));
    } else if (request instanceof Request.LoginWithToken r) {
      return f.put("token", utf8(r.token()));
    } else if (request instanceof Request.CreateToken r) {
      return f.put("name", r.name()).put("expiry", Long.toUnsignedString(r.expiryMicros()));
    } else if (request instanceof Request.DeleteToken r) {
      return f.put("name", r.name());
    } else if (request instanceof Request.GetUser r) {
      return f.set("user_id", identifier(r.user()));
    } else if (request instanceof Request.DeleteUser r) {
      return f.set("user_id", identifier(r.user()));
    }
    return ofStructure(request, f);
  }

  private static ObjectNode ofStructure(Request request, ObjectNode f) {
    if (request instanceof Request.GetStream r) {
      return f.set("stream_id", identifier(r.stream()));
    } else if (request instanceof Request.CreateStream r) {
      return f.put("name", r.name());
    } else if (request instanceof Request.DeleteStream r) {
      return f.set("stream_id", identifier(r.stream()));
    } else if (request instanceof Request.UpdateStream r) {
      f.set("stream_id", identifier(r.stream()));
      return f.put("name", r.name());
    } else if (request instanceof Request.PurgeStream r) {
      return f.set("stream_id", identifier(r.stream()));
    } else if (request instanceof Request.GetTopic r) {
      return place(f, r.stream(), r.topic());
    } else if (request instanceof Request.GetTopics r) {
      return f.set("stream_id", identifier(r.stream()));
    } else if (request instanceof Request.DeleteTopic r) {
      return place(f, r.stream(), r.topic());
    } else if (request instanceof Request.PurgeTopic r) {
      return place(f, r.stream(), r.topic());
    } else if (request instanceof Request.CreatePartitions r) {
      return place(f, r.stream(), r.topic()).put("partitions_count", r.count());
    } else if (request instanceof Request.DeletePartitions r) {
      return place(f, r.stream(), r.topic()).put("partitions_count", r.count());
    } else if (request instanceof Request.DeleteSegments r) {
      return place(f, r.stream(), r.topic())
          .put("partition_id", r.partition())
          .put("segments_count", r.count());
    } else if (request instanceof Request.FlushUnsavedBuffer r) {
      return place(f, r.stream(), r.topic())
          .put("partition_id", r.partition())
          .put("fsync", r.fsync());
    }
    return ofOther(request, f);
  }

  private static ObjectNode ofOther(Request request, ObjectNode f) {
    if (request instanceof Request.GetConsumerGroup r) {
      return place(f, r.stream(), r.topic()).set("group_id", identifier(r.group()));
    } else if (request instanceof Request.GetConsumerGroups r) {
      return place(f, r.stream(), r.topic());
    } else if (request instanceof Request.CreateConsumerGroup r) {
      return place(f, r.stream(), r.topic()).put("name", r.name());
    } else if (request instanceof Request.DeleteConsumerGroup r) {
      return place(f, r.stream(), r.topic()).set("group_id", identifier(r.group()));
    } else if (request instanceof Request.JoinConsumerGroup r) {
      return place(f, r.stream(), r.topic()).set("group_id", identifier(r.group()));
    } else if (request instanceof Request.LeaveConsumerGroup r) {
      return place(f, r.stream(), r.topic()).set("group_id", identifier(r.group()));
    } else if (request instanceof Request.GetSnapshot r) {
      ArrayNode types = f.put("compression", r.compression()).putArray("snapshot_types");
      r.types().forEach(types::add);
      return f;
    } else if (request instanceof Request.GetClient r) {
      return f.put("client_id", r.clientId());
    } else if (request instanceof Request.Hello r) {
      f.put("version", r.version()).put("features", r.features());
      f.put("producer_hex", hex(r.producer())).put("epoch", r.epoch());
      return f.put("instance_hex", hex(r.instance()));
    } else if (request instanceof Request.ProducerState r) {
      return place(f, r.stream(), r.topic())
          .put("partition_id", r.partition())
          .put("channel", r.channel());
    }
    if (request.getClass().getRecordComponents().length > 0) {
      throw new AssertionError("no fields for " + request);
    }
    return f;
  }

  private static ObjectNode place(ObjectNode f, Identifier stream, Identifier topic) {
    f.set("stream_id", identifier(stream));
    f.set("topic_id", identifier(topic));
    return f;
  }

  private static ObjectNode consumer(
      ObjectNode f, ConsumerId consumer, Identifier stream, Identifier topic, OptionalInt part) {
    f.putObject("consumer")
        .put("kind", consumer.group() ? "consumer_group" : "consumer")
        .set("id", identifier(consumer.identifier()));
    place(f, stream, topic);
    return f.put("partition_id", part.isPresent() ? Integer.valueOf(part.getAsInt()) : null);
  }

  private static ObjectNode identifier(Identifier identifier) {
    ObjectNode f = JSON.createObjectNode();
    return identifier instanceof Identifier.Named named
        ? f.put("kind", "string").put("value", named.name())
        : f.put("kind", "numeric")
            .put("value", Integer.toUnsignedLong(((Identifier.Numeric) identifier).id()));
  }

  /** A key is decoded to its hash, which the test adds to the vector's fields. */
  private static ObjectNode partitioning(Partitioning partitioning) {
    ObjectNode f = JSON.createObjectNode();
    if (partitioning instanceof Partitioning.PartitionId id) {
      return f.put("kind", "partition_id").put("value", id.id());
    } else if (partitioning instanceof Partitioning.Key key) {
      return f.put("kind", "messages_key").put("hash", key.hash());
    }
    return f.put("kind", "balanced");
  }

  private static ObjectNode settings(ObjectNode f, String name, Request.TopicSettings settings) {
    return f.put("compression_algorithm", settings.compression())
        .put("message_expiry", Long.toUnsignedString(settings.messageExpiryMicros()))
        .put("max_topic_size", Long.toUnsignedString(settings.maxSizeBytes()))
        .put("replication_factor", settings.replicationFactor())
        .put("name", name);
  }

  private static JsonNode permissions(Permissions permissions) {
    if (permissions == null) {
      return JSON.nullNode();
    }
    ByteBuf in = Unpooled.wrappedBuffer(permissions.encoded());
    ObjectNode f = JSON.createObjectNode();
    flags(in, f.putObject("global"), GLOBAL);
    ArrayNode streams = f.putArray("streams");
    while (in.readByte() == 1) {
      ObjectNode stream = streams.addObject().put("stream_id", in.readIntLE());
      flags(in, stream, STREAM);
      ArrayNode topics = stream.putArray("topics");
      while (in.readByte() == 1) {
        flags(in, topics.addObject().put("topic_id", in.readIntLE()), TOPIC);
      }
    }
    if (in.isReadable()) {
      throw new AssertionError(in.readableBytes() + " bytes after the permissions");
    }
    return f;
  }

  private static void flags(ByteBuf in, ObjectNode f, String[] names) {
    for (String name : names) {
      f.put(name, in.readByte() == 1);
    }
  }

  private static ArrayNode messages(Request.Batch batch, boolean parsedHeaders) {
    ArrayNode messages = JSON.createArrayNode();
    ByteBuf in = batch.records().duplicate();
    for (int i = 0; i < batch.count(); i++) {
      in.skipBytes(8);
      BigInteger low = new BigInteger(Long.toUnsignedString(in.readLongLE()));
      BigInteger high = new BigInteger(Long.toUnsignedString(in.readLongLE()));
      in.skipBytes(16);
      ObjectNode message = messages.addObject().put("id", high.shiftLeft(64).or(low).toString());
      message.put("origin_timestamp", in.readLongLE());
      int headersBytes = in.readIntLE();
      byte[] payload = new byte[in.readIntLE()];
      in.skipBytes(8).readBytes(payload);
      message.put("payload_hex", hex(payload));
      byte[] headers = new byte[headersBytes];
      in.readBytes(headers);
      if (parsedHeaders) {
        message.set("user_headers", headers(headers));
      } else {
        message.put("headers_hex", hex(headers));
      }
    }
    if (in.isReadable()) {
      throw new AssertionError(in.readableBytes() + " bytes after the records");
    }
    return messages;
  }

  /** iggy-classic.md 5.6. */
  private static ArrayNode headers(byte[] block) {
    ArrayNode headers = JSON.createArrayNode();
    ByteBuf in = Unpooled.wrappedBuffer(block);
    while (in.isReadable()) {
      ObjectNode header = headers.addObject();
      for (String part : new String[] {"key", "value"}) {
        header.put(part + "_kind", in.readUnsignedByte());
        byte[] bytes = new byte[in.readIntLE()];
        in.readBytes(bytes);
        header.put(part + "_hex", hex(bytes));
      }
    }
    return headers;
  }

  private static String utf8(byte[] bytes) {
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static String nullIfEmpty(String text) {
    return text.isEmpty() ? null : text;
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }
}

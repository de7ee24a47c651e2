package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.command.Request;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.OptionalInt;

/** The broker's request model, turned into the reference's fields. Releases batches. */
final class BrokerRequests {
  private BrokerRequests() {}

  static JsonNode fields(Request request) {
    ObjectNode fields = Product.object();
    if (request instanceof Request.Poll poll) {
      offsetKey(fields, poll.consumer(), poll.stream(), poll.topic(), poll.partition());
      ObjectNode strategy = fields.putObject("strategy");
      strategy.put("kind", poll.strategy().kind().name().toLowerCase(Locale.ROOT));
      strategy.set("value", Product.u64(poll.strategy().value()));
      fields.put("count", poll.count()).put("auto_commit", poll.autoCommit());
    } else if (request instanceof Request.SendMessages send) {
      topic(fields, send.stream(), send.topic());
      fields.set("partitioning", partitioning(send.partitioning()));
      fields.set("messages", messages(send.batch()));
    } else if (request instanceof Request.FlushUnsavedBuffer flush) {
      topic(fields, flush.stream(), flush.topic());
      fields.set("partition_id", Product.u32(flush.partition()));
      fields.put("fsync", flush.fsync());
    } else if (request instanceof Request.GetConsumerOffset get) {
      offsetKey(fields, get.consumer(), get.stream(), get.topic(), get.partition());
    } else if (request instanceof Request.StoreConsumerOffset store) {
      offsetKey(fields, store.consumer(), store.stream(), store.topic(), store.partition());
      fields.set("offset", Product.u64(store.offset()));
    } else if (request instanceof Request.DeleteConsumerOffset delete) {
      offsetKey(fields, delete.consumer(), delete.stream(), delete.topic(), delete.partition());
    } else {
      system(request, fields);
    }
    return ReferenceCodec.plain(fields);
  }

  private static void system(Request request, ObjectNode fields) {
    if (request instanceof Request.GetSnapshot snapshot) {
      ArrayNode types =
          fields.put("compression", snapshot.compression()).putArray("snapshot_types");
      snapshot.types().forEach(types::add);
    } else if (request instanceof Request.GetClient get) {
      fields.put("client_id", get.clientId());
    } else if (request instanceof Request.Login login) {
      fields.put("username", login.username()).put("password", text(login.password()));
      fields.set("version", absentWhenEmpty(login.version()));
      fields.set("context", absentWhenEmpty(login.context()));
    } else if (request instanceof Request.LoginWithToken login) {
      fields.put("token", text(login.token()));
    } else if (request instanceof Request.CreateToken create) {
      fields.put("name", create.name()).set("expiry", Product.u64(create.expiryMicros()));
    } else if (request instanceof Request.DeleteToken delete) {
      fields.put("name", delete.name());
    } else {
      users(request, fields);
    }
  }

  private static void users(Request request, ObjectNode fields) {
    if (request instanceof Request.GetUser get) {
      fields.set("user_id", identifier(get.user()));
    } else if (request instanceof Request.CreateUser create) {
      fields.put("username", create.username()).put("password", text(create.password()));
      fields.put("status", create.status()).set("permissions", permissions(create.permissions()));
    } else if (request instanceof Request.DeleteUser delete) {
      fields.set("user_id", identifier(delete.user()));
    } else if (request instanceof Request.UpdateUser update) {
      fields.set("user_id", identifier(update.user()));
      fields.put("username", update.username()).put("status", update.status());
    } else if (request instanceof Request.UpdatePermissions update) {
      fields.set("user_id", identifier(update.user()));
      fields.set("permissions", permissions(update.permissions()));
    } else if (request instanceof Request.ChangePassword change) {
      fields.set("user_id", identifier(change.user()));
      fields.put("current_password", text(change.current()));
      fields.put("new_password", text(change.replacement()));
    } else {
      catalog(request, fields);
    }
  }

  private static void catalog(Request request, ObjectNode fields) {
    if (request instanceof Request.GetStream get) {
      stream(fields, get.stream());
    } else if (request instanceof Request.CreateStream create) {
      fields.put("name", create.name());
    } else if (request instanceof Request.DeleteStream delete) {
      stream(fields, delete.stream());
    } else if (request instanceof Request.UpdateStream update) {
      stream(fields, update.stream()).put("name", update.name());
    } else if (request instanceof Request.PurgeStream purge) {
      stream(fields, purge.stream());
    } else if (request instanceof Request.GetTopic get) {
      topic(fields, get.stream(), get.topic());
    } else if (request instanceof Request.GetTopics get) {
      stream(fields, get.stream());
    } else if (request instanceof Request.CreateTopic create) {
      stream(fields, create.stream()).put("name", create.name());
      settings(fields.put("partitions_count", create.partitionsCount()), create.settings());
    } else if (request instanceof Request.DeleteTopic delete) {
      topic(fields, delete.stream(), delete.topic());
    } else if (request instanceof Request.UpdateTopic update) {
      topic(fields, update.stream(), update.topic()).put("name", update.name());
      settings(fields, update.settings());
    } else if (request instanceof Request.PurgeTopic purge) {
      topic(fields, purge.stream(), purge.topic());
    } else if (request instanceof Request.CreatePartitions create) {
      topic(fields, create.stream(), create.topic()).put("partitions_count", create.count());
    } else if (request instanceof Request.DeletePartitions delete) {
      topic(fields, delete.stream(), delete.topic()).put("partitions_count", delete.count());
    } else if (request instanceof Request.DeleteSegments delete) {
      topic(fields, delete.stream(), delete.topic()).put("segments_count", delete.count());
      fields.set("partition_id", Product.u32(delete.partition()));
    } else {
      groups(request, fields);
    }
  }

  private static void groups(Request request, ObjectNode fields) {
    if (request instanceof Request.GetConsumerGroup get) {
      topic(fields, get.stream(), get.topic()).set("group_id", identifier(get.group()));
    } else if (request instanceof Request.GetConsumerGroups get) {
      topic(fields, get.stream(), get.topic());
    } else if (request instanceof Request.CreateConsumerGroup create) {
      topic(fields, create.stream(), create.topic()).put("name", create.name());
    } else if (request instanceof Request.DeleteConsumerGroup delete) {
      topic(fields, delete.stream(), delete.topic()).set("group_id", identifier(delete.group()));
    } else if (request instanceof Request.JoinConsumerGroup join) {
      topic(fields, join.stream(), join.topic()).set("group_id", identifier(join.group()));
    } else if (request instanceof Request.LeaveConsumerGroup leave) {
      topic(fields, leave.stream(), leave.topic()).set("group_id", identifier(leave.group()));
    }
  }

  private static ObjectNode stream(ObjectNode fields, Request.Identifier stream) {
    fields.set("stream_id", identifier(stream));
    return fields;
  }

  private static ObjectNode topic(
      ObjectNode fields, Request.Identifier stream, Request.Identifier topic) {
    stream(fields, stream).set("topic_id", identifier(topic));
    return fields;
  }

  private static void offsetKey(
      ObjectNode fields,
      Request.ConsumerId consumer,
      Request.Identifier stream,
      Request.Identifier topic,
      OptionalInt partition) {
    ObjectNode who = fields.putObject("consumer");
    who.put("kind", consumer.group() ? "consumer_group" : "consumer");
    who.set("id", identifier(consumer.identifier()));
    topic(fields, stream, topic);
    fields.set(
        "partition_id",
        partition.isPresent() ? Product.u32(partition.getAsInt()) : NullNode.instance);
  }

  private static JsonNode identifier(Request.Identifier identifier) {
    if (identifier instanceof Request.Identifier.Numeric numeric) {
      return Product.object().put("kind", "numeric").set("value", Product.u32(numeric.id()));
    }
    Request.Identifier.Named named = (Request.Identifier.Named) identifier;
    return Product.object().put("kind", "string").put("value", named.name());
  }

  /** A key arrives as its hash only. */
  private static JsonNode partitioning(Request.Partitioning partitioning) {
    ObjectNode fields = Product.object();
    if (partitioning instanceof Request.Partitioning.PartitionId partition) {
      return fields.put("kind", "partition_id").set("value", Product.u32(partition.id()));
    }
    if (partitioning instanceof Request.Partitioning.Key key) {
      return fields.put("kind", "messages_key").set("hash", Product.u32(key.hash()));
    }
    return fields.put("kind", "balanced");
  }

  private static void settings(ObjectNode fields, Request.TopicSettings settings) {
    fields.put("compression_algorithm", settings.compression());
    fields.set("message_expiry", Product.u64(settings.messageExpiryMicros()));
    fields.set("max_topic_size", Product.u64(settings.maxSizeBytes()));
    fields.put("replication_factor", settings.replicationFactor());
  }

  private static JsonNode messages(Request.Batch batch) {
    ByteBuf records = batch.records();
    try {
      JsonNode messages = Product.decodeRecords(ByteBufUtil.getBytes(records));
      if (messages.size() != batch.count()) {
        throw new MalformedFrame("a batch of " + batch.count() + " holds " + messages.size());
      }
      return messages;
    } finally {
      batch.release();
    }
  }

  private static JsonNode permissions(Request.Permissions permissions) {
    return permissions == null || permissions.encoded() == null
        ? NullNode.instance
        : Product.decodePermissions(permissions.encoded());
  }

  private static JsonNode absentWhenEmpty(String text) {
    return text == null || text.isEmpty() ? NullNode.instance : Product.object().textNode(text);
  }

  private static String text(byte[] utf8) {
    return new String(utf8, StandardCharsets.UTF_8);
  }
}

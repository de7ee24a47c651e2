package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.broker.internal.wire.Refusal;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.function.LongSupplier;

/**
 * Sending and polling. What is sent is written as the classic wire carries it and goes through its
 * decoder, so that a batch is checked as everybody else's.
 */
final class MessageRoutes {
  private static final int BALANCED = 1;
  private static final int PARTITION_ID = 2;
  private static final int KEY = 3;
  private static final int KEY_BYTES_MAX = 255;
  private static final int NUMERIC = 1;
  private static final int NAMED = 2;

  private record Message(BigInteger id, byte[] payload, byte[] headers) {
    int bytes() {
      return Limits.MESSAGE_HEADER_BYTES + payload.length + headers.length;
    }
  }

  private final LongSupplier clockMicros;

  MessageRoutes(LongSupplier clockMicros) {
    this.clockMicros = clockMicros;
  }

  List<Route> all() {
    String path = "/streams/{stream}/topics/{topic}/messages";
    return List.of(
        Route.withBody("POST", path, this::send),
        Route.of("GET", path, MessageRoutes::poll),
        Route.of("GET", path + "/flush/{partition}/{fsync}", MessageRoutes::flush));
  }

  // --- sending ----------------------------------------------------------------------------------

  private void send(Call call) {
    Body body = call.body();
    Body partitioning = Body.of(body.required("partitioning"), "partitioning");
    int kind = kind(partitioning.text("kind"));
    byte[] value = partitioning.bytes("value");
    JsonNode given = body.required("messages");
    if (!given.isArray()) {
      throw HttpRefusal.wrongShape("messages is not an array.");
    }
    List<Message> messages = new ArrayList<>(given.size());
    for (JsonNode message : given) {
      messages.add(message(Body.of(message, "a message")));
    }
    if (kind == KEY && (value.length < 1 || value.length > KEY_BYTES_MAX)) {
      throw HttpRefusal.of(Errors.INVALID_KEY_VALUE_LENGTH);
    }
    call.order(request(call, kind, kind == BALANCED ? new byte[0] : value, messages), 201);
  }

  private static int kind(String name) {
    return switch (name) {
      case "balanced" -> BALANCED;
      case "partition_id" -> PARTITION_ID;
      case "messages_key" -> KEY;
      default ->
          throw HttpRefusal.wrongShape("kind is none of balanced, partition_id, messages_key.");
    };
  }

  private static Message message(Body given) {
    byte[] payload = given.bytes("payload");
    if (payload.length == 0) {
      throw HttpRefusal.wrongShape("payload is empty.");
    }
    JsonNode id = given.orNull("id");
    JsonNode headers = given.optional("user_headers");
    return new Message(MessageId.of(id), payload, UserHeaders.encode(headers));
  }

  /** Through the wire's own decoder; 422 and 413 bound what is allocated here. */
  private Request request(Call call, int kind, byte[] value, List<Message> messages) {
    if (value.length > KEY_BYTES_MAX) {
      throw HttpRefusal.of(Status.INVALID_COMMAND);
    }
    byte[] stream = identifier(call.stream());
    byte[] topic = identifier(call.topic());
    int metadataBytes = stream.length + topic.length + 2 + value.length + Integer.BYTES;
    int bytes = Integer.BYTES + metadataBytes;
    for (Message message : messages) {
      bytes += Limits.INDEX_ENTRY_BYTES + message.bytes();
    }
    ByteBuf out = PooledByteBufAllocator.DEFAULT.directBuffer(bytes, bytes);
    try {
      out.writeIntLE(metadataBytes).writeBytes(stream).writeBytes(topic);
      out.writeByte(kind).writeByte(value.length).writeBytes(value);
      out.writeIntLE(messages.size());
      int position = 0;
      for (Message message : messages) {
        position += message.bytes();
        out.writeIntLE(0).writeIntLE(position).writeLongLE(0);
      }
      messages.forEach(message -> write(out, message));
      return ClassicDialect.decode(Command.SEND_MESSAGES, out);
    } catch (Refusal refusal) {
      throw HttpRefusal.of(refusal.status());
    } finally {
      out.release();
    }
  }

  private void write(ByteBuf out, Message message) {
    out.writeLongLE(0); // checksum: the log's to fill
    out.writeLongLE(message.id.longValue());
    out.writeLongLE(message.id.shiftRight(Long.SIZE).longValue());
    out.writeLongLE(0).writeLongLE(0); // offset and time, too
    out.writeLongLE(clockMicros.getAsLong());
    out.writeIntLE(message.headers.length).writeIntLE(message.payload.length);
    out.writeLongLE(0);
    out.writeBytes(message.payload).writeBytes(message.headers);
  }

  private static byte[] identifier(Identifier identifier) {
    ByteBuf out = Unpooled.buffer();
    if (identifier instanceof Identifier.Numeric numeric) {
      out.writeByte(NUMERIC).writeByte(Integer.BYTES).writeIntLE(numeric.id());
    } else {
      byte[] name = ((Identifier.Named) identifier).name().getBytes(StandardCharsets.UTF_8);
      out.writeByte(NAMED).writeByte(name.length).writeBytes(name);
    }
    byte[] bytes = new byte[out.readableBytes()];
    out.readBytes(bytes);
    return bytes;
  }

  // --- polling ----------------------------------------------------------------------------------

  private static void poll(Call call) {
    OptionalInt partition = call.optionalU32Query("partition_id");
    Strategy.Kind kind = strategy(call.query("kind", "offset"));
    long value = call.u64Query("value", 0);
    OptionalInt count = call.optionalU32Query("count");
    boolean autoCommit = Call.flag("auto_commit", call.query("auto_commit", "false"));
    call.ask(
        new Request.Poll(
            call.consumer(),
            call.stream(),
            call.topic(),
            OptionalInt.of(partition.orElse(0)),
            new Strategy(kind, value),
            Integer.toUnsignedLong(count.orElse(10)),
            autoCommit),
        reply -> call.answer(polled((Reply.Polled) reply)));
  }

  private static Strategy.Kind strategy(String name) {
    for (Strategy.Kind kind : Strategy.Kind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(name)) {
        return kind;
      }
    }
    throw HttpRefusal.badRequest("kind is none of offset, timestamp, first, last, next.");
  }

  /** An empty result tells neither partition nor offset (8.5). */
  private static Answer polled(Reply.Polled polled) {
    boolean empty = polled.count() == 0;
    return Answer.object(
        out -> {
          Json.unsigned(out, "partition_id", empty ? 0 : polled.partitionId());
          Json.unsigned(out, "current_offset", empty ? 0 : polled.currentOffset());
          Json.unsigned(out, "count", polled.count());
          out.writeFieldName("messages");
          out.writeStartArray();
          ByteBuf records =
              Unpooled.wrappedUnmodifiableBuffer(
                  polled.records().stream().map(ByteBuf::duplicate).toArray(ByteBuf[]::new));
          for (int i = 0; i < polled.count(); i++) {
            out.writeStartObject();
            message(out, records);
            out.writeEndObject();
          }
          out.writeEndArray();
        });
  }

  private static void message(JsonGenerator out, ByteBuf in) throws IOException {
    long checksum = in.readLongLE();
    long low = in.readLongLE();
    long high = in.readLongLE();
    out.writeObjectFieldStart("header");
    Json.unsigned(out, "checksum", checksum);
    out.writeFieldName("id");
    out.writeNumber(MessageId.of(low, high));
    Json.unsigned(out, "offset", in.readLongLE());
    Json.unsigned(out, "timestamp", in.readLongLE());
    Json.unsigned(out, "origin_timestamp", in.readLongLE());
    int headersBytes = in.readIntLE();
    int payloadBytes = in.readIntLE();
    Json.unsigned(out, "user_headers_length", headersBytes);
    Json.unsigned(out, "payload_length", payloadBytes);
    Json.unsigned(out, "reserved", in.readLongLE());
    out.writeEndObject();
    byte[] payload = new byte[payloadBytes];
    in.readBytes(payload);
    out.writeBinaryField("payload", payload);
    byte[] headers = new byte[headersBytes];
    in.readBytes(headers);
    out.writeFieldName("user_headers");
    UserHeaders.write(out, headers);
  }

  /** Everything is written when it is acknowledged; the command says whether there is more. */
  private static void flush(Call call) {
    int partition = call.u32Parameter("partition");
    boolean fsync = Call.flag("fsync", call.parameter("fsync"));
    call.order(new Request.FlushUnsavedBuffer(call.stream(), call.topic(), partition, fsync), 200);
  }
}

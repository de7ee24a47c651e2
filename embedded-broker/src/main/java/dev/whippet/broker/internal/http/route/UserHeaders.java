package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * User headers of a message as JSON and as the wire's block (iggy-classic.md 5.6): pairs of fields,
 * in order of kind and bytes of their keys; of two with the same key the last one counts.
 */
final class UserHeaders {
  private static final List<String> KINDS =
      List.of(
          "raw", "string", "bool", "int8", "int16", "int32", "int64", "int128", "uint8", "uint16",
          "uint32", "uint64", "uint128", "float32", "float64");
  private static final int FIELD_HEAD_BYTES = 5;
  private static final int FIELD_BYTES_MAX = 255;
  private static final byte[] NONE = {};
  private static final Comparator<Field> ORDER =
      Comparator.comparingInt(Field::kind).thenComparing(Field::bytes, Arrays::compareUnsigned);

  private record Field(int kind, byte[] bytes) {}

  private UserHeaders() {}

  /** A block for what a request says: nothing, pairs, or the block itself as Base64. */
  static byte[] encode(JsonNode given) {
    if (given == null || given.isNull()) {
      return NONE;
    }
    if (given.isTextual()) {
      return Body.bytes("user_headers", given.textValue());
    }
    if (!given.isArray()) {
      throw HttpRefusal.wrongShape("user_headers is neither an array nor a text.");
    }
    Map<Field, Field> pairs = new TreeMap<>(ORDER);
    for (JsonNode pair : given) {
      Body members = Body.of(pair, "a user header");
      pairs.put(field(members.required("key")), field(members.required("value")));
    }
    int bytes = 0;
    for (Map.Entry<Field, Field> pair : pairs.entrySet()) {
      bytes += 2 * FIELD_HEAD_BYTES + pair.getKey().bytes.length + pair.getValue().bytes.length;
    }
    ByteBuffer block = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    pairs.forEach(
        (key, value) -> {
          put(block, key);
          put(block, value);
        });
    return block.array();
  }

  private static Field field(JsonNode given) {
    Body members = Body.of(given, "a user header's key or value");
    int kind = KINDS.indexOf(members.text("kind"));
    byte[] bytes = members.bytes("value");
    if (kind < 0) {
      throw HttpRefusal.wrongShape("kind is none of " + String.join(", ", KINDS) + ".");
    }
    if (bytes.length < 1 || bytes.length > FIELD_BYTES_MAX) {
      throw HttpRefusal.wrongShape("a user header's key or value has not 1 to 255 bytes.");
    }
    return new Field(kind + 1, bytes);
  }

  private static void put(ByteBuffer block, Field field) {
    block.put((byte) field.kind).putInt(field.bytes.length).put(field.bytes);
  }

  /** Pairs, or the block as Base64 when it holds none. */
  static void write(JsonGenerator out, byte[] block) throws IOException {
    Map<Field, Field> pairs = parse(block);
    if (pairs == null) {
      out.writeBinary(block);
      return;
    }
    out.writeStartArray();
    for (Map.Entry<Field, Field> pair : pairs.entrySet()) {
      out.writeStartObject();
      write(out, "key", pair.getKey());
      write(out, "value", pair.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void write(JsonGenerator out, String name, Field field) throws IOException {
    out.writeObjectFieldStart(name);
    out.writeStringField("kind", KINDS.get(field.kind - 1));
    out.writeBinaryField("value", field.bytes);
    out.writeEndObject();
  }

  /** {@code null} when the block is not one of pairs: encrypted, or of another generation. */
  private static Map<Field, Field> parse(byte[] block) {
    ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    Map<Field, Field> pairs = new TreeMap<>(ORDER);
    while (in.hasRemaining()) {
      Field key = next(in);
      Field value = key == null ? null : next(in);
      if (value == null) {
        return null;
      }
      pairs.put(key, value);
    }
    return pairs;
  }

  private static Field next(ByteBuffer in) {
    if (in.remaining() < FIELD_HEAD_BYTES) {
      return null;
    }
    int kind = in.get();
    int length = in.getInt();
    boolean sound =
        kind >= 1
            && kind <= KINDS.size()
            && length >= 1
            && length <= FIELD_BYTES_MAX
            && length <= in.remaining();
    if (!sound) {
      return null;
    }
    byte[] bytes = new byte[length];
    in.get(bytes);
    return new Field(kind, bytes);
  }
}

package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Permissions as JSON (iggy-classic.md 8.3) and as the wire's block (4.9).
 *
 * <pre>
 *   {"global": {ten flags}, "streams": {"id": {six flags, "topics": {"id": {four flags}} or null}}
 *                                      or null}
 * </pre>
 */
final class PermissionsJson {
  private static final List<String> GLOBAL =
      List.of(
          "manage_servers",
          "read_servers",
          "manage_users",
          "read_users",
          "manage_streams",
          "read_streams",
          "manage_topics",
          "read_topics",
          "poll_messages",
          "send_messages");
  private static final List<String> STREAM =
      List.of(
          "manage_stream",
          "read_stream",
          "manage_topics",
          "read_topics",
          "poll_messages",
          "send_messages");
  private static final List<String> TOPIC =
      List.of("manage_topic", "read_topic", "poll_messages", "send_messages");

  private PermissionsJson() {}

  // --- to the wire ------------------------------------------------------------------------------

  static byte[] encode(JsonNode json) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Body all = Body.of(json, "permissions");
    flags(out, Body.of(all.required("global"), "global"), GLOBAL);
    Map<Integer, Body> streams = entries(all.optional("streams"), "streams");
    out.write(streams.isEmpty() ? 0 : 1);
    int left = streams.size();
    for (Map.Entry<Integer, Body> stream : streams.entrySet()) {
      u32(out, stream.getKey());
      flags(out, stream.getValue(), STREAM);
      Map<Integer, Body> topics = entries(stream.getValue().optional("topics"), "topics");
      out.write(topics.isEmpty() ? 0 : 1);
      int topicsLeft = topics.size();
      for (Map.Entry<Integer, Body> topic : topics.entrySet()) {
        u32(out, topic.getKey());
        flags(out, topic.getValue(), TOPIC);
        out.write(--topicsLeft > 0 ? 1 : 0);
      }
      out.write(--left > 0 ? 1 : 0);
    }
    return out.toByteArray();
  }

  private static void flags(ByteArrayOutputStream out, Body from, List<String> names) {
    names.forEach(name -> out.write(from.flag(name) ? 1 : 0));
  }

  /** Ascending by id, as numbers without a sign. */
  private static Map<Integer, Body> entries(JsonNode given, String what) {
    Map<Integer, Body> entries = new TreeMap<>(Integer::compareUnsigned);
    if (given != null) {
      for (Map.Entry<String, JsonNode> entry : Body.of(given, what).members()) {
        entries.put(id(entry.getKey(), what), Body.of(entry.getValue(), what));
      }
    }
    return entries;
  }

  private static int id(String text, String what) {
    try {
      return Integer.parseUnsignedInt(text);
    } catch (NumberFormatException e) {
      throw HttpRefusal.wrongShape(what + " are named by their ids.");
    }
  }

  private static void u32(ByteArrayOutputStream out, int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
  }

  // --- from the wire ----------------------------------------------------------------------------

  /** {@code block} is one of ours; {@code null} is none. */
  static void write(JsonGenerator out, byte[] block) throws IOException {
    if (block == null) {
      out.writeNull();
      return;
    }
    ByteBuffer in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    out.writeStartObject();
    out.writeObjectFieldStart("global");
    flags(out, in, GLOBAL);
    out.writeEndObject();
    boolean more = in.get() != 0;
    start(out, "streams", more);
    boolean any = more;
    while (more) {
      out.writeObjectFieldStart(Integer.toUnsignedString(in.getInt()));
      flags(out, in, STREAM);
      topics(out, in);
      out.writeEndObject();
      more = in.get() != 0;
    }
    end(out, any);
    out.writeEndObject();
  }

  private static void topics(JsonGenerator out, ByteBuffer in) throws IOException {
    boolean more = in.get() != 0;
    boolean any = more;
    start(out, "topics", any);
    while (more) {
      out.writeObjectFieldStart(Integer.toUnsignedString(in.getInt()));
      flags(out, in, TOPIC);
      out.writeEndObject();
      more = in.get() != 0;
    }
    end(out, any);
  }

  private static void start(JsonGenerator out, String name, boolean any) throws IOException {
    if (any) {
      out.writeObjectFieldStart(name);
    } else {
      out.writeNullField(name);
    }
  }

  private static void end(JsonGenerator out, boolean any) throws IOException {
    if (any) {
      out.writeEndObject();
    }
  }

  private static void flags(JsonGenerator out, ByteBuffer in, List<String> names)
      throws IOException {
    for (String name : names) {
      out.writeBooleanField(name, in.get() != 0);
    }
  }
}

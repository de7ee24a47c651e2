package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.conformance.codec.MalformedFrame;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.codec.Statuses;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.WireTransport;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import net.openhft.hashing.LongHashFunction;

/** Compares an answer with what a step expects (classic-transcripts.md section 4). */
final class Expectation {
  private static final int STREAM_NAME_OFFSET = 32;
  private static final int USER_NAME_OFFSET = 13;
  private static final int POLL_HEADER_BYTES = 16;
  private static final int RECORD_HEADER_BYTES = 64;
  private static final LongHashFunction XXH3 = LongHashFunction.xx3();

  private final Captures captures;
  private final WireTransport transport;

  Expectation(Captures captures, WireTransport transport) {
    this.captures = captures;
    this.transport = transport;
  }

  /** Null when the answer is the expected one, otherwise what differs. */
  String difference(JsonNode expect, Answer answer) {
    int status = expect.get("status").intValue();
    if (!answer.isResponse() || answer.status() != status) {
      return "expected status " + status + " " + Statuses.name(status) + ", found " + answer;
    }
    if (status != 0 && answer.payload().length > 0) {
      return "an error response with " + answer.payload().length + " bytes";
    }
    if (expect.path("status_only").asBoolean()) {
      boolean wanted = expect.path("has_payload").asBoolean();
      boolean found = answer.payload().length > 0;
      return wanted == found ? null : "expected a payload: " + wanted + ", found " + answer;
    }
    if (expect.has("layout")) {
      return layoutDifference(expect, answer.payload());
    }
    ExpectedPayload payload = ExpectedPayload.of(expect, captures);
    String difference =
        switch (expect.path("list").asText()) {
          case "streams" -> payload.listDifference(answer.payload(), STREAM_NAME_OFFSET);
          case "users" -> payload.listDifference(answer.payload(), USER_NAME_OFFSET);
          default -> payload.difference(answer.payload());
        };
    for (JsonNode check : expect.path("checks")) {
      if (difference == null) {
        difference =
            check.textValue().equals("poll")
                ? unsoundRecord(answer.payload())
                : "unknown check " + check;
      }
    }
    return difference;
  }

  /** Whether one of the other acceptable outcomes happened. */
  static boolean matches(JsonNode alternatives, Answer answer) {
    for (JsonNode alternative : alternatives) {
      boolean matches =
          switch (answer.outcome()) {
            case CLOSED -> alternative.path("closed").asBoolean();
            case NONE -> alternative.path("no_answer").asBoolean();
            case RESPONSE ->
                alternative.path("status").asInt(-1) == answer.status()
                    && Arrays.equals(
                        ByteParts.parse(alternative.path("payload")), answer.payload());
          };
      if (matches) {
        return true;
      }
    }
    return false;
  }

  private String layoutDifference(JsonNode expect, byte[] payload) {
    JsonNode fields = expect.get("fields");
    String layout = expect.get("layout").textValue();
    if (layout.equals("zip")) {
      String start = fields.get("starts_with_hex").textValue();
      return HexFormat.of().formatHex(payload).startsWith(start)
          ? null
          : "expected a ZIP that starts with " + start;
    }
    JsonNode actual;
    try {
      actual = ReferenceCodec.decodeNamed(layout, payload);
    } catch (MalformedFrame malformed) {
      return layout + ": " + malformed.getMessage();
    }
    for (String name : (Iterable<String>) fields::fieldNames) {
      JsonNode wanted = fields.get(name);
      JsonNode found = actual.get(name);
      boolean equal = name.equals("clients") ? holdsAll(wanted, found) : equal(wanted, found);
      if (!equal) {
        return layout + "." + name + ": expected " + wanted + ", found " + found;
      }
    }
    return null;
  }

  private boolean holdsAll(JsonNode wanted, JsonNode found) {
    for (JsonNode entry : wanted) {
      boolean there = false;
      for (JsonNode candidate : found) {
        there |= equal(entry, candidate);
      }
      if (!there) {
        return false;
      }
    }
    return true;
  }

  /** Named members only; an array may stand for an object's values in wire order. */
  private boolean equal(JsonNode wanted, JsonNode found) {
    if (found == null) {
      return false;
    }
    if (wanted.isObject()) {
      for (String name : (Iterable<String>) wanted::fieldNames) {
        if (!equal(wanted.get(name), found.get(name))) {
          return false;
        }
      }
      return true;
    }
    if (wanted.isArray()) {
      var values = found.elements();
      for (JsonNode item : wanted) {
        if (!values.hasNext() || !equal(item, values.next())) {
          return false;
        }
      }
      return !values.hasNext();
    }
    if (wanted.isTextual() && wanted.textValue().startsWith("$")) {
      String name = wanted.textValue().substring(1);
      long value = name.equals("transport") ? transport.code() : captures.u32(name);
      return found.longValue() == value;
    }
    return wanted.equals(found);
  }

  /** Null when every record's checksum, timestamp and id are as a server makes them (5.5). */
  static String unsoundRecord(byte[] payload) {
    ByteBuffer in = ByteBuffer.wrap(payload).order(ByteOrder.LITTLE_ENDIAN);
    long before = 0;
    int at = POLL_HEADER_BYTES;
    for (int i = 0; at < payload.length; i++) {
      if (payload.length - at < RECORD_HEADER_BYTES) {
        return "record " + i + " is cut off";
      }
      long length = RECORD_HEADER_BYTES + (long) in.getInt(at + 48) + in.getInt(at + 52);
      if (length < RECORD_HEADER_BYTES || length > payload.length - at) {
        return "record " + i + " says it has " + length + " bytes";
      }
      if (in.getLong(at) != XXH3.hashBytes(payload, at + 8, (int) length - 8)) {
        return "the checksum of record " + i + " is wrong";
      }
      if (in.getLong(at + 8) == 0 && in.getLong(at + 16) == 0) {
        return "the id of record " + i + " is 0";
      }
      long timestamp = in.getLong(at + 32);
      if (timestamp == 0 || timestamp < before) {
        return "the timestamp of record " + i + " is " + timestamp + " after " + before;
      }
      before = timestamp;
      at += (int) length;
    }
    return null;
  }
}

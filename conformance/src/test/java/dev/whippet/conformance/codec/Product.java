package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.util.HexFormat;

/** Small conversions between a product's values and the fields of the reference. */
final class Product {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private Product() {}

  static ObjectNode object() {
    return JSON.objectNode();
  }

  static ArrayNode array() {
    return JSON.arrayNode();
  }

  static JsonNode u32(int value) {
    return JSON.numberNode(Integer.toUnsignedLong(value));
  }

  static JsonNode u64(long value) {
    boolean exact = value >= 0 && value <= Layout.EXACT_IN_JSON_MAX;
    return exact ? JSON.numberNode(value) : JSON.textNode(Long.toUnsignedString(value));
  }

  static long number(JsonNode fields, String member) {
    return Layout.Unsigned.number(fields.get(member)).longValue();
  }

  static String text(JsonNode fields, String member) {
    return fields.get(member).textValue();
  }

  static byte[] hex(JsonNode fields, String member) {
    return HexFormat.of().parseHex(text(fields, member));
  }

  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  /** A u128 of two halves, as the decimal string of a message id. */
  static String id(long low, long high) {
    return unsigned(high).shiftLeft(64).add(unsigned(low)).toString();
  }

  static BigInteger id(JsonNode message) {
    return new BigInteger(text(message, "id"));
  }

  static byte[] encodeHeaders(JsonNode headers) {
    ByteSink out = new ByteSink();
    new Layout.UntilEnd(MessageLayouts.USER_HEADER).write(headers, out);
    return out.toByteArray();
  }

  static JsonNode decodeHeaders(byte[] headers) {
    return new Layout.UntilEnd(MessageLayouts.USER_HEADER).read(new ByteSource(headers));
  }

  static JsonNode decodePermissions(byte[] block) {
    return ClassicLayouts.PERMISSIONS.read(new ByteSource(block));
  }

  static byte[] encodePermissions(JsonNode permissions) {
    ByteSink out = new ByteSink();
    ClassicLayouts.PERMISSIONS.write(permissions, out);
    return out.toByteArray();
  }

  static JsonNode decodeRecords(byte[] records) {
    return new Layout.UntilEnd(MessageLayouts.OUTGOING_RECORD).read(new ByteSource(records));
  }

  static byte[] encodeStoredRecord(JsonNode message) {
    ByteSink out = new ByteSink();
    MessageLayouts.STORED_RECORD.write(message, out);
    return out.toByteArray();
  }

  private static BigInteger unsigned(long value) {
    return new BigInteger(Long.toUnsignedString(value));
  }
}

package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/** A recorded payload with the bytes that are not compared. */
final class ExpectedPayload {
  private static final int CONTEXT_BYTES = 8;

  private final byte[] bytes;
  private final boolean[] masked;

  private ExpectedPayload(byte[] bytes, boolean[] masked) {
    this.bytes = bytes;
    this.masked = masked;
  }

  static ExpectedPayload of(JsonNode expect, Captures captures) {
    byte[] bytes = ByteParts.parse(expect.path("payload"));
    boolean[] masked = new boolean[bytes.length];
    for (JsonNode mask : expect.path("masks")) {
      int offset = mask.get(0).intValue();
      int length = mask.get(1).intValue();
      int stride = mask.path(3).asInt();
      int times = mask.size() > 4 ? mask.get(4).intValue() : 1;
      for (int i = 0; i < times; i++) {
        Arrays.fill(masked, offset + i * stride, offset + i * stride + length, true);
      }
    }
    captures.fill(expect.path("refs"), bytes);
    for (JsonNode ref : expect.path("refs")) {
      int offset = ref.get("offset").intValue();
      Arrays.fill(masked, offset, offset + ref.get("length").intValue(), false);
    }
    return new ExpectedPayload(bytes, masked);
  }

  /** Null when equal. */
  String difference(byte[] actual) {
    int length = Math.min(bytes.length, actual.length);
    for (int i = 0; i < length; i++) {
      if (!masked[i] && bytes[i] != actual[i]) {
        return "at offset "
            + i
            + " expected "
            + around(bytes, i)
            + ", found "
            + around(actual, i)
            + (bytes.length == actual.length
                ? ""
                : "; lengths " + bytes.length + ", " + actual.length);
      }
    }
    return bytes.length == actual.length
        ? null
        : "expected " + bytes.length + " bytes, found " + actual.length;
  }

  /**
   * Null when both lists hold the same records; their order follows the ids, which depend on the
   * server's history, so that records are compared by name.
   *
   * @param nameOffset where a record's name (u8 length, bytes) stands; it is the last field
   */
  String listDifference(byte[] actual, int nameOffset) {
    List<ExpectedPayload> wanted = records(this, nameOffset);
    List<ExpectedPayload> found =
        records(new ExpectedPayload(actual, new boolean[actual.length]), nameOffset);
    long before = -1;
    for (ExpectedPayload record : found) {
      long id = HexFormat.fromHexDigitsToLong(HexFormat.of().formatHex(reversed(record.bytes, 4)));
      if (id <= before) {
        return "ids do not ascend: " + before + ", " + id;
      }
      before = id;
    }
    if (wanted.size() != found.size()) {
      return "expected " + names(wanted, nameOffset) + ", found " + names(found, nameOffset);
    }
    for (ExpectedPayload record : wanted) {
      String name = record.name(nameOffset);
      ExpectedPayload other =
          found.stream().filter(r -> r.name(nameOffset).equals(name)).findAny().orElse(null);
      if (other == null) {
        return "expected " + names(wanted, nameOffset) + ", found " + names(found, nameOffset);
      }
      String difference = record.difference(other.bytes);
      if (difference != null) {
        return "record " + name + " " + difference;
      }
    }
    return null;
  }

  private static List<ExpectedPayload> records(ExpectedPayload list, int nameOffset) {
    List<ExpectedPayload> records = new ArrayList<>();
    for (int at = 0; at + nameOffset < list.bytes.length; ) {
      int end = at + nameOffset + 1 + (list.bytes[at + nameOffset] & 0xFF);
      end = Math.min(end, list.bytes.length);
      records.add(
          new ExpectedPayload(
              Arrays.copyOfRange(list.bytes, at, end), Arrays.copyOfRange(list.masked, at, end)));
      at = end;
    }
    return records;
  }

  private static List<String> names(List<ExpectedPayload> records, int nameOffset) {
    return records.stream().map(record -> record.name(nameOffset)).toList();
  }

  private String name(int nameOffset) {
    int start = nameOffset + 1;
    return new String(bytes, start, bytes.length - start, StandardCharsets.UTF_8);
  }

  private static byte[] reversed(byte[] bytes, int count) {
    byte[] result = new byte[count];
    for (int i = 0; i < count; i++) {
      result[i] = bytes[count - 1 - i];
    }
    return result;
  }

  private static String around(byte[] bytes, int index) {
    int end = Math.min(bytes.length, index + CONTEXT_BYTES);
    return HexFormat.of().formatHex(bytes, index, end);
  }
}

package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/** Bytes taken from answers, to be put into later requests and expectations. */
final class Captures {
  private final Map<String, byte[]> values = new HashMap<>();

  void take(JsonNode captures, byte[] payload) {
    for (JsonNode capture : captures) {
      int offset = capture.get("offset").intValue();
      int end = offset + capture.get("length").intValue();
      if (end <= payload.length) {
        values.put(capture.get("name").textValue(), Arrays.copyOfRange(payload, offset, end));
      }
    }
  }

  /** Replaces the bytes at each reference that was captured. */
  void fill(JsonNode refs, byte[] bytes) {
    for (JsonNode ref : refs) {
      byte[] value = values.get(ref.get("name").textValue());
      if (value != null) {
        int length = Math.min(value.length, ref.get("length").intValue());
        System.arraycopy(value, 0, bytes, ref.get("offset").intValue(), length);
      }
    }
  }

  /** A captured u32; -1 when it was never captured. */
  long u32(String name) {
    byte[] value = values.get(name);
    if (value == null || value.length < 4) {
      return -1;
    }
    return (value[0] & 0xFFL)
        | (value[1] & 0xFFL) << 8
        | (value[2] & 0xFFL) << 16
        | (value[3] & 0xFFL) << 24;
  }
}

package dev.whippet.conformance.codec;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** One entry of classic-vectors.json: a complete frame and its decoded fields. */
public record Vector(
    String name,
    boolean request,
    int code,
    int status,
    JsonNode fields,
    byte[] frame,
    boolean malformed,
    int expectStatus) {
  private static final String RESOURCE = "/dev/whippet/testkit/classic-vectors.json";

  public static List<Vector> all() throws IOException {
    try (InputStream in = Vector.class.getResourceAsStream(RESOURCE)) {
      List<Vector> vectors = new ArrayList<>();
      for (JsonNode entry : new ObjectMapper().readTree(in)) {
        vectors.add(
            new Vector(
                entry.get("name").textValue(),
                entry.get("direction").textValue().equals("request"),
                entry.get("code").intValue(),
                entry.path("status").asInt(),
                entry.get("fields"),
                HexFormat.of().parseHex(entry.get("hex").textValue()),
                entry.path("malformed").asBoolean(),
                entry.path("expect_status").asInt()));
      }
      return vectors;
    }
  }

  /** The frame without its 8 header bytes. */
  public byte[] payload() {
    byte[] payload = new byte[frame.length - 8];
    System.arraycopy(frame, 8, payload, 0, payload.length);
    return payload;
  }

  @Override
  public String toString() {
    return name;
  }
}

package dev.whippet.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;

/**
 * One frame of the vector files with its decoded fields (format: iggy-classic.md 9.1):
 * classic-vectors.json for the stock commands, extension-vectors.json for ours.
 *
 * <p>Immutable. Needs jackson-databind on the class path.
 */
public final class WireVector {
  private static final int FRAME_HEADER_BYTES = 8;

  public final String name;
  public final boolean request;
  public final int code;

  /** Of a response; 0 for requests. */
  public final int status;

  public final JsonNode fields;

  /** True for a request that must be refused with {@link #expectStatus}. */
  public final boolean malformed;

  public final int expectStatus;
  private final byte[] frame;

  private WireVector(JsonNode entry) {
    name = entry.get("name").textValue();
    request = entry.get("direction").textValue().equals("request");
    code = entry.get("code").intValue();
    status = entry.path("status").asInt();
    fields = entry.get("fields");
    malformed = entry.path("malformed").asBoolean();
    expectStatus = entry.path("expect_status").asInt();
    frame = bytes(entry.get("hex").textValue());
  }

  /** The vectors of the stock commands. */
  public static List<WireVector> classic() {
    return read("/dev/whippet/testkit/classic-vectors.json");
  }

  /** The vectors of the Whippet extension. */
  public static List<WireVector> extension() {
    return read("/dev/whippet/testkit/extension-vectors.json");
  }

  /** Both. */
  public static List<WireVector> all() {
    List<WireVector> all = new ArrayList<>(classic());
    all.addAll(extension());
    return Collections.unmodifiableList(all);
  }

  public byte[] frame() {
    return frame.clone();
  }

  /** The frame without its 8 header bytes. */
  public byte[] payload() {
    return Arrays.copyOfRange(frame, FRAME_HEADER_BYTES, frame.length);
  }

  /** The bytes of a hexadecimal text. */
  public static byte[] bytes(String hex) {
    byte[] bytes = new byte[hex.length() / 2];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) Integer.parseInt(hex.substring(2 * i, 2 * i + 2), 16);
    }
    return bytes;
  }

  @Override
  public String toString() {
    return name;
  }

  private static List<WireVector> read(String resource) {
    try (InputStream in = WireVector.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalStateException("missing resource " + resource);
      }
      List<WireVector> vectors = new ArrayList<>();
      for (JsonNode entry : new ObjectMapper().readTree(in)) {
        vectors.add(new WireVector(entry));
      }
      return Collections.unmodifiableList(vectors);
    } catch (IOException e) {
      throw new UncheckedIOException(resource, e);
    }
  }
}

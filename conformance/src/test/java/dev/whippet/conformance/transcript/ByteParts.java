package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.HexFormat;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Byte values of a transcript: hex, or a list of parts (classic-transcripts.md section 3). */
final class ByteParts {
  private ByteParts() {}

  /** An absent value is empty. */
  static byte[] parse(JsonNode value) {
    if (value.isMissingNode()) {
      return new byte[0];
    }
    if (value.isTextual()) {
      return HexFormat.of().parseHex(value.textValue());
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (JsonNode part : value) {
      if (part.has("hex")) {
        out.writeBytes(HexFormat.of().parseHex(part.get("hex").textValue()));
      } else if (part.has("repeat")) {
        byte[] unit = HexFormat.of().parseHex(part.get("repeat").textValue());
        for (int i = 0; i < part.get("count").intValue(); i++) {
          out.writeBytes(unit);
        }
      } else {
        out.writeBytes(inflate(part.get("zlib64").textValue(), part.get("length").intValue()));
      }
    }
    return out.toByteArray();
  }

  private static byte[] inflate(String base64, int length) {
    Inflater inflater = new Inflater();
    try {
      inflater.setInput(Base64.getDecoder().decode(base64));
      byte[] bytes = new byte[length];
      for (int count = 0; count < length; ) {
        int inflated = inflater.inflate(bytes, count, length - count);
        if (inflated == 0) {
          throw new IllegalStateException("expected " + length + " bytes, found " + count);
        }
        count += inflated;
      }
      return bytes;
    } catch (DataFormatException damaged) {
      throw new IllegalStateException(damaged);
    } finally {
      inflater.end();
    }
  }
}

package dev.whippet.broker.internal.http.exchange;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.util.Collection;

/** Writes JSON (iggy-classic.md 8.3). Stateless; any thread. */
public final class Json {
  private static final JsonFactory FACTORY = new JsonFactory();
  private static final int BYTES_AT_FIRST = 512;

  private Json() {}

  /** Writes something. */
  @FunctionalInterface
  public interface Writer {
    void write(JsonGenerator out) throws IOException;
  }

  /** Writes one of something. */
  @FunctionalInterface
  public interface Each<T> {
    void write(JsonGenerator out, T element) throws IOException;
  }

  /** UTF-8 of what {@code writer} writes. */
  public static byte[] bytes(Writer writer) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(BYTES_AT_FIRST);
    try (JsonGenerator out = FACTORY.createGenerator(bytes)) {
      writer.write(out);
    } catch (IOException e) { // memory does not fail
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** An object with the members that {@code members} writes. */
  public static byte[] object(Writer members) {
    return bytes(
        out -> {
          out.writeStartObject();
          members.write(out);
          out.writeEndObject();
        });
  }

  /** An array of objects. */
  public static <T> void objects(JsonGenerator out, Collection<T> elements, Each<T> members)
      throws IOException {
    out.writeStartArray();
    for (T element : elements) {
      out.writeStartObject();
      members.write(out, element);
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  /** A number of 64 bits without a sign. */
  public static void unsigned(JsonGenerator out, String name, long value) throws IOException {
    out.writeFieldName(name);
    if (value >= 0) {
      out.writeNumber(value);
    } else {
      out.writeNumber(new BigInteger(Long.toUnsignedString(value)));
    }
  }

  /** A number of 32 bits without a sign. */
  public static void unsigned(JsonGenerator out, String name, int value) throws IOException {
    out.writeNumberField(name, Integer.toUnsignedLong(value));
  }

  /** A size as text for humans. */
  public static void size(JsonGenerator out, String name, long bytes) throws IOException {
    out.writeStringField(name, HumanSize.text(bytes));
  }
}

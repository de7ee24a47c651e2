package dev.whippet.internal.wire;

import java.nio.charset.Charset;
import java.util.Arrays;
import okio.Buffer;

/**
 * Names a stream, topic, group or user by number or by name (iggy-classic.md 4.1).
 *
 * <pre>
 * u8 kind (1 numeric, 2 string) | u8 length (4, or 1..255) | u32 value, or UTF-8 bytes
 * </pre>
 *
 * <p>Immutable; any thread.
 */
public final class Identifier {
  static final Charset UTF_8 = Charset.forName("UTF-8");
  private static final int KIND_NUMERIC = 1;
  private static final int KIND_STRING = 2;

  /** Null for a numeric identifier. */
  private final byte[] name;

  private final int number;

  private Identifier(byte[] name, int number) {
    this.name = name;
    this.number = number;
  }

  /** A name of 1 to 255 bytes of UTF-8. */
  public static Identifier named(String name) {
    return new Identifier(nameBytes(name), 0);
  }

  /** An unsigned 32-bit id; 0 is valid. */
  public static Identifier numeric(int id) {
    return new Identifier(null, id);
  }

  void writeTo(Buffer out) {
    if (name == null) {
      out.writeByte(KIND_NUMERIC).writeByte(4).writeIntLe(number);
    } else {
      out.writeByte(KIND_STRING).writeByte(name.length).write(name);
    }
  }

  int byteCount() {
    return 2 + (name == null ? 4 : name.length);
  }

  /** The UTF-8 bytes of a {@code name} field: 1 to 255. */
  static byte[] nameBytes(String name) {
    byte[] bytes = name.getBytes(UTF_8);
    if (bytes.length == 0 || bytes.length > Limits.NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "name has " + bytes.length + " bytes of UTF-8, expected 1 to " + Limits.NAME_BYTES_MAX);
    }
    return bytes;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Identifier
        && ((Identifier) other).number == number
        && Arrays.equals(((Identifier) other).name, name);
  }

  @Override
  public int hashCode() {
    return 31 * number + Arrays.hashCode(name);
  }

  @Override
  public String toString() {
    return name == null
        ? String.valueOf(number & 0xFFFFFFFFL)
        : "'" + new String(name, UTF_8) + "'";
  }
}

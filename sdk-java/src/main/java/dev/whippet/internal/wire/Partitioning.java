package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * To which partition a batch of send_messages goes (iggy-classic.md 4.4).
 *
 * <pre>
 * u8 kind | u8 length | value
 * 1 balanced     | 0      | -
 * 2 partition id | 4      | u32
 * 3 messages key | 1..255 | key bytes; partition = XXH32(key) mod partitions
 * </pre>
 *
 * <p>Immutable; any thread.
 */
public final class Partitioning {
  private static final int KIND_BALANCED = 1;
  private static final int KIND_PARTITION_ID = 2;
  private static final int KIND_KEY = 3;
  private static final Partitioning BALANCED = new Partitioning(KIND_BALANCED, new byte[0]);

  private final int kind;
  private final byte[] value;

  private Partitioning(int kind, byte[] value) {
    this.kind = kind;
    this.value = value;
  }

  /** The server takes turns. */
  public static Partitioning balanced() {
    return BALANCED;
  }

  /** An unsigned 32-bit partition id. */
  public static Partitioning partition(int id) {
    byte[] value = {(byte) id, (byte) (id >>> 8), (byte) (id >>> 16), (byte) (id >>> 24)};
    return new Partitioning(KIND_PARTITION_ID, value);
  }

  /** A key of 1 to 255 bytes. */
  public static Partitioning key(byte[] key) {
    if (key.length == 0 || key.length > Limits.NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "key has " + key.length + " bytes, expected 1 to " + Limits.NAME_BYTES_MAX);
    }
    return new Partitioning(KIND_KEY, key.clone());
  }

  void writeTo(Buffer out) {
    out.writeByte(kind).writeByte(value.length).write(value);
  }

  int byteCount() {
    return 2 + value.length;
  }
}

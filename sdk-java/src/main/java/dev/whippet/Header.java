package dev.whippet;

import okio.ByteString;

/**
 * One user header of a message: a key and a value, each typed by a {@link Kind} and carried as its
 * bytes (little-endian numbers), so that nothing a peer sent is lost. Immutable.
 */
public final class Header {
  /** Longest key or value in bytes. */
  public static final int SIZE_BYTES_MAX = 255;

  private final Kind keyKind;
  private final ByteString key;
  private final Kind valueKind;
  private final ByteString value;

  Header(Kind keyKind, ByteString key, Kind valueKind, ByteString value) {
    this.keyKind = keyKind;
    this.key = key;
    this.valueKind = valueKind;
    this.value = value;
  }

  /** The kinds of keys and values; {@link #code()} is the number on the wire. */
  public enum Kind {
    /** Any bytes. */
    RAW(1, 0),
    /** UTF-8 text. */
    STRING(2, 0),
    /** One byte, 0 or 1. */
    BOOL(3, 1),
    /** Signed, 1 byte. */
    INT8(4, 1),
    /** Signed, 2 bytes. */
    INT16(5, 2),
    /** Signed, 4 bytes. */
    INT32(6, 4),
    /** Signed, 8 bytes. */
    INT64(7, 8),
    /** Signed, 16 bytes. */
    INT128(8, 16),
    /** Unsigned, 1 byte. */
    UINT8(9, 1),
    /** Unsigned, 2 bytes. */
    UINT16(10, 2),
    /** Unsigned, 4 bytes. */
    UINT32(11, 4),
    /** Unsigned, 8 bytes. */
    UINT64(12, 8),
    /** Unsigned, 16 bytes. */
    UINT128(13, 16),
    /** IEEE 754, 4 bytes. */
    FLOAT32(14, 4),
    /** IEEE 754, 8 bytes. */
    FLOAT64(15, 8);

    private static final Kind[] BY_CODE = values();

    private final int code;
    private final int sizeBytes;

    Kind(int code, int sizeBytes) {
      this.code = code;
      this.sizeBytes = sizeBytes;
    }

    /**
     * The number of this kind on the wire.
     *
     * @return 1 to 15
     */
    public int code() {
      return code;
    }

    /** Exact size in bytes; 0 = 1 to 255. */
    int sizeBytes() {
      return sizeBytes;
    }

    /** The kind of a code; null if there is none. */
    static Kind of(int code) {
      return code < 1 || code > BY_CODE.length ? null : BY_CODE[code - 1];
    }
  }

  /**
   * The kind of the key.
   *
   * @return nearly always {@link Kind#STRING}
   */
  public Kind keyKind() {
    return keyKind;
  }

  /**
   * The key as text.
   *
   * @return the key's bytes read as UTF-8
   */
  public String name() {
    return key.utf8();
  }

  /**
   * The key as bytes.
   *
   * @return a copy
   */
  public byte[] nameBytes() {
    return key.toByteArray();
  }

  /**
   * The kind of the value.
   *
   * @return never null
   */
  public Kind kind() {
    return valueKind;
  }

  /**
   * The value as bytes.
   *
   * @return a copy
   */
  public byte[] bytes() {
    return value.toByteArray();
  }

  /**
   * The value as text.
   *
   * @return the value's bytes read as UTF-8
   */
  public String text() {
    return value.utf8();
  }

  /**
   * The value as a number, for the kinds up to 8 bytes that hold an integer.
   *
   * @return the value; an unsigned one of 8 bytes may come out negative
   * @throws IllegalStateException if the value is of another kind
   */
  public long number() {
    long bits = 0;
    for (int i = Math.min(value.size(), 8) - 1; i >= 0; i--) {
      bits = bits << 8 | (value.getByte(i) & 0xff);
    }
    switch (valueKind) {
      case INT8:
        return (byte) bits;
      case INT16:
        return (short) bits;
      case INT32:
        return (int) bits;
      case BOOL:
      case UINT8:
      case UINT16:
      case UINT32:
      case INT64:
      case UINT64:
        return bits;
      default:
        throw new IllegalStateException("header " + name() + " is " + valueKind);
    }
  }

  ByteString keyBytes() {
    return key;
  }

  ByteString valueBytes() {
    return value;
  }

  @Override
  public String toString() {
    return name() + "=" + (valueKind == Kind.STRING ? text() : valueKind + ":" + value.hex());
  }
}

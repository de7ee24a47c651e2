package dev.whippet;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import okio.Buffer;
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

  /**
   * User headers as bytes, iggy-classic.md 5.6: pairs of fields, key then value, to the end.
   *
   * <pre>
   * | u8 kind | u32 length, 1 to 255, little-endian | bytes |
   * </pre>
   */
  static final class Codec {
    private static final int FIELD_HEAD_BYTES = 5;
    private static final byte[] NONE = new byte[0];

    private Codec() {}

    /** Bytes of one header with its two field heads. */
    static int encodedBytes(int keyBytes, int valueBytes) {
      return 2 * FIELD_HEAD_BYTES + keyBytes + valueBytes;
    }

    static byte[] encode(List<Header> headers) {
      if (headers.isEmpty()) {
        return NONE;
      }
      Buffer out = new Buffer();
      for (int i = 0; i < headers.size(); i++) {
        Header header = headers.get(i);
        field(out, header.keyKind(), header.keyBytes());
        field(out, header.kind(), header.valueBytes());
      }
      return out.readByteArray();
    }

    private static void field(Buffer out, Kind kind, ByteString bytes) {
      out.writeByte(kind.code()).writeIntLe(bytes.size()).write(bytes);
    }

    /**
     * The headers in wire order. A block that breaks the layout yields no headers, as other clients
     * do it: a server does not check them, and a stranger's bad header must not stop a consumer.
     */
    static List<Header> decode(byte[] block) {
      List<Header> headers = new ArrayList<>();
      int at = 0;
      while (at < block.length) {
        int value = next(block, at);
        int end = value < 0 ? -1 : next(block, value);
        if (end < 0) {
          return Collections.emptyList();
        }
        headers.add(
            new Header(
                Kind.of(block[at]),
                ByteString.of(block, at + FIELD_HEAD_BYTES, value - at - FIELD_HEAD_BYTES),
                Kind.of(block[value]),
                ByteString.of(block, value + FIELD_HEAD_BYTES, end - value - FIELD_HEAD_BYTES)));
        at = end;
      }
      return Collections.unmodifiableList(headers);
    }

    /** The end of the field at a position; -1 if it breaks the layout. */
    private static int next(byte[] block, int at) {
      if (block.length - at <= FIELD_HEAD_BYTES || Kind.of(block[at]) == null) {
        return -1;
      }
      int length = block[at + 1] & 0xff;
      boolean high = (block[at + 2] | block[at + 3] | block[at + 4]) != 0;
      if (high || length == 0 || length > block.length - at - FIELD_HEAD_BYTES) {
        return -1;
      }
      int exact = Kind.of(block[at]).sizeBytes();
      return exact != 0 && exact != length ? -1 : at + FIELD_HEAD_BYTES + length;
    }
  }
}

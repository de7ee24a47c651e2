package dev.whippet;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import okio.Buffer;
import okio.ByteString;

/**
 * User headers as bytes, iggy-classic.md 5.6: pairs of fields, key then value, to the end.
 *
 * <pre>
 * | u8 kind | u32 length, 1 to 255, little-endian | bytes |
 * </pre>
 */
final class HeaderCodec {
  private static final int FIELD_HEAD_BYTES = 5;
  private static final byte[] NONE = new byte[0];

  private HeaderCodec() {}

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

  private static void field(Buffer out, Header.Kind kind, ByteString bytes) {
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
              Header.Kind.of(block[at]),
              ByteString.of(block, at + FIELD_HEAD_BYTES, value - at - FIELD_HEAD_BYTES),
              Header.Kind.of(block[value]),
              ByteString.of(block, value + FIELD_HEAD_BYTES, end - value - FIELD_HEAD_BYTES)));
      at = end;
    }
    return Collections.unmodifiableList(headers);
  }

  /** The end of the field at a position; -1 if it breaks the layout. */
  private static int next(byte[] block, int at) {
    if (block.length - at <= FIELD_HEAD_BYTES || Header.Kind.of(block[at]) == null) {
      return -1;
    }
    int length = block[at + 1] & 0xff;
    boolean high = (block[at + 2] | block[at + 3] | block[at + 4]) != 0;
    if (high || length == 0 || length > block.length - at - FIELD_HEAD_BYTES) {
      return -1;
    }
    int exact = Header.Kind.of(block[at]).sizeBytes();
    return exact != 0 && exact != length ? -1 : at + FIELD_HEAD_BYTES + length;
  }
}

package dev.whippet.internal.outbox;

import java.util.zip.CRC32;

/**
 * The bytes of a segment file; everything is little-endian and aligned to 8.
 *
 * <pre>
 * segment = segment header (128) | commit of facts | commit | commit | ... | stale or zero bytes
 * commit  = commit header (64) | record | record | ...
 *
 * segment header              commit header                record
 *   0 u32 "WHSG"                0 u32 "WHCM"                 0 u32 length, a multiple of 8
 *   4 u32 CRC                   4 u32 CRC                    4 u32 CRC of the header
 *   8 u32 version (1)           8 u64 segment serial         8 u32 CRC of the bytes behind it
 *  12 u32 0                    16 u32 length of records     12 u8  kind
 *  16 u64 serial               20 u32 count of records      13 u8  choice
 *  24 u64 previous serial      24 u64 previous sequence     14 u16 lane (0)
 *  32 u64 previous sequence    32 u64 first sequence        16 u64 sequence
 *  40 u64 acknowledged         40 u64 last sequence         24 u64 origin timestamp, us
 *  48 u64 records before       48 u64 acknowledged          32 u32 route
 *  56 u64 reserved sequence    56 u64 0                     36 u32 partition, key hash or count
 *  64 16  producer id                                       40 u32 time to live (0)
 *  80 48  0                                                 44 u16 key length
 *                                                           46 u16 0
 *                                                           48 u32 headers length
 *                                                           52 u32 payload length
 *                                                           56 key, headers, payload, zeros to 8
 * </pre>
 *
 * Each header's CRC-32 covers the segment's serial, the offset in the file, and the header without
 * the CRC field: bytes of an earlier life of the file, or of a file that was sent as a payload,
 * never pass. A record's header covers the CRC of its body. Docs: docs/FORMAT.md, Outbox.
 */
final class Format {
  static final int ALIGNMENT = 8;
  static final int VERSION = 1;
  static final int SEGMENT_BYTES = 128;
  static final int COMMIT_BYTES = 64;
  static final int RECORD_BYTES = 56;
  static final int ID_BYTES = 16;

  static final int SEGMENT_MAGIC = 0x47534857; // "WHSG"
  static final int COMMIT_MAGIC = 0x4d434857; // "WHCM"

  static final int MESSAGE = 1;
  static final int ROUTE = 2;
  static final int MAPPING = 3;
  static final int PUBLISHED = 4;

  private Format() {}

  // ---- little-endian

  static int u16(byte[] b, int at) {
    return (b[at] & 0xff) | (b[at + 1] & 0xff) << 8;
  }

  static int i32(byte[] b, int at) {
    return u16(b, at) | u16(b, at + 2) << 16;
  }

  static long i64(byte[] b, int at) {
    return (i32(b, at) & 0xffffffffL) | (long) i32(b, at + 4) << 32;
  }

  static void put16(byte[] b, int at, int value) {
    b[at] = (byte) value;
    b[at + 1] = (byte) (value >>> 8);
  }

  static void put32(byte[] b, int at, int value) {
    put16(b, at, value);
    put16(b, at + 2, value >>> 16);
  }

  static void put64(byte[] b, int at, long value) {
    put32(b, at, (int) value);
    put32(b, at + 4, (int) (value >>> 32));
  }

  static void zero(byte[] b, int at, int length) {
    java.util.Arrays.fill(b, at, at + length, (byte) 0);
  }

  // ---- checksums

  /** CRC-32 with its scratch; one per user, not thread-safe. */
  static final class Crc {
    private final CRC32 crc = new CRC32();
    private final byte[] place = new byte[16];

    /** Of a header at {@code at}: place, then the bytes without the CRC field at +4. */
    int header(byte[] b, int at, int length, long serial, long offset) {
      put64(place, 0, serial);
      put64(place, 8, offset);
      crc.reset();
      crc.update(place, 0, 16);
      crc.update(b, at, 4);
      crc.update(b, at + 8, length - 8);
      return (int) crc.getValue();
    }

    int body(byte[] b, int at, int length) {
      crc.reset();
      crc.update(b, at, length);
      return (int) crc.getValue();
    }

    void seal(byte[] b, int at, int length, long serial, long offset) {
      put32(b, at + 4, header(b, at, length, serial, offset));
    }

    boolean sealed(byte[] b, int at, int length, long serial, long offset) {
      return i32(b, at + 4) == header(b, at, length, serial, offset);
    }

    /** Fills both CRCs of a record that will stand at {@code offset} of segment {@code serial}. */
    void sealRecord(byte[] b, int at, long serial, long offset) {
      int length = i32(b, at);
      put32(b, at + 8, body(b, at + RECORD_BYTES, length - RECORD_BYTES));
      seal(b, at, RECORD_BYTES, serial, offset);
    }

    /** Whether a sound record header stands there; its record ends at or before {@code limit}. */
    boolean isRecord(byte[] b, int at, long serial, long offset, long limit) {
      int length = i32(b, at);
      int kind = b[at + 12];
      if (length < RECORD_BYTES || length % ALIGNMENT != 0 || length > limit - offset) {
        return false;
      }
      if (kind < MESSAGE || kind > PUBLISHED || !PartitionChoice.known(b[at + 13])) {
        return false;
      }
      long headers = i32(b, at + 48);
      long payload = i32(b, at + 52);
      if (headers < 0 || payload < 0) {
        return false;
      }
      return recordLength(u16(b, at + 44) + headers + payload) == length
          && sealed(b, at, RECORD_BYTES, serial, offset);
    }

    boolean isBody(byte[] b, int at) {
      int length = i32(b, at);
      return i32(b, at + 8) == body(b, at + RECORD_BYTES, length - RECORD_BYTES);
    }

    /** Whether a sound commit header stands there, of whatever serial. */
    boolean isCommit(byte[] b, int at, long offset) {
      return i32(b, at) == COMMIT_MAGIC && sealed(b, at, COMMIT_BYTES, i64(b, at + 8), offset);
    }
  }

  // ---- records

  /** Length of a record whose key, headers and payload have so many bytes together. */
  static long recordLength(long bodyBytes) {
    return (RECORD_BYTES + bodyBytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** Writes a message without its CRCs; the length is {@link #recordLength}. */
  static void putMessage(byte[] b, int at, int length, Entry entry, long sequence) {
    zero(b, at, RECORD_BYTES);
    put32(b, at, length);
    b[at + 12] = MESSAGE;
    b[at + 13] = (byte) entry.choice.code;
    put64(b, at + 16, sequence);
    put64(b, at + 24, entry.originTimestampMicros);
    put32(b, at + 32, entry.route);
    put32(b, at + 36, entry.choiceValue);
    put16(b, at + 44, entry.key.length);
    put32(b, at + 48, entry.headers.length);
    put32(b, at + 52, entry.payloadLength);
    int to = at + RECORD_BYTES;
    to = copy(entry.key, 0, entry.key.length, b, to);
    to = copy(entry.headers, 0, entry.headers.length, b, to);
    to = copy(entry.payload, entry.payloadOffset, entry.payloadLength, b, to);
    zero(b, to, at + length - to);
  }

  /** A fact as a record without its CRCs. */
  static byte[] fact(int kind, int route, int value, long sequence, byte[] key, byte[] payload) {
    int length = (int) recordLength(key.length + payload.length);
    byte[] b = new byte[length];
    put32(b, 0, length);
    b[12] = (byte) kind;
    put64(b, 16, sequence);
    put32(b, 32, route);
    put32(b, 36, value);
    put16(b, 44, key.length);
    put32(b, 52, payload.length);
    copy(payload, 0, payload.length, b, copy(key, 0, key.length, b, RECORD_BYTES));
    return b;
  }

  static long sequence(byte[] b, int at) {
    return i64(b, at + 16);
  }

  static byte[] key(byte[] b, int at) {
    return slice(b, at + RECORD_BYTES, u16(b, at + 44));
  }

  static byte[] headers(byte[] b, int at) {
    return slice(b, at + RECORD_BYTES + u16(b, at + 44), i32(b, at + 48));
  }

  static int payloadAt(byte[] b, int at) {
    return at + RECORD_BYTES + u16(b, at + 44) + i32(b, at + 48);
  }

  static byte[] payload(byte[] b, int at) {
    return slice(b, payloadAt(b, at), i32(b, at + 52));
  }

  private static byte[] slice(byte[] b, int at, int length) {
    byte[] copy = new byte[length];
    System.arraycopy(b, at, copy, 0, length);
    return copy;
  }

  private static int copy(byte[] from, int offset, int length, byte[] to, int at) {
    System.arraycopy(from, offset, to, at, length);
    return at + length;
  }
}

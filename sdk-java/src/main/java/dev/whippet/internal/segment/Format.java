package dev.whippet.internal.segment;

import java.util.zip.CRC32;

/**
 * The bytes of a segment file; everything is little-endian and aligned to 8.
 *
 * <pre>
 * segment = segment header (128) | key | key | commit of facts | commit | ... | stale or zero
 * key     = u32 "WHKY", u32 CRC, u16 length, 6 bytes 0, the wrapped key, zeros to 8; twice, or not
 * commit  = commit header (64) | record | record | ...
 *         = commit header (64) | the same, encrypted | tag (16)
 *
 * segment header              commit header                record
 *   0 u32 "WHSG"                0 u32 "WHCM"                 0 u32 length, a multiple of 8
 *   4 u32 CRC                   4 u32 CRC                    4 u32 CRC of the header
 *   8 u32 version (1)           8 u64 segment serial         8 u32 CRC of the bytes behind it
 *  12 u32 0                    16 u32 length of records     12 u8  kind
 *  16 u64 serial               20 u32 count of records      13 u8  choice
 *  24 u64 previous serial      24 u64 previous sequence     14 u16 0
 *  32 u64 previous sequence    32 u64 first sequence        16 u64 sequence
 *  40 u64 acknowledged         40 u64 last sequence         24 u64 origin timestamp, us
 *  48 u64 records before       48 u64 acknowledged          32 u32 route
 *  56 u64 reserved sequence    56 u32 flags                 36 u32 partition, key hash or count
 *  64 16  producer id          60 u32 0                     40 u32 time to live in ms, 0 = none
 *  80 u16 wrapped key length                                44 u16 key length
 *  82 46  0                                                 46 u16 0
 *                                                           48 u32 headers length
 *                                                           52 u32 payload length
 *                                                           56 key, headers, payload, zeros to 8
 * </pre>
 *
 * Each header's CRC-32 covers the segment's serial, the offset in the file, and the header without
 * the CRC field: bytes of an earlier life of the file, or of a file that was sent as a payload,
 * never pass. A record's header covers the CRC of its body. A sequence carries its channel ({@link
 * Channel}); a segment holds one channel. Version 1 had no channels, and is channel 0. Docs:
 * docs/FORMAT.md, Outbox.
 */
public final class Format {
  public static final int ALIGNMENT = 8;
  public static final int VERSION = 2;
  public static final int SEGMENT_BYTES = 128;
  public static final int COMMIT_BYTES = 64;
  public static final int RECORD_BYTES = 56;
  public static final int KEY_BYTES = 16;
  public static final int ID_BYTES = 16;

  public static final int SEGMENT_MAGIC = 0x47534857; // "WHSG"
  public static final int KEY_MAGIC = 0x594b4857; // "WHKY"
  public static final int COMMIT_MAGIC = 0x4d434857; // "WHCM"

  public static final int MESSAGE = 1;
  public static final int ROUTE = 2;
  public static final int MAPPING = 3;
  public static final int PUBLISHED = 4;
  public static final int GAP = 5;

  /** Flag of a commit: its records are encrypted. */
  public static final int ENCRYPTED = 1;

  /** Flag of a commit: it was synced together with the one before. */
  public static final int CONTINUES = 2;

  public static final int WRAPPED_KEY_BYTES_MAX = 1024;

  private static final int CHOICE_MAX = 2;

  private Format() {}

  // ---- little-endian

  public static int u16(byte[] b, int at) {
    return (b[at] & 0xff) | (b[at + 1] & 0xff) << 8;
  }

  public static int i32(byte[] b, int at) {
    return u16(b, at) | u16(b, at + 2) << 16;
  }

  public static long i64(byte[] b, int at) {
    return (i32(b, at) & 0xffffffffL) | (long) i32(b, at + 4) << 32;
  }

  public static void put16(byte[] b, int at, int value) {
    b[at] = (byte) value;
    b[at + 1] = (byte) (value >>> 8);
  }

  public static void put32(byte[] b, int at, int value) {
    put16(b, at, value);
    put16(b, at + 2, value >>> 16);
  }

  public static void put64(byte[] b, int at, long value) {
    put32(b, at, (int) value);
    put32(b, at + 4, (int) (value >>> 32));
  }

  public static void zero(byte[] b, int at, int length) {
    java.util.Arrays.fill(b, at, at + length, (byte) 0);
  }

  // ---- checksums

  /** CRC-32 with its scratch; one per user, not thread-safe. */
  public static final class Crc {
    private final CRC32 crc = new CRC32();
    private final byte[] place = new byte[16];

    /** Of a header at {@code at}: place, then the bytes without the CRC field at +4. */
    public int header(byte[] b, int at, int length, long serial, long offset) {
      put64(place, 0, serial);
      put64(place, 8, offset);
      crc.reset();
      crc.update(place, 0, 16);
      crc.update(b, at, 4);
      crc.update(b, at + 8, length - 8);
      return (int) crc.getValue();
    }

    public int body(byte[] b, int at, int length) {
      crc.reset();
      crc.update(b, at, length);
      return (int) crc.getValue();
    }

    public void seal(byte[] b, int at, int length, long serial, long offset) {
      put32(b, at + 4, header(b, at, length, serial, offset));
    }

    public boolean sealed(byte[] b, int at, int length, long serial, long offset) {
      return i32(b, at + 4) == header(b, at, length, serial, offset);
    }

    /** Fills both CRCs of a record that will stand at {@code offset} of segment {@code serial}. */
    public void sealRecord(byte[] b, int at, long serial, long offset) {
      int length = i32(b, at);
      put32(b, at + 8, body(b, at + RECORD_BYTES, length - RECORD_BYTES));
      seal(b, at, RECORD_BYTES, serial, offset);
    }

    /** Whether a sound record header stands there; its record ends at or before {@code limit}. */
    public boolean isRecord(byte[] b, int at, long serial, long offset, long limit) {
      int length = i32(b, at);
      int kind = b[at + 12];
      if (length < RECORD_BYTES || length % ALIGNMENT != 0 || length > limit - offset) {
        return false;
      }
      if (kind < MESSAGE || kind > GAP || b[at + 13] < 0 || b[at + 13] > CHOICE_MAX) {
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

    public boolean isBody(byte[] b, int at) {
      int length = i32(b, at);
      return i32(b, at + 8) == body(b, at + RECORD_BYTES, length - RECORD_BYTES);
    }

    /** Whether a sound commit header stands there, of whatever serial. */
    public boolean isCommit(byte[] b, int at, long offset) {
      return i32(b, at) == COMMIT_MAGIC && sealed(b, at, COMMIT_BYTES, i64(b, at + 8), offset);
    }
  }

  // ---- records

  /** Length of a record whose key, headers and payload have so many bytes together. */
  public static long recordLength(long bodyBytes) {
    return (RECORD_BYTES + bodyBytes + ALIGNMENT - 1) & -ALIGNMENT;
  }

  /** A fact as a record without its CRCs. */
  public static byte[] fact(
      int kind, int route, int value, long sequence, byte[] key, byte[] payload) {
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

  public static long sequence(byte[] b, int at) {
    return i64(b, at + 16);
  }

  /** Size of one copy of a wrapped key. */
  public static int keyBytes(int wrappedBytes) {
    return KEY_BYTES + (wrappedBytes + ALIGNMENT - 1 & -ALIGNMENT);
  }

  /**
   * Where the first commit stands: behind the header and both copies of the key, if there is one.
   */
  public static int segmentStart(int wrappedBytes) {
    return SEGMENT_BYTES + (wrappedBytes == 0 ? 0 : 2 * keyBytes(wrappedBytes));
  }

  public static byte[] key(byte[] b, int at) {
    return slice(b, at + RECORD_BYTES, u16(b, at + 44));
  }

  public static byte[] headers(byte[] b, int at) {
    return slice(b, at + RECORD_BYTES + u16(b, at + 44), i32(b, at + 48));
  }

  public static int payloadAt(byte[] b, int at) {
    return at + RECORD_BYTES + u16(b, at + 44) + i32(b, at + 48);
  }

  public static byte[] payload(byte[] b, int at) {
    return slice(b, payloadAt(b, at), i32(b, at + 52));
  }

  private static byte[] slice(byte[] b, int at, int length) {
    byte[] copy = new byte[length];
    System.arraycopy(b, at, copy, 0, length);
    return copy;
  }

  public static int copy(byte[] from, int offset, int length, byte[] to, int at) {
    System.arraycopy(from, offset, to, at, length);
    return at + length;
  }
}

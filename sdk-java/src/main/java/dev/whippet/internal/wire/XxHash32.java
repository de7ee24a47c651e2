package dev.whippet.internal.wire;

/**
 * XXH32 with seed 0, the hash of the classic wire: message keys to partitions, consumer names to
 * offset keys, addresses to client ids (iggy-classic.md 4.2, 6.1, 6.4).
 *
 * <pre>
 * four lanes over 16-byte stripes | sum of lanes + length | 4-byte words | bytes | avalanche
 * </pre>
 *
 * <p>Stateless; any thread.
 */
public final class XxHash32 {
  private static final int PRIME_1 = 0x9E3779B1;
  private static final int PRIME_2 = 0x85EBCA77;
  private static final int PRIME_3 = 0xC2B2AE3D;
  private static final int PRIME_4 = 0x27D4EB2F;
  private static final int PRIME_5 = 0x165667B1;
  private static final int STRIPE_BYTES = 16;

  private XxHash32() {}

  /** The hash of {@code length} bytes from {@code offset}, as an unsigned 32-bit number. */
  public static int hash(byte[] bytes, int offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes.length - length) {
      throw new IndexOutOfBoundsException(
          "range of " + length + " at " + offset + " in " + bytes.length + " bytes");
    }
    int end = offset + length;
    int at = offset;
    int hash;
    if (length >= STRIPE_BYTES) {
      int lane1 = PRIME_1 + PRIME_2;
      int lane2 = PRIME_2;
      int lane3 = 0;
      int lane4 = -PRIME_1;
      for (; at <= end - STRIPE_BYTES; at += STRIPE_BYTES) {
        lane1 = round(lane1, intLe(bytes, at));
        lane2 = round(lane2, intLe(bytes, at + 4));
        lane3 = round(lane3, intLe(bytes, at + 8));
        lane4 = round(lane4, intLe(bytes, at + 12));
      }
      hash =
          Integer.rotateLeft(lane1, 1)
              + Integer.rotateLeft(lane2, 7)
              + Integer.rotateLeft(lane3, 12)
              + Integer.rotateLeft(lane4, 18);
    } else {
      hash = PRIME_5;
    }
    return avalanche(tail(hash + length, bytes, at, end));
  }

  private static int tail(int hash, byte[] bytes, int from, int end) {
    int at = from;
    for (; at <= end - 4; at += 4) {
      hash = Integer.rotateLeft(hash + intLe(bytes, at) * PRIME_3, 17) * PRIME_4;
    }
    for (; at < end; at++) {
      hash = Integer.rotateLeft(hash + (bytes[at] & 0xFF) * PRIME_5, 11) * PRIME_1;
    }
    return hash;
  }

  private static int round(int lane, int word) {
    return Integer.rotateLeft(lane + word * PRIME_2, 13) * PRIME_1;
  }

  private static int avalanche(int hash) {
    int mixed = (hash ^ (hash >>> 15)) * PRIME_2;
    mixed = (mixed ^ (mixed >>> 13)) * PRIME_3;
    return mixed ^ (mixed >>> 16);
  }

  private static int intLe(byte[] bytes, int at) {
    return (bytes[at] & 0xFF)
        | (bytes[at + 1] & 0xFF) << 8
        | (bytes[at + 2] & 0xFF) << 16
        | (bytes[at + 3] & 0xFF) << 24;
  }
}

package dev.whippet.broker.internal.log.format;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.util.internal.PlatformDependent;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import net.openhft.hashing.LongHashFunction;

/**
 * XXH3-64 with seed 0 and the default secret, of bytes in direct memory. The library hashes up to
 * 240 bytes, and whatever has no address; the loop for longer input is ours: each record of a batch
 * goes through it between its arrival and its commit, and with the eight sums in local variables it
 * takes half the time.
 *
 * <pre>
 *   input  = block | block | ... | rest            block: 1024 bytes, 16 stripes of 64
 *   stripe : sum[i] += low32(data[i] ^ secret[s + i]) * high32(same); sum[i ^ 1] += data[i]
 *   behind each block the sums are scrambled; the last 64 bytes are a stripe of their own
 * </pre>
 */
final class Xxh3 {
  private static final LongHashFunction LIBRARY = LongHashFunction.xx3();

  /** Whether memory can be read by address, and as it is. */
  private static final boolean OURS =
      PlatformDependent.hasUnsafe() && ByteOrder.nativeOrder() == ByteOrder.LITTLE_ENDIAN;

  /** Longest input of the other variants: 240 bytes. */
  private static final int SHORT_MAX = 240;

  private static final int STRIPE_BYTES = 64;
  private static final int STRIPES = 16;
  private static final int BLOCK_BYTES = STRIPES * STRIPE_BYTES;
  private static final long PRIME32_1 = 0x9E3779B1L;
  private static final long PRIME32_2 = 0x85EBCA77L;
  private static final long PRIME32_3 = 0xC2B2AE3DL;
  private static final long PRIME64_1 = 0x9E3779B185EBCA87L;
  private static final long PRIME64_2 = 0xC2B2AE3D27D4EB4FL;
  private static final long PRIME64_3 = 0x165667B19E3779F9L;
  private static final long PRIME64_4 = 0x85EBCA77C2B2AE63L;
  private static final long PRIME64_5 = 0x27D4EB2F165667C5L;
  private static final long AVALANCHE = 0x165667919E3779F9L;
  private static final long LOW_32 = 0xFFFFFFFFL;

  /** The default secret by words. */
  private static final long[] SECRET = {
    0xBE4BA423396CFEB8L, 0x1CAD21F72C81017CL, 0xDB979083E96DD4DEL, 0x1F67B3B7A4A44072L,
    0x78E5C0CC4EE679CBL, 0x2172FFCC7DD05A82L, 0x8E2443F7744608B8L, 0x4C263A81E69035E0L,
    0xCB00C391BB52283CL, 0xA32E531B8B65D088L, 0x4EF90DA297486471L, 0xD8ACDEA946EF1938L,
    0x3F349CE33F76FAA8L, 0x1D4F0BC7C7BBDCF9L, 0x3159B4CD4BE0518AL, 0x647378D9C97E9FC8L,
    0xC3EBD33483ACC5EAL, 0xEB6313FAFFA081C5L, 0x49DAF0B751DD0D17L, 0x9E68D429265516D3L,
    0xFCA1477D58BE162BL, 0xCE31D07AD1B8F88FL, 0x280416958F3ACB45L, 0x7E404BBBCAFBD7AFL
  };

  private static final int SECRET_BYTES = SECRET.length * Long.BYTES;

  /** Where the secret of the scramble, of the last stripe and of the end begin. */
  private static final int SCRAMBLE = SECRET_BYTES - STRIPE_BYTES;

  private static final int LAST = SCRAMBLE - 7;
  private static final int MERGE = 11;

  /** The secret is read by address, too: at any byte, and without bounds in the loop. */
  private static final ByteBuffer MEMORY = secretInMemory();

  private static final long ADDRESS = OURS ? PlatformDependent.directBufferAddress(MEMORY) : 0;

  private Xxh3() {}

  private static ByteBuffer secretInMemory() {
    ByteBuffer memory = ByteBuffer.allocateDirect(SECRET_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    memory.asLongBuffer().put(SECRET);
    return memory;
  }

  /** Of {@code length} bytes from {@code index}; moves nothing. */
  static long hash(ByteBuf bytes, int index, int length) {
    if (bytes.hasMemoryAddress()) {
      long address = bytes.memoryAddress() + index;
      return length > SHORT_MAX && OURS
          ? hashLong(address, length)
          : LIBRARY.hashMemory(address, length);
    }
    if (bytes.hasArray()) {
      return LIBRARY.hashBytes(bytes.array(), bytes.arrayOffset() + index, length);
    }
    return LIBRARY.hashBytes(ByteBufUtil.getBytes(bytes, index, length));
  }

  private static long hashLong(long address, int length) {
    int blocks = (length - 1) / BLOCK_BYTES;
    int rest = (length - 1 - blocks * BLOCK_BYTES) / STRIPE_BYTES;
    long s0 = PRIME32_3;
    long s1 = PRIME64_1;
    long s2 = PRIME64_2;
    long s3 = PRIME64_3;
    long s4 = PRIME64_4;
    long s5 = PRIME32_2;
    long s6 = PRIME64_5;
    long s7 = PRIME32_1;
    long at = address;
    for (int block = 0; block <= blocks; block++) {
      int stripes = block < blocks ? STRIPES : rest + 1;
      for (int from = 0; from < stripes; from++) {
        boolean last = block == blocks && from == rest;
        long key = ADDRESS + (last ? LAST : from * Long.BYTES);
        at = last ? address + length - STRIPE_BYTES : at;
        long a = PlatformDependent.getLong(at);
        long b = PlatformDependent.getLong(at + 8);
        s0 += b + product(a ^ PlatformDependent.getLong(key));
        s1 += a + product(b ^ PlatformDependent.getLong(key + 8));
        a = PlatformDependent.getLong(at + 16);
        b = PlatformDependent.getLong(at + 24);
        s2 += b + product(a ^ PlatformDependent.getLong(key + 16));
        s3 += a + product(b ^ PlatformDependent.getLong(key + 24));
        a = PlatformDependent.getLong(at + 32);
        b = PlatformDependent.getLong(at + 40);
        s4 += b + product(a ^ PlatformDependent.getLong(key + 32));
        s5 += a + product(b ^ PlatformDependent.getLong(key + 40));
        a = PlatformDependent.getLong(at + 48);
        b = PlatformDependent.getLong(at + 56);
        s6 += b + product(a ^ PlatformDependent.getLong(key + 48));
        s7 += a + product(b ^ PlatformDependent.getLong(key + 56));
        at += STRIPE_BYTES;
      }
      if (block < blocks) {
        s0 = scrambled(s0, SCRAMBLE);
        s1 = scrambled(s1, SCRAMBLE + 8);
        s2 = scrambled(s2, SCRAMBLE + 16);
        s3 = scrambled(s3, SCRAMBLE + 24);
        s4 = scrambled(s4, SCRAMBLE + 32);
        s5 = scrambled(s5, SCRAMBLE + 40);
        s6 = scrambled(s6, SCRAMBLE + 48);
        s7 = scrambled(s7, SCRAMBLE + 56);
      }
    }
    long hash = length * PRIME64_1;
    hash += folded(s0, s1, MERGE) + folded(s2, s3, MERGE + 2 * Long.BYTES);
    hash += folded(s4, s5, MERGE + 4 * Long.BYTES) + folded(s6, s7, MERGE + 6 * Long.BYTES);
    hash = (hash ^ hash >>> 37) * AVALANCHE;
    return hash ^ hash >>> 32;
  }

  private static long product(long keyed) {
    return (keyed & LOW_32) * (keyed >>> 32);
  }

  private static long scrambled(long sum, int secret) {
    return (sum ^ sum >>> 47 ^ PlatformDependent.getLong(ADDRESS + secret)) * PRIME32_1;
  }

  /** Both halves of the 128-bit product of two unsigned numbers, one over the other. */
  private static long folded(long first, long second, int secret) {
    long a = first ^ PlatformDependent.getLong(ADDRESS + secret);
    long b = second ^ PlatformDependent.getLong(ADDRESS + secret + Long.BYTES);
    long high = Math.multiplyHigh(a, b) + (a >> 63 & b) + (b >> 63 & a);
    return a * b ^ high;
  }
}

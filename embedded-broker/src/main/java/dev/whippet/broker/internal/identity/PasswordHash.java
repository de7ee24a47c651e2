package dev.whippet.broker.internal.identity;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;

/**
 * What is kept of a password: an Argon2id hash with its salt and what it cost. One object per
 * password that was set; equal only to itself.
 *
 * <pre>
 *  0  u8   1: Argon2id, version 0x13
 *  1  u32  memory in KiB
 *  5  u32  passes
 *  9  u8   lanes
 * 10  u8   bytes of salt, then the salt
 *     u8   bytes of hash, then the hash
 * </pre>
 *
 * <p>It also remembers, in memory only, a keyed hash of the password that was found to fit, so that
 * a second login need not pay again. Any thread.
 */
public final class PasswordHash {

  static final int SALT_BYTES = 16;
  static final int HASH_BYTES = 32;

  private static final int ARGON2ID = 1;
  private static final int FIXED_BYTES = 12;
  private static final int PART_BYTES_MIN = 8;
  private static final int PART_BYTES_MAX = 64;

  private final Cost cost;
  private final byte[] salt;
  private final byte[] hash;
  private final long generation;
  private volatile byte[] fits;

  PasswordHash(Cost cost, byte[] salt, byte[] hash) {
    this.cost = cost;
    this.salt = salt.clone();
    this.hash = hash.clone();
    this.generation = ByteBuffer.wrap(AccessToken.hash(salt)).getLong() & ~1;
  }

  /** What one guess costs. Limits keep a damaged catalog from asking for all memory. */
  record Cost(int memoryKib, int passes, int lanes) {
    private static final int MEMORY_KIB_MAX = 1 << 20;
    private static final int PASSES_MAX = 64;
    private static final int LANES_MAX = 16;

    Cost {
      boolean sane =
          lanes >= 1
              && lanes <= LANES_MAX
              && passes >= 1
              && passes <= PASSES_MAX
              && memoryKib >= 8 * lanes
              && memoryKib <= MEMORY_KIB_MAX;
      if (!sane) {
        throw new IllegalArgumentException(
            "cost of a password: " + memoryKib + " KiB, " + passes + " passes, " + lanes);
      }
    }
  }

  /** As in the class comment. */
  public byte[] encoded() {
    ByteBuffer out =
        ByteBuffer.allocate(FIXED_BYTES + salt.length + hash.length)
            .order(ByteOrder.LITTLE_ENDIAN)
            .put((byte) ARGON2ID)
            .putInt(cost.memoryKib())
            .putInt(cost.passes())
            .put((byte) cost.lanes())
            .put((byte) salt.length)
            .put(salt)
            .put((byte) hash.length)
            .put(hash);
    return out.array();
  }

  /** Throws {@link IllegalArgumentException} with what is wrong; never tells the bytes. */
  public static PasswordHash decoded(byte[] encoded) {
    ByteBuffer in = ByteBuffer.wrap(encoded).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int kind = in.get();
      if (kind != ARGON2ID) {
        throw new IllegalArgumentException("hash of a password: kind " + kind + ", not 1");
      }
      Cost cost = new Cost(in.getInt(), in.getInt(), in.get() & 0xff);
      PasswordHash read = new PasswordHash(cost, part(in), part(in));
      if (in.hasRemaining()) {
        throw new IllegalArgumentException(
            "hash of a password: " + in.remaining() + " bytes too many");
      }
      return read;
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException(
          "hash of a password: cut off at " + encoded.length + " bytes", e);
    }
  }

  private static byte[] part(ByteBuffer in) {
    int length = in.get() & 0xff;
    if (length < PART_BYTES_MIN || length > PART_BYTES_MAX) {
      throw new IllegalArgumentException("hash of a password: a part of " + length + " bytes");
    }
    byte[] part = new byte[length];
    in.get(part);
    return part;
  }

  /**
   * Another even number for each password that is set, the same after a restart. It comes from the
   * salt alone, and tells nothing of the password.
   */
  public long generation() {
    return generation;
  }

  Cost cost() {
    return cost;
  }

  byte[] salt() {
    return salt;
  }

  int hashBytes() {
    return hash.length;
  }

  /** Whether {@code computed} is this hash; the time does not depend on where they differ. */
  boolean is(byte[] computed) {
    return MessageDigest.isEqual(hash, computed);
  }

  /** The password with this keyed hash fits. */
  void remember(byte[] keyed) {
    fits = keyed;
  }

  /** True when the password with this keyed hash was found to fit. */
  boolean remembers(byte[] keyed) {
    byte[] known = fits;
    return known != null && MessageDigest.isEqual(known, keyed);
  }

  /** Nothing of it: logs print what they are given. */
  @Override
  public String toString() {
    return "(hidden)";
  }
}

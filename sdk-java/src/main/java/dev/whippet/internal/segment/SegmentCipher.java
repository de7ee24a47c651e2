package dev.whippet.internal.segment;

import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The records of one segment's life under AES-256-GCM. A key is drawn for one life and never used
 * for another; each commit is one message.
 *
 * <pre>
 * nonce (12)  u32 0 | u64 offset of the commit in the file: used once, because nothing is ever
 *             written a second time at one place of a life
 * AAD         the commit's header (64), which stays readable
 * message     the records; behind them the tag (16)
 * </pre>
 *
 * <p>Owner: one thread; limit: memory for one commit.
 */
public final class SegmentCipher {
  public static final int KEY_BYTES = 32;
  public static final int TAG_BYTES = 16;

  /**
   * Records of one message, unless one record alone is larger: what one flipped bit may cost, and
   * what JVMs encrypt at full speed.
   */
  public static final int RECORDS_BYTES_MAX = 16 * 1024;

  private static final int NONCE_BYTES = 12;

  private final SecretKeySpec key;
  private final Cipher cipher;
  private final byte[] nonce = new byte[NONCE_BYTES];
  private byte[] plain = new byte[0];

  public SegmentCipher(byte[] key) throws IOException {
    if (key.length != KEY_BYTES) {
      throw new IOException("segment key has " + key.length + " bytes, expected " + KEY_BYTES);
    }
    this.key = new SecretKeySpec(key, "AES");
    try {
      this.cipher = Cipher.getInstance("AES/GCM/NoPadding");
    } catch (GeneralSecurityException missing) {
      throw new IOException("this platform has no AES/GCM/NoPadding", missing);
    }
  }

  /** Draws a key. */
  public static byte[] draw() {
    byte[] key = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(key);
    return key;
  }

  /**
   * Encrypts a commit whose header is complete.
   *
   * @param from holds the records at {@code records}
   * @param to holds the header at {@code header}; records and tag go behind it
   */
  public void seal(byte[] from, int records, int length, byte[] to, int header, long offset)
      throws IOException {
    try {
      begin(Cipher.ENCRYPT_MODE, to, header, offset);
      cipher.doFinal(from, records, length, to, header + Format.COMMIT_BYTES);
    } catch (GeneralSecurityException failed) {
      throw new IOException("can't encrypt a commit: " + failed.getMessage(), failed);
    }
  }

  /**
   * Decrypts a commit in place; where the tag was there are zeros then.
   *
   * @param length of records and tag
   * @return false if a byte of header, records or tag is another one
   */
  boolean open(byte[] b, int header, int length, long offset) {
    int records = length - TAG_BYTES;
    if (plain.length < records) {
      plain = new byte[records];
    }
    try {
      begin(Cipher.DECRYPT_MODE, b, header, offset);
      cipher.doFinal(b, header + Format.COMMIT_BYTES, length, plain, 0);
    } catch (GeneralSecurityException damaged) {
      return false;
    }
    System.arraycopy(plain, 0, b, header + Format.COMMIT_BYTES, records);
    Format.zero(b, header + Format.COMMIT_BYTES + records, TAG_BYTES);
    return true;
  }

  private void begin(int mode, byte[] b, int header, long offset) throws GeneralSecurityException {
    Format.put64(nonce, 4, offset);
    cipher.init(mode, key, new GCMParameterSpec(8 * TAG_BYTES, nonce));
    cipher.updateAAD(b, header, Format.COMMIT_BYTES);
  }
}

package dev.whippet.broker.internal.catalog;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The one user there is so far: id 0, all permissions (iggy-classic.md 6.2). Its password is given
 * at every start and kept in memory as a keyed hash only. Any thread.
 */
public final class RootUser {

  /** Root's id. */
  public static final int ID = 0;

  /** {@link #login} when name or password is wrong. */
  public static final int NOBODY = -1;

  private static final String HASH = "HmacSHA256";

  private final byte[] key = new byte[32];
  private final byte[] name;
  private final byte[] password;

  public RootUser(String name, byte[] password) {
    new SecureRandom().nextBytes(key);
    this.name = hash(name.getBytes(StandardCharsets.UTF_8));
    this.password = hash(password);
  }

  /**
   * The user's id, or {@link #NOBODY}. The name is looked up as a name, never as an id. Takes the
   * same time for an unknown name, a wrong password and the right ones.
   */
  public int login(String name, byte[] password) {
    boolean sameName =
        MessageDigest.isEqual(this.name, hash(name.getBytes(StandardCharsets.UTF_8)));
    boolean samePassword = MessageDigest.isEqual(this.password, hash(password));
    return sameName & samePassword ? ID : NOBODY;
  }

  private byte[] hash(byte[] value) {
    try {
      Mac mac = Mac.getInstance(HASH);
      mac.init(new SecretKeySpec(key, HASH));
      return mac.doFinal(value);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + HASH, e);
    }
  }
}

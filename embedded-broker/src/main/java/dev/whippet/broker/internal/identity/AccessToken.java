package dev.whippet.broker.internal.identity;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;

/**
 * A personal access token (iggy-classic.md 6.3): 50 random bytes as 68 characters, told once. Kept
 * is its SHA-256: nobody guesses 400 random bits, so it needs neither salt nor a slow hash.
 */
public final class AccessToken {

  /** Bytes of what is kept. */
  public static final int HASH_BYTES = 32;

  private static final int RANDOM_BYTES = 50;

  private AccessToken() {}

  /** A new one, as its user gets it. */
  public static byte[] next(SecureRandom random) {
    byte[] bytes = new byte[RANDOM_BYTES];
    random.nextBytes(bytes);
    return Base64.getEncoder().encode(bytes);
  }

  /** What is kept of {@code token}. */
  public static byte[] hash(byte[] token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}

package dev.whippet.broker;

import java.security.SecureRandom;
import java.util.Base64;

/** A password nobody guesses: 18 random bytes, 24 characters that need no quoting. */
final class RandomPassword {

  private static final int BYTES = 18;

  private RandomPassword() {}

  static String next() {
    byte[] bytes = new byte[BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}

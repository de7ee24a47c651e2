package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.identity.LoginThrottle;
import dev.whippet.broker.internal.identity.Passwords;
import java.security.SecureRandom;

/**
 * What logins and users' commands share, besides the catalog. {@code passwords} and {@code
 * throttle} live on loop 0.
 */
public record Identities(Passwords passwords, LoginThrottle throttle, SecureRandom random) {

  public Identities(Passwords passwords) {
    this(passwords, new LoginThrottle(), new SecureRandom());
  }
}

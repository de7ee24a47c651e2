package dev.whippet;

import dev.whippet.internal.check.Check;
import dev.whippet.internal.session.Identity;

/**
 * Who logs in: a user with a password, or a personal access token. Immutable. The secret never
 * appears in {@link #toString()}, in a log or in an exception, and is never written to the outbox.
 */
public final class Credentials {
  /** Longest user name, password or token in UTF-8 bytes that the wire can carry. */
  static final int SIZE_BYTES_MAX = 255;

  /** Gives credentials that change, such as tokens that expire. */
  public interface Provider {
    /**
     * Called before each login, on the thread "whippet-net", which waits: return what is at hand;
     * fetch new ones elsewhere and hand them to {@link WhippetClient#credentials}.
     *
     * @return who logs in
     * @throws Exception if there are none now: the attempt fails and another one follows; its
     *     message is not repeated anywhere
     */
    Credentials next() throws Exception;
  }

  private final String user;
  private final String secret;

  private Credentials(String user, String secret) {
    this.user = user;
    this.secret = secret;
  }

  /**
   * A user name with its password.
   *
   * @param user 1 to 255 bytes of UTF-8
   * @param password 1 to 255 bytes of UTF-8
   * @return the credentials
   */
  public static Credentials password(String user, String password) {
    Check.utf8Length("user", user, 1, SIZE_BYTES_MAX);
    Check.secretLength("password", password, 1, SIZE_BYTES_MAX);
    return new Credentials(user, password);
  }

  /**
   * A personal access token, the better choice for a device: it can be revoked alone.
   *
   * @param token 1 to 255 bytes of UTF-8
   * @return the credentials
   */
  public static Credentials token(String token) {
    Check.secretLength("token", token, 1, SIZE_BYTES_MAX);
    return new Credentials(null, token);
  }

  /** The same credentials at each login. */
  Identity.Source always() {
    final Identity identity = identity();
    return new Identity.Source() {
      @Override
      public Identity next() {
        return identity;
      }
    };
  }

  /** Asks the provider at each login. */
  static Identity.Source from(final Provider provider) {
    return new Identity.Source() {
      @Override
      public Identity next() throws Exception {
        Credentials credentials = provider.next();
        return credentials == null ? null : credentials.identity();
      }
    };
  }

  private Identity identity() {
    return new Identity(user, secret);
  }

  @Override
  public String toString() {
    return user == null ? "Credentials{token=***}" : "Credentials{user=" + user + ", password=***}";
  }
}

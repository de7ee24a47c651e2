package dev.whippet.internal.session;

/** Who logs in. Immutable; has no toString, because it holds the secret. */
public final class Identity {
  /** Asked before each login, on the net thread; what it throws fails the attempt. */
  public interface Source {
    Identity next() throws Exception;
  }

  /** Null: the secret is a token. */
  final String user;

  final String secret;

  public Identity(String user, String secret) {
    this.user = user;
    this.secret = secret;
  }

  /** For messages. */
  String who() {
    return user == null ? "the owner of the token" : user;
  }
}

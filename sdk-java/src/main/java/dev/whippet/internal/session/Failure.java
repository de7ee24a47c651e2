package dev.whippet.internal.session;

import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.websocket.HandshakeException;
import dev.whippet.internal.websocket.WebSocketException;
import dev.whippet.internal.wire.ProtocolException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import javax.net.ssl.SSLException;

/** What an exception of a connection means to the application, and what it can do. Immutable. */
final class Failure {
  private static final String PORTAL = " (a captive portal, a proxy, another protocol?)";

  final Refusal.Kind kind;
  final String message;

  /** What the server said about the next attempt; 0 if nothing. */
  final long retryAfterMillis;

  private Failure(Refusal.Kind kind, String message, long retryAfterMillis) {
    this.kind = kind;
    this.message = message;
    this.retryAfterMillis = retryAfterMillis;
  }

  /** {@code loggedIn}: the server has shown that it speaks the protocol. */
  static Failure of(Exception e, boolean loggedIn) {
    String said = e.getMessage() == null ? e.toString() : e.getMessage();
    if (e instanceof SSLException) {
      return new Failure(Refusal.Kind.TLS_FAILED, "TLS: " + said + hint(e), 0);
    }
    if (e instanceof HandshakeException) {
      HandshakeException refused = (HandshakeException) e;
      boolean later = refused.httpStatus() == 503 || refused.httpStatus() == 429;
      return later
          ? new Failure(Refusal.Kind.BUSY, said, refused.retryAfterMillis())
          : new Failure(Refusal.Kind.WRONG_SERVER, said + PORTAL, 0);
    }
    boolean nonsense = e instanceof ProtocolException || e instanceof WebSocketException;
    if (nonsense && !loggedIn) {
      return new Failure(Refusal.Kind.WRONG_SERVER, said + PORTAL, 0);
    }
    boolean bug = nonsense || e instanceof RuntimeException;
    return new Failure(bug ? Refusal.Kind.INTERNAL : Refusal.Kind.UNREACHABLE, said, 0);
  }

  /** The causes that an operator meets most often, in plain words. */
  private static String hint(Throwable e) {
    int depth = 0;
    for (Throwable cause = e; cause != null && depth < 16; cause = cause.getCause()) {
      if (cause instanceof CertificateExpiredException) {
        return "; the certificate is expired: renew it, or set this device's clock";
      }
      if (cause instanceof CertificateNotYetValidException) {
        return "; the certificate is not valid yet: set this device's clock";
      }
      depth++;
    }
    return "";
  }
}

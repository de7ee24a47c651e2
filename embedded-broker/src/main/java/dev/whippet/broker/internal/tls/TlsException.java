package dev.whippet.broker.internal.tls;

/** Certificates can't be used: which file, what is wrong with it, what would be right. */
public final class TlsException extends Exception {
  TlsException(String message, Throwable cause) {
    super(message, cause);
  }
}

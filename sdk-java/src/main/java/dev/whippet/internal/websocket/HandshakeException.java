package dev.whippet.internal.websocket;

import java.io.IOException;

/**
 * The server did not become a WebSocket: another HTTP status, or an answer that breaks RFC 6455.
 */
public final class HandshakeException extends IOException {
  private static final long SECONDS_MAX = 86_400;

  private final int httpStatus;
  private final long retryAfterMillis;

  HandshakeException(int httpStatus, String message) {
    this(httpStatus, message, null);
  }

  /**
   * @param retryAfter the header of that name; null if there is none
   */
  HandshakeException(int httpStatus, String message, String retryAfter) {
    super(message);
    this.httpStatus = httpStatus;
    this.retryAfterMillis = seconds(retryAfter) * 1_000;
  }

  /** Seconds only: a date means little to a device whose clock may be wrong. */
  private static long seconds(String text) {
    if (text == null || text.isEmpty() || text.length() > 9) {
      return 0;
    }
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < '0' || text.charAt(i) > '9') {
        return 0;
      }
    }
    return Math.min(SECONDS_MAX, Long.parseLong(text));
  }

  /** When the server wants to be asked again at the earliest; 0 if it did not say. */
  public long retryAfterMillis() {
    return retryAfterMillis;
  }

  /**
   * The status of the answer, also when it was a broken 101; 0 when the answer was not HTTP/1.1.
   */
  public int httpStatus() {
    return httpStatus;
  }
}

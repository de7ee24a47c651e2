package dev.whippet.internal.websocket;

import java.io.IOException;

/**
 * The server did not become a WebSocket: another HTTP status, or an answer that breaks RFC 6455.
 */
public final class HandshakeException extends IOException {
  private final int httpStatus;

  HandshakeException(int httpStatus, String message) {
    super(message);
    this.httpStatus = httpStatus;
  }

  /**
   * The status of the answer, also when it was a broken 101; 0 when the answer was not HTTP/1.1.
   */
  public int httpStatus() {
    return httpStatus;
  }
}

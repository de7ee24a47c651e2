package dev.whippet.internal.websocket;

import java.io.IOException;

/**
 * The peer broke a rule of RFC 6455. The connection can't go on: send a Close frame with {@link
 * #closeCode()}, then end it. Carries no stack trace, for the fault is in the bytes, and hostile
 * peers shall not cost more than that.
 */
public final class WebSocketException extends IOException {
  private final int closeCode;

  public WebSocketException(int closeCode, String message) {
    super(message);
    this.closeCode = closeCode;
  }

  /** The code of {@link CloseCode} that RFC 6455 gives to this violation. */
  public int closeCode() {
    return closeCode;
  }

  @Override
  public synchronized Throwable fillInStackTrace() {
    return this;
  }
}

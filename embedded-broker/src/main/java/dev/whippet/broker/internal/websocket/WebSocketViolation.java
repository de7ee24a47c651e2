package dev.whippet.broker.internal.websocket;

/**
 * A client broke a rule of RFC 6455: answer with a Close frame of {@link #closeCode()}, then end
 * the connection. Has no stack trace: the fault is in the bytes, and costs no more than that.
 */
public final class WebSocketViolation extends Exception {
  private final int closeCode;

  WebSocketViolation(int closeCode, String message) {
    super(message, null, false, false);
    this.closeCode = closeCode;
  }

  /** The code of {@link dev.whippet.internal.websocket.CloseCode} for this violation. */
  public int closeCode() {
    return closeCode;
  }
}

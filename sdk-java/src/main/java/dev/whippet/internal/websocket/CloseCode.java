package dev.whippet.internal.websocket;

/** Why a WebSocket ends (RFC 6455 7.4), and the rule for the payload of a Close frame. */
public final class CloseCode {
  /** Done. */
  public static final int NORMAL = 1000;

  /** The server stops, or the page is left. */
  public static final int GOING_AWAY = 1001;

  /** The peer broke a rule of RFC 6455. */
  public static final int PROTOCOL_ERROR = 1002;

  /** A kind of message this end has no use for. */
  public static final int UNSUPPORTED_DATA = 1003;

  /** Never on the wire: the Close frame was empty. */
  public static final int NO_STATUS = 1005;

  /** Never on the wire: the connection ended without a Close frame. */
  public static final int ABNORMAL = 1006;

  /** Text that is not UTF-8. */
  public static final int INVALID_PAYLOAD = 1007;

  /** Refused for a reason that has no code of its own. */
  public static final int POLICY_VIOLATION = 1008;

  /** Larger than this end takes. */
  public static final int MESSAGE_TOO_BIG = 1009;

  /** The server lacks an extension that the client needs. */
  public static final int MANDATORY_EXTENSION = 1010;

  /** This end failed. */
  public static final int INTERNAL_ERROR = 1011;

  /** The last code that IANA's registry gives to Close frames (1012 to 1014). */
  private static final int REGISTERED_MAX = 1014;

  private CloseCode() {}

  /** True for codes that a Close frame may carry: registered ones, and 3000 to 4999. */
  public static boolean isValidOnWire(int code) {
    if (code >= 3000) {
      return code <= 4999;
    }
    return (code >= NORMAL && code <= UNSUPPORTED_DATA)
        || (code >= INVALID_PAYLOAD && code <= REGISTERED_MAX);
  }

  /**
   * Checks a received Close frame's payload (nothing, or a code and a reason in UTF-8).
   *
   * @return the code, {@link #NO_STATUS} when empty; the reason is what follows the first two bytes
   */
  public static int read(byte[] payload) throws WebSocketException {
    if (payload.length == 0) {
      return NO_STATUS;
    }
    if (payload.length == 1) {
      throw new WebSocketException(
          PROTOCOL_ERROR, "Close payload: expected 0 or at least 2 bytes, found 1");
    }
    int code = (payload[0] & 0xff) << 8 | (payload[1] & 0xff);
    if (!isValidOnWire(code)) {
      throw new WebSocketException(
          PROTOCOL_ERROR, "Close payload: expected a code for the wire, found " + code);
    }
    int state = Utf8Validator.START;
    for (int i = 2; i < payload.length; i++) {
      state = Utf8Validator.next(state, payload[i]);
    }
    if (state != Utf8Validator.START) {
      throw new WebSocketException(INVALID_PAYLOAD, "Close payload: reason is not UTF-8");
    }
    return code;
  }
}

package dev.whippet.internal.websocket;

/**
 * UTF-8 (RFC 3629), checked one byte at a time, failing at the first byte that no valid text could
 * have there: overlong forms, surrogates and code points above U+10FFFF are found at their second
 * byte. The state is one int, so that a connection needs no object for it:
 *
 * <pre>
 *   START     between code points: text may end here
 *   INVALID   a wrong byte was seen; stays so
 *   others    inside a code point:
 *             bits 16..17  bytes that must follow (1 to 3)
 *             bits  8..15  lowest value the next byte may have
 *             bits  0..7   highest value the next byte may have
 * </pre>
 */
public final class Utf8Validator {
  public static final int START = 0;
  public static final int INVALID = -1;

  private static final int TAIL = 0x80BF;
  private static final int ONE_MORE = 1 << 16;

  private Utf8Validator() {}

  /** The state after {@code b}. */
  public static int next(int state, byte b) {
    int value = b & 0xff;
    if (state == START) {
      return value < 0x80 ? START : lead(value);
    }
    if (state == INVALID || value < (state >> 8 & 0xff) || value > (state & 0xff)) {
      return INVALID;
    }
    int missing = (state >> 16) - 1;
    return missing == 0 ? START : missing * ONE_MORE | TAIL;
  }

  private static int lead(int value) {
    if (value < 0xC2) {
      return INVALID; // A tail byte, or an overlong form of ASCII.
    }
    if (value < 0xE0) {
      return ONE_MORE | TAIL;
    }
    if (value < 0xF0) {
      int range = value == 0xE0 ? 0xA0BF : value == 0xED ? 0x809F : TAIL;
      return 2 * ONE_MORE | range;
    }
    if (value <= 0xF4) {
      int range = value == 0xF0 ? 0x90BF : value == 0xF4 ? 0x808F : TAIL;
      return 3 * ONE_MORE | range;
    }
    return INVALID;
  }
}

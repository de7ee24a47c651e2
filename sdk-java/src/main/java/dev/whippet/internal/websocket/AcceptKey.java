package dev.whippet.internal.websocket;

import okio.ByteString;

/** Sec-WebSocket-Key and its answer, Sec-WebSocket-Accept (RFC 6455 4.2.2, point 4 of 5). */
public final class AcceptKey {
  private static final String GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

  /** 16 bytes in Base64: 22 digits, two signs of padding. */
  private static final int KEY_CHARS = 24;

  private AcceptKey() {}

  /** The answer to {@code key}: SHA-1 of key and GUID, in Base64. */
  public static String of(String key) {
    return ByteString.encodeUtf8(key + GUID).sha1().base64();
  }

  /** True when {@code key} is 16 bytes in Base64 with its padding and nothing around it. */
  public static boolean isKey(String key) {
    if (key.length() != KEY_CHARS || !key.endsWith("==")) {
      return false;
    }
    for (int i = 0; i < KEY_CHARS - 2; i++) {
      if (!isDigit(key.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isDigit(char c) {
    return (c >= 'A' && c <= 'Z')
        || (c >= 'a' && c <= 'z')
        || (c >= '0' && c <= '9')
        || c == '+'
        || c == '/';
  }
}

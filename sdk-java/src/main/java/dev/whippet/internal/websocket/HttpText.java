package dev.whippet.internal.websocket;

/** Words of HTTP (RFC 9110 5.6). */
public final class HttpText {
  private static final String TOKEN_SIGNS = "!#$%&'*+-.^_`|~";

  private HttpText() {}

  /** True for one or more token characters. */
  public static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isTokenChar(text.charAt(i))) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  static boolean isTokenChar(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || TOKEN_SIGNS.indexOf(c) >= 0;
  }
}

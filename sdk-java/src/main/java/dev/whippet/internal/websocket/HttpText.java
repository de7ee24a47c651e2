package dev.whippet.internal.websocket;

/** Words of HTTP (RFC 9110 5.6). */
final class HttpText {
  private static final String TOKEN_SIGNS = "!#$%&'*+-.^_`|~";

  private HttpText() {}

  /** True for one or more token characters. */
  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean alphanumeric =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
      if (!alphanumeric && TOKEN_SIGNS.indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }
}

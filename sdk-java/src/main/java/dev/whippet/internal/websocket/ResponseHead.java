package dev.whippet.internal.websocket;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Status line and headers of an HTTP/1.1 answer, read strictly (RFC 9112 4, 5): no folded lines, no
 * blank before a colon, no line that ends with a line feed alone.
 */
final class ResponseHead {
  private final int status;
  private final String statusLine;
  private final List<String> names = new ArrayList<>();
  private final List<String> values = new ArrayList<>();

  private ResponseHead(int status, String statusLine) {
    this.status = status;
    this.statusLine = statusLine;
  }

  /**
   * @param head all lines without the last two line ends
   */
  static ResponseHead parse(String head) throws HandshakeException {
    String[] lines = head.split("\r\n", -1);
    ResponseHead response = new ResponseHead(parseStatus(lines[0]), lines[0]);
    for (int i = 1; i < lines.length; i++) {
      response.add(lines[i]);
    }
    return response;
  }

  /** {@code HTTP/1.x SP 3 digits}, then the end or a blank and words; a 101 is of HTTP/1.1. */
  private static int parseStatus(String line) throws HandshakeException {
    boolean http11 = line.startsWith("HTTP/1.1 ");
    boolean framed =
        (http11 || line.startsWith("HTTP/1.0 ")) && (line.length() == 12 || charIs(line, 12, ' '));
    int status = 0;
    for (int i = 9; framed && i < 12; i++) {
      int digit = line.charAt(i) - '0';
      framed = digit >= 0 && digit <= 9;
      status = 10 * status + digit;
    }
    if (!framed || status < 100 || (status < 200 && !http11) || !isText(line)) {
      throw new HandshakeException(0, "answer: expected a status line, found another first line");
    }
    return status;
  }

  private static boolean charIs(String line, int index, char c) {
    return line.length() > index && line.charAt(index) == c;
  }

  private void add(String line) throws HandshakeException {
    int colon = line.indexOf(':');
    if (colon < 0 || !HttpText.isToken(line.substring(0, colon)) || !isText(line)) {
      throw refusal("header line " + (names.size() + 1) + " is malformed");
    }
    names.add(line.substring(0, colon).toLowerCase(Locale.US));
    values.add(trim(line.substring(colon + 1)));
  }

  /** No control character but the tab. */
  private static boolean isText(String line) {
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        return false;
      }
    }
    return true;
  }

  /** Without blanks and tabs around it. */
  private static String trim(String text) {
    int from = 0;
    int to = text.length();
    while (from < to && isBlank(text.charAt(from))) {
      from++;
    }
    while (to > from && isBlank(text.charAt(to - 1))) {
      to--;
    }
    return text.substring(from, to);
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }

  int status() {
    return status;
  }

  /** True for 1xx but 101: the real answer follows (RFC 9110 15.2). */
  boolean isInterim() {
    return status < 200 && status != 101;
  }

  boolean has(String name) {
    return names.contains(name);
  }

  /** The value of a header that stands there once; null when it does not, or more often. */
  String one(String name) {
    int index = names.indexOf(name);
    return index < 0 || index != names.lastIndexOf(name) ? null : values.get(index);
  }

  /** The values of all headers of that name. */
  List<String> all(String name) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equals(name)) {
        all.add(values.get(i));
      }
    }
    return all;
  }

  /** Looks for a word, in any case, in the comma-separated lists of all such headers. */
  boolean hasToken(String name, String token) {
    for (int i = 0; i < names.size(); i++) {
      if (names.get(i).equals(name)) {
        for (String element : values.get(i).split(",")) {
          if (trim(element).equalsIgnoreCase(token)) {
            return true;
          }
        }
      }
    }
    return false;
  }

  HandshakeException refusal(String expected) {
    return new HandshakeException(status, expected + ", found: " + statusLine, one("retry-after"));
  }
}

package dev.whippet.internal.websocket;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * One element of a Sec-WebSocket-Extensions header (RFC 6455 9.1): a name and its parameters, in
 * the order in which they stand there.
 *
 * <pre>
 *   permessage-deflate; client_max_window_bits; server_max_window_bits="10", x-other
 *   name                parameter, no value     parameter, value 10          name
 * </pre>
 *
 * <p>Read strictly: what is not in the grammar fails the handshake. Empty elements of the list are
 * skipped (RFC 9110 5.6.1). Limits: those of the head the header stands in.
 */
final class Extension {
  private final String name;
  private final List<String> parameters = new ArrayList<>();
  private final List<String> values = new ArrayList<>();

  private Extension(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /** Names of the parameters. */
  List<String> parameters() {
    return Collections.unmodifiableList(parameters);
  }

  /** The value of a parameter, by its place; null if it has none. */
  String value(int index) {
    return values.get(index);
  }

  /** All elements of all such headers. */
  static List<Extension> parse(List<String> headers) throws WebSocketException {
    List<Extension> extensions = new ArrayList<>();
    for (String header : headers) {
      Scanner in = new Scanner(header);
      while (!in.atEnd()) {
        if (!in.takes(',')) {
          extensions.add(parse(in));
          if (!in.atEnd() && !in.takes(',')) {
            throw in.malformed();
          }
        }
      }
    }
    return extensions;
  }

  private static Extension parse(Scanner in) throws WebSocketException {
    Extension extension = new Extension(in.token());
    while (in.takes(';')) {
      extension.parameters.add(in.token());
      extension.values.add(in.takes('=') ? in.value() : null);
    }
    return extension;
  }

  /** A position in one header's value. */
  private static final class Scanner {
    private final String text;
    private int at;

    Scanner(String text) {
      this.text = text;
    }

    boolean atEnd() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
        at++;
      }
      return at == text.length();
    }

    boolean takes(char c) {
      boolean there = !atEnd() && text.charAt(at) == c;
      at += there ? 1 : 0;
      return there;
    }

    String token() throws WebSocketException {
      atEnd(); // skips blanks
      int from = at;
      while (at < text.length() && HttpText.isTokenChar(text.charAt(at))) {
        at++;
      }
      if (at == from) {
        throw malformed();
      }
      return text.substring(from, at);
    }

    /** A token, or one in quotes. */
    String value() throws WebSocketException {
      if (!takes('"')) {
        return token();
      }
      StringBuilder value = new StringBuilder();
      while (at < text.length() && text.charAt(at) != '"') {
        if (text.charAt(at) == '\\') {
          at++;
        }
        if (at < text.length()) {
          value.append(text.charAt(at++));
        }
      }
      if (at++ >= text.length() || !HttpText.isToken(value.toString())) {
        throw malformed();
      }
      return value.toString();
    }

    WebSocketException malformed() {
      return new WebSocketException(
          CloseCode.PROTOCOL_ERROR,
          "Sec-WebSocket-Extensions: expected names and parameters, found another sign at "
              + Math.min(at, text.length()));
    }
  }
}

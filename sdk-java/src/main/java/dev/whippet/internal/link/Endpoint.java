package dev.whippet.internal.link;

/**
 * Where the server is, read from a URL: {@code ws://host[:port][/path]} or {@code
 * tcp://host[:port]}, and with TLS {@code wss://} or {@code tls://}. Immutable.
 */
public final class Endpoint {
  /** Default ports of iggy-classic.md 1 and 2. */
  private static final int TCP_PORT = 8090;

  private static final int WEB_SOCKET_PORT = 8092;

  private final boolean webSocket;
  private final boolean secure;
  private final String host;
  private final int port;
  private final String path;

  private Endpoint(boolean webSocket, boolean secure, String host, int port, String path) {
    this.webSocket = webSocket;
    this.secure = secure;
    this.host = host;
    this.port = port;
    this.path = path;
  }

  /** Reads a URL; an IllegalArgumentException says what is wrong with it. */
  public static Endpoint parse(String url) {
    int colon = url.indexOf("://");
    String scheme = colon < 0 ? "" : url.substring(0, colon);
    boolean webSocket = scheme.equals("ws") || scheme.equals("wss");
    boolean secure = scheme.equals("wss") || scheme.equals("tls");
    if (!webSocket && !secure && !scheme.equals("tcp")) {
      // What is no URL may be anything: it is not repeated.
      throw new IllegalArgumentException(
          "url: expected ws://host:port/path, tcp://host:port, or wss://, tls:// with TLS");
    }
    int slash = url.indexOf('/', colon + 3);
    String authority = slash < 0 ? url.substring(colon + 3) : url.substring(colon + 3, slash);
    String path = slash < 0 ? "/" : url.substring(slash);
    if (authority.indexOf('@') >= 0) {
      // The URL is not repeated: it may hold a password.
      throw new IllegalArgumentException("url: user information belongs into credentials");
    }
    if (!webSocket && path.length() > 1) {
      throw new IllegalArgumentException("url " + url + ": a " + scheme + " url has no path");
    }
    int bracket = authority.lastIndexOf(']');
    int portColon = authority.indexOf(':', Math.max(bracket, 0));
    String host = portColon < 0 ? authority : authority.substring(0, portColon);
    if (host.isEmpty() || (host.charAt(0) == '[') != (bracket > 0)) {
      throw new IllegalArgumentException("url " + url + ": no host");
    }
    if (bracket > 0) {
      host = host.substring(1, bracket);
    }
    int port = webSocket ? WEB_SOCKET_PORT : TCP_PORT;
    if (portColon >= 0) {
      port = port(url, authority.substring(portColon + 1));
    }
    return new Endpoint(webSocket, secure, host, port, path);
  }

  private static int port(String url, String text) {
    int port;
    try {
      port = Integer.parseInt(text);
    } catch (NumberFormatException e) {
      port = -1;
    }
    if (port < 1 || port > 65_535) {
      throw new IllegalArgumentException("url " + url + ": port " + text + " is not 1 to 65535");
    }
    return port;
  }

  boolean isWebSocket() {
    return webSocket;
  }

  public boolean isSecure() {
    return secure;
  }

  /** A name or an address, without brackets. */
  public String host() {
    return host;
  }

  public int port() {
    return port;
  }

  /** Path and query; "/" for tcp. */
  String path() {
    return path;
  }

  @Override
  public String toString() {
    String shown = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    String scheme = webSocket ? (secure ? "wss://" : "ws://") : secure ? "tls://" : "tcp://";
    return scheme + shown + ":" + port + (webSocket ? path : "");
  }
}

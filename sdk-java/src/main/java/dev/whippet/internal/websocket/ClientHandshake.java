package dev.whippet.internal.websocket;

import java.io.EOFException;
import java.nio.charset.Charset;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import okio.Buffer;
import okio.ByteString;

/**
 * The client's opening handshake (RFC 6455 4.1): one request, one answer.
 *
 * <pre>
 *   writeRequest   GET {path} HTTP/1.1, Host, Upgrade, Connection, Sec-WebSocket-Key,
 *                  Sec-WebSocket-Version: 13, then the caller's headers
 *                  Sec-WebSocket-Protocol and -Extensions when there is something to offer
 *   read ...       false until the answer's head is complete; true when it is a 101 that proves
 *                  knowledge of the key; any other answer is a {@link HandshakeException}
 * </pre>
 *
 * <p>An answer that selects an extension or a sub-protocol that was not offered is refused; one
 * that selects none is fine. Redirects are not followed. Interim answers (100, 103) are skipped.
 * All heads together hold at most {@link #HEAD_BYTES_MAX} bytes. What follows the head stays in the
 * buffer: it is the first frame.
 */
public final class ClientHandshake {
  /** The whole answer up to the first frame. */
  public static final int HEAD_BYTES_MAX = 8 << 10;

  /** Headers that belong to the handshake itself, in lower case. */
  private static final Set<String> OWN_HEADERS =
      new HashSet<>(
          Arrays.asList(
              "host",
              "upgrade",
              "connection",
              "content-length",
              "transfer-encoding",
              "sec-websocket-key",
              "sec-websocket-version",
              "sec-websocket-accept",
              "sec-websocket-extensions",
              "sec-websocket-protocol"));

  private static final ByteString HEAD_END = ByteString.encodeUtf8("\r\n\r\n");
  private static final String HTTP = "HTTP/1.";
  private static final String PROTOCOL = "sec-websocket-protocol";
  private static final String EXTENSIONS = "sec-websocket-extensions";
  private static final Charset ISO_8859_1 = Charset.forName("ISO-8859-1");

  private final String authority;
  private final String path;
  private final Map<String, String> headers;
  private final String key;
  private final List<String> subProtocols;
  private final boolean offersDeflate;

  private int bytesRead;
  private long scanned;
  private String subProtocol;
  private DeflateParameters deflate;

  /**
   * @param host name or address; an IPv6 address with or without brackets
   * @param port -1 when it is the default one of the scheme and need not be named
   * @param path path and query, beginning with a slash, already encoded
   * @param headers more headers, such as Authorization; not those of the handshake itself
   */
  public ClientHandshake(
      String host, int port, String path, Map<String, String> headers, SecureRandom random) {
    this(host, port, path, new WebSocketOptions(headers), random);
  }

  /**
   * @param host name or address; an IPv6 address with or without brackets
   * @param port -1 when it is the default one of the scheme and need not be named
   * @param path path and query, beginning with a slash, already encoded
   */
  public ClientHandshake(
      String host, int port, String path, WebSocketOptions options, SecureRandom random) {
    Map<String, String> headers = options.headers();
    if (port < -1 || port == 0 || port > 65535) {
      throw new IllegalArgumentException("port: " + port);
    }
    if (host.isEmpty() || !isVisible(host, false)) {
      throw new IllegalArgumentException("host: " + host);
    }
    if (!path.startsWith("/") || path.indexOf('#') >= 0 || !isVisible(path, false)) {
      throw new IllegalArgumentException("path: " + path);
    }
    for (Map.Entry<String, String> header : headers.entrySet()) {
      checkHeader(header.getKey(), header.getValue());
    }
    boolean bareIpv6 = host.indexOf(':') >= 0 && !host.startsWith("[");
    this.authority = (bareIpv6 ? "[" + host + "]" : host) + (port < 0 ? "" : ":" + port);
    this.path = path;
    this.headers = new LinkedHashMap<>(headers);
    this.subProtocols = options.subProtocols();
    this.offersDeflate = options.compression();
    byte[] nonce = new byte[16];
    random.nextBytes(nonce);
    this.key = ByteString.of(nonce).base64();
  }

  /** Throws unless a caller may add this header. */
  public static void checkHeader(String name, String value) {
    if (!HttpText.isToken(name) || OWN_HEADERS.contains(name.toLowerCase(Locale.US))) {
      throw new IllegalArgumentException("header name: " + name);
    }
    if (!isVisible(value, true)) {
      throw new IllegalArgumentException("value of header " + name + ": not visible ASCII");
    }
  }

  /** True when nothing in it could end a line or a word: bytes 0x21 to 0x7e, maybe blanks. */
  private static boolean isVisible(String text, boolean blanks) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if ((c <= ' ' && !(blanks && (c == ' ' || c == '\t'))) || c > '~') {
        return false;
      }
    }
    return true;
  }

  /** Appends the request. */
  public void writeRequest(Buffer out) {
    line(out, "GET " + path + " HTTP/1.1");
    line(out, "Host: " + authority);
    line(out, "Upgrade: websocket");
    line(out, "Connection: Upgrade");
    line(out, "Sec-WebSocket-Key: " + key);
    line(out, "Sec-WebSocket-Version: 13");
    if (!subProtocols.isEmpty()) {
      StringBuilder list = new StringBuilder("Sec-WebSocket-Protocol: ");
      for (String name : subProtocols) {
        list.append(name == subProtocols.get(0) ? "" : ", ").append(name);
      }
      line(out, list.toString());
    }
    if (offersDeflate) {
      line(out, "Sec-WebSocket-Extensions: " + DeflateParameters.OFFER);
    }
    for (Map.Entry<String, String> header : headers.entrySet()) {
      line(out, header.getKey() + ": " + header.getValue());
    }
    line(out, "");
  }

  private static void line(Buffer out, String text) {
    out.writeUtf8(text).writeUtf8("\r\n");
  }

  /**
   * Consumes the answer from {@code in} once it is complete; before that, leaves it there, to be
   * called again with more in the same buffer.
   *
   * @return true when the connection is a WebSocket
   * @throws HandshakeException when it will never be one
   */
  public boolean read(Buffer in) throws HandshakeException {
    while (true) {
      long bytesLeft = HEAD_BYTES_MAX - bytesRead;
      checkStart(in);
      long end = in.size() == 0 ? -1 : indexOfHeadEnd(in);
      if (end < 0 ? in.size() >= bytesLeft : end + HEAD_END.size() > bytesLeft) {
        throw new HandshakeException(0, "answer: head longer than " + HEAD_BYTES_MAX + " bytes");
      }
      if (end < 0) {
        return false;
      }
      String head = take(in, end);
      bytesRead += (int) end + HEAD_END.size();
      scanned = 0;
      ResponseHead response = ResponseHead.parse(head);
      if (!response.isInterim()) {
        check(response);
        return true;
      }
    }
  }

  /** Fails at the first byte that is not HTTP, so that a server of another kind is told at once. */
  private static void checkStart(Buffer in) throws HandshakeException {
    int length = (int) Math.min(in.size(), HTTP.length());
    for (int i = 0; i < length; i++) {
      if (in.getByte(i) != HTTP.charAt(i)) {
        throw new HandshakeException(0, "answer: expected HTTP/1.1, found something else");
      }
    }
  }

  /** Looks at each byte once, however the answer was split. */
  private long indexOfHeadEnd(Buffer in) {
    long from = Math.max(0, scanned - HEAD_END.size() + 1);
    scanned = in.size();
    for (long i = from; i + HEAD_END.size() <= scanned && i < HEAD_BYTES_MAX; i++) {
      if (in.getByte(i) == '\r' && in.rangeEquals(i, HEAD_END)) {
        return i;
      }
    }
    return -1;
  }

  private static String take(Buffer in, long end) {
    try {
      String head = in.readString(end, ISO_8859_1);
      in.skip(HEAD_END.size());
      return head;
    } catch (EOFException e) {
      throw new AssertionError(e); // The bytes are there.
    }
  }

  private void check(ResponseHead response) throws HandshakeException {
    if (response.status() != 101) {
      throw response.refusal("expected HTTP 101");
    }
    if (!"websocket".equalsIgnoreCase(response.one("upgrade"))) {
      throw response.refusal("expected Upgrade: websocket");
    }
    if (!response.hasToken("connection", "upgrade")) {
      throw response.refusal("expected Connection: Upgrade");
    }
    if (!AcceptKey.of(key).equals(response.one("sec-websocket-accept"))) {
      throw response.refusal("Sec-WebSocket-Accept is not the answer to our key");
    }
    selectedProtocol(response);
    selectedExtensions(response);
  }

  private void selectedProtocol(ResponseHead response) throws HandshakeException {
    if (response.has(PROTOCOL)) {
      subProtocol = response.one(PROTOCOL);
      if (!subProtocols.contains(subProtocol)) {
        throw response.refusal("a sub-protocol was selected that was not offered");
      }
    }
  }

  private void selectedExtensions(ResponseHead response) throws HandshakeException {
    try {
      List<String> selected = response.all(EXTENSIONS);
      deflate = DeflateParameters.agreed(selected);
    } catch (WebSocketException e) {
      throw response.refusal(e.getMessage());
    }
    if (deflate != null && !offersDeflate) {
      throw response.refusal("an extension was selected that was not offered");
    }
  }

  /** The sub-protocol that the server selected; null if none. After {@link #read}. */
  public String subProtocol() {
    return subProtocol;
  }

  /** How messages may be compressed; null if not at all. After {@link #read}. */
  public DeflateParameters deflate() {
    return deflate;
  }
}

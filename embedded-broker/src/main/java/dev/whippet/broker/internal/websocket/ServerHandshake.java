package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.AcceptKey;
import dev.whippet.internal.websocket.DeflateParameters;
import dev.whippet.internal.websocket.HttpText;
import dev.whippet.internal.websocket.WebSocketException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Predicate;

/**
 * The server's opening handshake (RFC 6455 4.2): one request head of at most {@link
 * #HEAD_BYTES_MAX} bytes, one answer. Any path is fine (iggy-classic.md section 2); {@link
 * HandshakeRules} say which origins are, and which offers are taken up.
 *
 * <pre>
 *   read(in) -> null            the head is not complete
 *   read(in) -> Answer 101      send it; what is left in `in` is the first frame's
 *   read(in) -> Answer 4xx/505  send it, then end the connection
 * </pre>
 *
 * <table>
 *   <caption>Refusals, in the order in which they are looked for</caption>
 *   <tr><td>431</td><td>a head above 8 KiB</td></tr>
 *   <tr><td>400</td><td>a head that is not HTTP/1.1, at the byte where it shows</td></tr>
 *   <tr><td>505</td><td>another version of HTTP</td></tr>
 *   <tr><td>405</td><td>another method than GET</td></tr>
 *   <tr><td>400</td><td>a target that is no path, not one Host, a body</td></tr>
 *   <tr><td>426</td><td>no Upgrade to websocket, or another Sec-WebSocket-Version than 13</td></tr>
 *   <tr><td>400</td><td>no Connection: Upgrade, not one good Sec-WebSocket-Key, offers that are
 *       not in the grammar, two Origins</td></tr>
 *   <tr><td>403</td><td>a page of another origin</td></tr>
 * </table>
 *
 * <p>Owner: the connection's loop, which also bounds the time. Holds what came of the head in plain
 * heap memory, so there is nothing to release when the connection ends halfway.
 */
public final class ServerHandshake {
  /** Request line and headers together. */
  public static final int HEAD_BYTES_MAX = 8 << 10;

  private static final String PROTOCOL = "websocket";
  private static final String VERSION = "13";

  /**
   * What to send.
   *
   * @param status 101, or the status of the refusal, for logs and counters; 0 for another request
   * @param response the whole answer; the receiver releases it
   * @param opening what was agreed on; {@code null} for a refusal
   */
  public record Answer(int status, ByteBuf response, Opening opening) {
    /** True when the connection is a WebSocket from here on. */
    public boolean accepted() {
      return status == 101;
    }

    /** True when a WebSocket is not what was asked for; the head as it came is the response. */
    public boolean isHttp() {
      return status == 0;
    }
  }

  private final RequestHead head = new RequestHead(HEAD_BYTES_MAX);
  private final HandshakeRules rules;
  private final Predicate<DeflateParameters> affordable;
  private final boolean orHttp;

  /** With {@link HandshakeRules#DEFAULT}. */
  public ServerHandshake() {
    this(HandshakeRules.DEFAULT, parameters -> true, false);
  }

  /** For a port of WebSockets only; {@code affordable} as below. */
  public ServerHandshake(HandshakeRules rules, Predicate<DeflateParameters> affordable) {
    this(rules, affordable, false);
  }

  /**
   * @param affordable asked before an offer of compression is taken up: whether there is memory
   * @param orHttp whether a request without {@code Upgrade: websocket} is one for somebody else
   */
  public ServerHandshake(
      HandshakeRules rules, Predicate<DeflateParameters> affordable, boolean orHttp) {
    this.rules = rules;
    this.affordable = affordable;
    this.orHttp = orHttp;
  }

  /**
   * Takes bytes of the request up to the end of its head; of a refused one, all.
   *
   * @return the answer, or null while more bytes are needed; after an answer no more calls
   */
  public Answer read(ByteBuf in, ByteBufAllocator alloc) {
    try {
      if (!head.collect(in)) {
        return null;
      }
      HttpRequest request = head.decode();
      boolean other =
          orHttp && !request.headers().containsValue(HttpHeaderNames.UPGRADE, PROTOCOL, true);
      return other ? new Answer(0, head.bytes(), null) : accept(request, alloc);
    } catch (HandshakeRefusal refusal) {
      in.skipBytes(in.readableBytes());
      return refuse(refusal, alloc);
    }
  }

  private Answer accept(HttpRequest request, ByteBufAllocator alloc) throws HandshakeRefusal {
    checkRequest(request);
    checkUpgrade(request.headers());
    String key = one(request.headers(), HttpHeaderNames.SEC_WEBSOCKET_KEY.toString());
    if (!AcceptKey.isKey(key)) {
      throw new HandshakeRefusal(400, "Sec-WebSocket-Key is 16 bytes in Base64.");
    }
    checkOrigin(request.headers());
    String protocol = protocol(request.headers());
    DeflateParameters deflate = deflate(request.headers());
    String answer =
        "HTTP/1.1 101 Switching Protocols\r\n"
            + "Upgrade: websocket\r\n"
            + "Connection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: "
            + AcceptKey.of(key)
            + (protocol == null ? "" : "\r\nSec-WebSocket-Protocol: " + protocol)
            + (deflate == null ? "" : "\r\nSec-WebSocket-Extensions: " + deflate.answer())
            + "\r\n\r\n";
    return new Answer(101, ascii(answer, alloc), new Opening(request.uri(), protocol, deflate));
  }

  private void checkOrigin(HttpHeaders headers) throws HandshakeRefusal {
    if (!headers.contains(HttpHeaderNames.ORIGIN)) {
      return;
    }
    String host = headers.get(HttpHeaderNames.HOST);
    if (!rules.origins().allow(one(headers, HttpHeaderNames.ORIGIN.toString()), host)) {
      throw new HandshakeRefusal(
          403, "Pages of this Origin may not connect: allow-origin in the broker's settings.");
    }
  }

  /** The first of the client's that is one of ours; {@code null} if none is. */
  private String protocol(HttpHeaders headers) throws HandshakeRefusal {
    String selected = null;
    for (String header : headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL)) {
      for (String element : header.split(",", -1)) {
        String name = element.strip();
        if (!name.isEmpty() && !HttpText.isToken(name)) {
          throw new HandshakeRefusal(400, "Sec-WebSocket-Protocol is a list of names.");
        }
        if (selected == null && rules.subProtocols().contains(name)) {
          selected = name;
        }
      }
    }
    return selected;
  }

  private DeflateParameters deflate(HttpHeaders headers) throws HandshakeRefusal {
    DeflateParameters offer;
    try {
      offer = DeflateParameters.accept(headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_EXTENSIONS));
    } catch (WebSocketException e) {
      throw new HandshakeRefusal(400, "Sec-WebSocket-Extensions is a list of extensions.");
    }
    return offer != null && rules.compression() && affordable.test(offer) ? offer : null;
  }

  private static void checkRequest(HttpRequest request) throws HandshakeRefusal {
    if (!HttpVersion.HTTP_1_1.equals(request.protocolVersion())) {
      throw new HandshakeRefusal(505, "This port speaks HTTP/1.1.");
    }
    if (!HttpMethod.GET.equals(request.method())) {
      throw new HandshakeRefusal(405, "A WebSocket is opened with GET.");
    }
    String target = request.uri();
    if (!target.startsWith("/") && !target.contains("://") || target.indexOf('#') >= 0) {
      throw new HandshakeRefusal(400, "The request's target is a path.");
    }
    if (one(request.headers(), HttpHeaderNames.HOST.toString()).isEmpty()) {
      throw new HandshakeRefusal(400, "Host is empty.");
    }
    List<String> lengths = request.headers().getAll(HttpHeaderNames.CONTENT_LENGTH);
    if (request.headers().contains(HttpHeaderNames.TRANSFER_ENCODING)
        || !lengths.isEmpty() && !lengths.equals(List.of("0"))) {
      throw new HandshakeRefusal(400, "A WebSocket is opened without a body.");
    }
  }

  private static void checkUpgrade(HttpHeaders headers) throws HandshakeRefusal {
    if (!headers.containsValue(HttpHeaderNames.UPGRADE, PROTOCOL, true)) {
      throw new HandshakeRefusal(
          426, "This port speaks WebSocket: the request needs Upgrade: websocket.");
    }
    if (!headers.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderNames.UPGRADE, true)) {
      throw new HandshakeRefusal(400, "The request needs Connection: Upgrade.");
    }
    if (!headers.getAll(HttpHeaderNames.SEC_WEBSOCKET_VERSION).equals(List.of(VERSION))) {
      throw new HandshakeRefusal(426, "This port speaks WebSocket version 13 (RFC 6455).");
    }
  }

  private static String one(HttpHeaders headers, String name) throws HandshakeRefusal {
    List<String> values = headers.getAll(name);
    if (values.size() != 1) {
      throw new HandshakeRefusal(
          400, "The request needs " + name + " once, it has " + values.size() + ".");
    }
    return values.get(0);
  }

  private static Answer refuse(HandshakeRefusal refusal, ByteBufAllocator alloc) {
    String body = refusal.getMessage() + "\n";
    String answer =
        "HTTP/1.1 "
            + HttpResponseStatus.valueOf(refusal.status())
            + "\r\n"
            + moreHeaders(refusal.status())
            + "Content-Type: text/plain; charset=utf-8\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    return new Answer(refusal.status(), ascii(answer, alloc), null);
  }

  private static String moreHeaders(int status) {
    return switch (status) {
      case 405 -> "Connection: close\r\nAllow: GET\r\n";
      case 426 ->
          "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
      default -> "Connection: close\r\n";
    };
  }

  private static ByteBuf ascii(String text, ByteBufAllocator alloc) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return alloc.ioBuffer(bytes.length).writeBytes(bytes);
  }
}

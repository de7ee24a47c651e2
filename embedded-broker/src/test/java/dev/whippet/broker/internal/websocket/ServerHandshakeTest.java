package dev.whippet.broker.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.Splits;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServerHandshakeTest {
  private static final String KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  private static final String VERSION = "Sec-WebSocket-Version: 13\r\n";
  private static final String HOST = "Host: server.example.com\r\n";
  private static final String UPGRADE = "Upgrade: websocket\r\n";
  private static final String CONNECTION = "Connection: Upgrade\r\n";
  private static final String LINE = "GET /chat HTTP/1.1\r\n";
  private static final String REST = HOST + UPGRADE + CONNECTION + KEY + VERSION + "\r\n";
  private static final String GOOD = LINE + REST;

  @Test
  void answersTheExampleOfTheRfc() {
    // RFC 6455 1.2
    String request =
        LINE
            + HOST
            + UPGRADE
            + CONNECTION
            + KEY
            + "Origin: http://example.com\r\nSec-WebSocket-Protocol: chat, superchat\r\n"
            + VERSION
            + "\r\n";

    HandshakeRules rules =
        new HandshakeRules(Origins.of(List.of("http://example.com")), List.of("chat"), false);

    assertThat(answer(rules, request))
        .isEqualTo(
            "HTTP/1.1 101 Switching Protocols\r\n"
                + "Upgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
                + "Sec-WebSocket-Protocol: chat\r\n"
                + "\r\n");
  }

  @Test
  void tellsThePathAndTheSubProtocol() {
    HandshakeRules rules = new HandshakeRules(Origins.SAME_HOST, List.of("a", "b"), false);
    String request = "GET /x/y?z=1 HTTP/1.1\r\nSec-WebSocket-Protocol: c, b,, a\r\n" + REST;

    ServerHandshake.Answer answer = read(rules, request);

    assertThat(answer.opening()).isEqualTo(new Opening("/x/y?z=1", "b", null));
    assertThat(text(answer)).contains("\r\nSec-WebSocket-Protocol: b\r\n");
    assertThat(answer(rules, LINE + "Sec-WebSocket-Protocol: c\r\n" + REST))
        .startsWith("HTTP/1.1 101 ")
        .doesNotContain("Sec-WebSocket-Protocol");
    assertThat(answer(rules, LINE + "Sec-WebSocket-Protocol: a b\r\n" + REST))
        .startsWith("HTTP/1.1 400 ");
  }

  @Test
  void takesUpCompressionWhenItMayAndCanAffordIt() {
    HandshakeRules rules = new HandshakeRules(Origins.SAME_HOST, List.of(), true);
    String request =
        LINE
            + "Sec-WebSocket-Extensions: x, permessage-deflate; server_max_window_bits=9\r\n"
            + REST;

    assertThat(answer(rules, request))
        .contains("\r\nSec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n");
    assertThat(answer(request)).doesNotContain("Sec-WebSocket-Extensions");
    ServerHandshake poor = new ServerHandshake(rules, parameters -> false);
    assertThat(text(poor.read(in(request), PooledByteBufAllocator.DEFAULT)))
        .startsWith("HTTP/1.1 101 ")
        .doesNotContain("Sec-WebSocket-Extensions");
    assertThat(answer(rules, LINE + "Sec-WebSocket-Extensions: a; \"b\r\n" + REST))
        .startsWith("HTTP/1.1 400 ");
  }

  @ParameterizedTest
  @CsvSource({
    "http://server.example.com, 101",
    "https://SERVER.example.com:8443, 101",
    "https://app.example, 101",
    "https://APP.example:443, 101",
    "http://page.example:8080, 101",
    "http://app.example, 403",
    "http://page.example, 403",
    "https://app.example:444, 403",
    "http://server.example.com.evil.example, 403",
    "http://evilserver.example.com, 403",
    "null, 403",
    "server.example.com, 403",
    "'', 403"
  })
  void letsPagesInThatAreAllowed(String origin, int status) {
    HandshakeRules rules =
        new HandshakeRules(
            Origins.of(List.of("https://app.example", "http://page.example:8080")),
            List.of(),
            false);

    assertThat(answer(rules, LINE + "Origin: " + origin + "\r\n" + REST))
        .startsWith("HTTP/1.1 " + status + " ");
  }

  @Test
  void anyPageIsLetInOnlyWhenThatIsSaid() {
    HandshakeRules any = new HandshakeRules(Origins.of(List.of("*")), List.of(), false);
    HandshakeRules files = new HandshakeRules(Origins.of(List.of("null")), List.of(), false);

    assertThat(answer(any, LINE + "Origin: http://x\r\n" + REST)).startsWith("HTTP/1.1 101 ");
    assertThat(answer(files, LINE + "Origin: null\r\n" + REST)).startsWith("HTTP/1.1 101 ");
    assertThat(answer(LINE + "Origin: http://x\r\n" + REST)).startsWith("HTTP/1.1 403 ");
    assertThat(answer(LINE + "Origin: http://x\r\nOrigin: http://x\r\n" + REST))
        .startsWith("HTTP/1.1 400 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"app.example", "https://", "https://a/", "https://a/b", "https://a b", ""})
  void anOriginIsASchemeAndAHost(String origin) {
    assertThatThrownBy(() -> Origins.of(List.of(origin)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("origin: " + origin + ", not scheme://host");
  }

  @Test
  void everySplitHasTheSameAnswerAndLeavesTheFirstFrame() {
    long seed = Long.getLong("whippet.seed", 6);
    byte[] request = (GOOD + "frame").getBytes(StandardCharsets.US_ASCII);
    String expected = answer(GOOD);
    for (List<byte[]> pieces : Splits.of(request, new Random(seed))) {
      ServerHandshake handshake = new ServerHandshake();
      ServerHandshake.Answer answer = null;
      ByteBuf left = Unpooled.buffer();
      for (byte[] piece : pieces) {
        ByteBuf in = Unpooled.wrappedBuffer(piece);
        if (answer == null) {
          answer = handshake.read(in, PooledByteBufAllocator.DEFAULT);
        }
        left.writeBytes(in);
      }

      assertThat(answer).as("seed " + seed).isNotNull();
      assertThat(answer.accepted()).isTrue();
      assertThat(text(answer)).isEqualTo(expected);
      assertThat(left.toString(StandardCharsets.US_ASCII)).isEqualTo("frame");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\n" + REST,
        "GET /?a=b&c=%20 HTTP/1.1\r\n" + REST,
        "GET ws://server.example.com/chat HTTP/1.1\r\n" + REST,
        LINE
            + "host:x:8092\r\nUPGRADE:WebSocket\r\nconnection:keep-alive,\tUpgrade \r\n"
            + KEY
            + VERSION
            + "\r\n",
        LINE
            + HOST
            + "Upgrade: h2c, websocket\r\nConnection: x\r\nConnection: upgrade\r\n"
            + KEY
            + VERSION
            + "\r\n",
        LINE + "Content-Length: 0\r\n" + REST,
        LINE + "X-Empty:\r\nX-Latin: caf\u00e9\r\n" + REST,
        LINE + "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n" + REST
      })
  void acceptsOtherGoodRequests(String request) {
    assertThat(answer(request)).startsWith("HTTP/1.1 101 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\r\n" + GOOD,
        "GET  / HTTP/1.1\r\n" + REST,
        "GET / HTTP/1.1 \r\n" + REST,
        "GET /a b HTTP/1.1\r\n" + REST,
        "GET\t/\tHTTP/1.1\r\n" + REST,
        "GET / XTTP/1.1\r\n" + REST,
        "GET /\u00e9 HTTP/1.1\r\n" + REST,
        "GET /#a HTTP/1.1\r\n" + REST,
        "GET chat HTTP/1.1\r\n" + REST,
        "GET * HTTP/1.1\r\n" + REST,
        "GET /chat\r\n" + REST,
        "GET / HTTP/1.1\n" + REST,
        "GET / HTTP/1.1\r" + REST,
        "GET / HTTP/1.1\r\r\n" + REST,
        "GET /\u0000 HTTP/1.1\r\n" + REST,
        LINE + " folded: first\r\n" + REST,
        LINE + "X: a\r\n b\r\n" + REST,
        LINE + "X : a\r\n" + REST,
        LINE + "no colon\r\n" + REST,
        LINE + ": no name\r\n" + REST,
        LINE + "X\u00e9: a\r\n" + REST,
        LINE + "X: a\u0001b\r\n" + REST,
        LINE + "X: a\u007fb\r\n" + REST,
        LINE + UPGRADE + CONNECTION + KEY + VERSION + "\r\n",
        LINE + HOST + REST,
        LINE + "Host:\r\n" + UPGRADE + CONNECTION + KEY + VERSION + "\r\n",
        LINE + "Content-Length: 5\r\n" + REST + "hello",
        LINE + "Content-Length: x\r\n" + REST,
        LINE + "Content-Length: 0\r\nContent-Length: 0\r\n" + REST,
        LINE + "Transfer-Encoding: chunked\r\n" + REST,
        LINE + "Transfer-Encoding: gzip\r\n" + REST,
        "GET  /chat\r\n" + REST,
        "/chat HTTP/1.1\r\n" + REST,
        "GET\r\n" + REST,
        LINE + HOST + UPGRADE + KEY + VERSION + "\r\n",
        LINE + HOST + UPGRADE + "Connection: upgraded\r\n" + KEY + VERSION + "\r\n",
        LINE + HOST + UPGRADE + CONNECTION + VERSION + "\r\n",
        LINE + KEY + REST,
        LINE + HOST + UPGRADE + CONNECTION + VERSION + "Sec-WebSocket-Key: c2hvcnQ=\r\n\r\n"
      })
  void refusesBadRequests(String request) {
    assertThat(answer(request)).startsWith("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n");
  }

  @ParameterizedTest
  @CsvSource({"POST, 405", "HEAD, 405", "CONNECT, 405", "get, 405"})
  void refusesOtherMethods(String method, int status) {
    assertThat(answer(method + " /chat HTTP/1.1\r\n" + REST))
        .startsWith("HTTP/1.1 " + status + " Method Not Allowed\r\n")
        .contains("\r\nAllow: GET\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"1.0", "1.2", "2.0"})
  void refusesOtherVersionsOfHttp(String version) {
    assertThat(answer("GET /chat HTTP/" + version + "\r\n" + REST)).startsWith("HTTP/1.1 505 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        HOST + CONNECTION + KEY + VERSION,
        HOST + "Upgrade: websockets\r\n" + CONNECTION + KEY + VERSION,
        HOST + UPGRADE + CONNECTION + KEY,
        HOST + UPGRADE + CONNECTION + KEY + "Sec-WebSocket-Version: 8\r\n",
        HOST + UPGRADE + CONNECTION + KEY + "Sec-WebSocket-Version: 13, 8\r\n",
        HOST + UPGRADE + CONNECTION + KEY + VERSION + VERSION
      })
  void asksForAnUpgradeToVersion13(String headers) {
    assertThat(answer(LINE + headers + "\r\n"))
        .startsWith("HTTP/1.1 426 Upgrade Required\r\n")
        .contains("\r\nUpgrade: websocket\r\n", "\r\nSec-WebSocket-Version: 13\r\n");
  }

  @Test
  void aRefusalHasABodyThatSaysWhy() {
    String body = "This port speaks WebSocket: the request needs Upgrade: websocket.\n";

    assertThat(answer(LINE + HOST + "\r\n"))
        .contains("\r\nContent-Length: " + body.length() + "\r\n")
        .endsWith("\r\n\r\n" + body);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /\u0001 never complete",
        "GET / HTTP/1.1\nHost",
        "GET / HTTP/1.1\rHost",
        "GET / HTTP/1.1\r\n folded",
        "GET / HTTP/1.1 and more"
      })
  void aRefusalComesAtTheFirstWrongByteAndTakesTheRest(String request) {
    ByteBuf in = Unpooled.copiedBuffer(request, StandardCharsets.ISO_8859_1);

    ServerHandshake.Answer answer = new ServerHandshake().read(in, PooledByteBufAllocator.DEFAULT);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.response().release()).isTrue();
    assertThat(in.isReadable()).isFalse();
  }

  @Test
  void takesAHeadOfExactlyTheLimit() {
    String fill = "x".repeat(ServerHandshake.HEAD_BYTES_MAX - GOOD.length() - 5);

    assertThat(answer(LINE + "X: " + fill + "\r\n" + REST)).startsWith("HTTP/1.1 101 ");
    assertThat(answer(LINE + "X: y" + fill + "\r\n" + REST)).startsWith("HTTP/1.1 431 ");
    assertThat(answer("GET /" + "x".repeat(9000))).startsWith("HTTP/1.1 431 ");
  }

  @Test
  void randomChangesOfARequestNeverThrow() {
    long seed = Long.getLong("whippet.seed", 6);
    Random random = new Random(seed);
    for (int i = 0; i < 1_000; i++) {
      byte[] request = GOOD.getBytes(StandardCharsets.US_ASCII);
      for (int changes = random.nextInt(3); changes >= 0; changes--) {
        request[random.nextInt(request.length)] = (byte) random.nextInt();
      }
      String whole = answer(List.of(request));

      assertThat(answer(Splits.random(request, random))).as("seed " + seed).isEqualTo(whole);
    }
  }

  private static ServerHandshake.Answer read(HandshakeRules rules, String request) {
    ServerHandshake handshake = new ServerHandshake(rules, parameters -> true);
    return handshake.read(in(request), PooledByteBufAllocator.DEFAULT);
  }

  private static ByteBuf in(String request) {
    return Unpooled.copiedBuffer(request, StandardCharsets.ISO_8859_1);
  }

  private static String answer(HandshakeRules rules, String request) {
    return text(read(rules, request));
  }

  private static String answer(String request) {
    return answer(List.of(request.getBytes(StandardCharsets.ISO_8859_1)));
  }

  /** The answer's text; nothing while none is given. */
  private static String answer(List<byte[]> pieces) {
    ServerHandshake handshake = new ServerHandshake();
    for (byte[] piece : pieces) {
      ServerHandshake.Answer answer =
          handshake.read(Unpooled.wrappedBuffer(piece), PooledByteBufAllocator.DEFAULT);
      if (answer != null) {
        return text(answer);
      }
    }
    return "";
  }

  private static String text(ServerHandshake.Answer answer) {
    String text = answer.response().toString(StandardCharsets.US_ASCII);
    assertThat(text).startsWith("HTTP/1.1 " + answer.status() + " ");
    assertThat(answer.response().release()).isTrue();
    return text;
  }
}

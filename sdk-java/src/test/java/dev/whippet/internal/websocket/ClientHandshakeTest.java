package dev.whippet.internal.websocket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.testkit.Splits;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClientHandshakeTest {
  /** The key of RFC 6455 1.3 in Base64 is these 16 bytes. */
  private static final String NONCE = "the sample nonce";

  private static final String ACCEPT = "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
  private static final String STATUS = "HTTP/1.1 101 Switching Protocols\r\n";
  private static final String UPGRADE = "Upgrade: websocket\r\n";
  private static final String CONNECTION = "Connection: Upgrade\r\n";
  private static final String GOOD = STATUS + UPGRADE + CONNECTION + ACCEPT + "\r\n";

  @Test
  void writesTheRequest() {
    Buffer out = new Buffer();

    handshake("gw.local", 8092, "/", Collections.singletonMap("Authorization", "Bearer x y"))
        .writeRequest(out);

    assertThat(out.readUtf8())
        .isEqualTo(
            "GET / HTTP/1.1\r\n"
                + "Host: gw.local:8092\r\n"
                + "Upgrade: websocket\r\n"
                + "Connection: Upgrade\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\n"
                + "Authorization: Bearer x y\r\n"
                + "\r\n");
  }

  @ParameterizedTest
  @CsvSource({"gw, 80, gw:80", "gw, -1, gw", "::1, 8092, [::1]:8092", "[::1], -1, [::1]"})
  void namesTheServer(String host, int port, String expected) {
    Buffer out = new Buffer();

    handshake(host, port, "/", Collections.emptyMap()).writeRequest(out);

    assertThat(out.readUtf8()).contains("\r\nHost: " + expected + "\r\n");
  }

  @Test
  void acceptsAGoodAnswerInEverySplitAndLeavesTheFirstFrame() throws Exception {
    long seed = Long.getLong("whippet.seed", 6);
    byte[] answer = GOOD.getBytes("US-ASCII");
    for (List<byte[]> pieces : Splits.of(answer, new Random(seed))) {
      ClientHandshake handshake = handshake();
      Buffer in = new Buffer();
      int last = pieces.size() - 1;
      for (byte[] piece : pieces.subList(0, last)) {
        in.write(piece);
        boolean complete = handshake.read(in);
        assertThat(complete).as("seed " + seed).isEqualTo(complete && pieces.get(last).length == 0);
      }
      if (pieces.get(last).length == 0) {
        continue; // A random split with an empty end: complete before.
      }
      in.write(pieces.get(last)).writeUtf8("frame");

      assertThat(handshake.read(in)).isTrue();

      assertThat(in.readUtf8()).isEqualTo("frame");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 101\r\nupgrade:WebSocket\r\nCONNECTION: keep-alive , upgrade\r\n",
        "HTTP/1.1 101 \r\nUpgrade: websocket\t\r\nConnection: x\r\nConnection: Upgrade\r\nX:\r\n",
        "HTTP/1.1 103 Early\r\nLink: x\r\n\r\nHTTP/1.1 101 x\r\nUpgrade: websocket\r\n"
            + "Connection: Upgrade\r\nServer: caf\u00e9\r\n"
      })
  void acceptsOtherGoodAnswers(String head) throws Exception {
    assertThat(handshake().read(latin(head + ACCEPT + "\r\n"))).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        STATUS + UPGRADE + CONNECTION,
        STATUS + UPGRADE + ACCEPT,
        STATUS + CONNECTION + ACCEPT,
        STATUS + "Upgrade: websockets\r\n" + CONNECTION + ACCEPT,
        STATUS + UPGRADE + UPGRADE + CONNECTION + ACCEPT,
        STATUS + UPGRADE + "Connection: close\r\n" + ACCEPT,
        STATUS + UPGRADE + CONNECTION + ACCEPT + ACCEPT,
        STATUS + UPGRADE + CONNECTION + "Sec-WebSocket-Accept: s3pplmbitxaq9kygzzhzrbk+xoo=\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "Sec-WebSocket-Protocol: chat\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "Sec-WebSocket-Extensions: x\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "X : y\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + " folded\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "X: a\nb\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + "no colon\r\n",
        STATUS + UPGRADE + CONNECTION + ACCEPT + ": no name\r\n"
      })
  void refusesABroken101(String head) {
    assertThatThrownBy(() -> handshake().read(latin(head + "\r\n")))
        .isInstanceOfSatisfying(
            HandshakeException.class, e -> assertThat(e.httpStatus()).isEqualTo(101));
  }

  @ParameterizedTest
  @CsvSource({
    "HTTP/1.1 401 Unauthorized, 401",
    "HTTP/1.1 302 Found, 302",
    "HTTP/1.0 400 Bad, 400",
    "HTTP/1.1 200, 200",
    "HTTP/1.1 599 x, 599"
  })
  void namesAnotherStatus(String line, int status) {
    assertThatThrownBy(() -> handshake().read(latin(line + "\r\nX: y\r\n\r\n")))
        .isInstanceOfSatisfying(
            HandshakeException.class, e -> assertThat(e.httpStatus()).isEqualTo(status))
        .hasMessage("expected HTTP 101, found: " + line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.0 101 x\r\n\r\n",
        "HTTP/1.1 1o1 x\r\n\r\n",
        "HTTP/1.1 1010\r\n\r\n",
        "HTTP/1.1 099 x\r\n\r\n",
        "HTTP/1.1  101\r\n\r\n",
        "HTTP/1.1 10\r\n\r\n",
        "HTTP/2 101\r\n\r\n",
        "\r\n\r\n",
        "SSH-2.0-OpenSSH",
        "h"
      })
  void refusesWhatIsNotHttp(String answer) {
    assertThatThrownBy(() -> handshake().read(latin(answer)))
        .isInstanceOfSatisfying(HandshakeException.class, e -> assertThat(e.httpStatus()).isZero());
  }

  @Test
  void takesAHeadOfExactlyTheLimit() throws Exception {
    String fill = "X: " + repeat('x', ClientHandshake.HEAD_BYTES_MAX - GOOD.length() - 5) + "\r\n";
    String head = STATUS + UPGRADE + CONNECTION + ACCEPT + fill + "\r\n";
    assertThat(head).hasSize(ClientHandshake.HEAD_BYTES_MAX);

    assertThat(handshake().read(latin(head + "frame"))).isTrue();
    String longer = head.replace("X: ", "X: y");
    assertThatThrownBy(() -> handshake().read(latin(longer))).hasMessageContaining("8192");
    assertThatThrownBy(() -> handshake().read(latin(longer.substring(0, 8192))))
        .hasMessageContaining("8192");
    assertThat(handshake().read(latin(longer.substring(0, 8191)))).isFalse();
  }

  @Test
  void endlessInterimAnswersAreBounded() {
    ClientHandshake handshake = handshake();
    Buffer in = new Buffer();

    assertThatThrownBy(
            () -> {
              for (int i = 0; i < 1000; i++) {
                assertThat(handshake.read(in.writeUtf8("HTTP/1.1 100 Continue\r\n\r\n"))).isFalse();
              }
            })
        .isInstanceOf(HandshakeException.class)
        .hasMessageContaining("8192");
  }

  @Test
  void refusesArgumentsThatCouldForgeARequest() {
    Map<String, String> none = Collections.emptyMap();
    assertThatThrownBy(() -> handshake("", 1, "/", none)).hasMessageContaining("host");
    assertThatThrownBy(() -> handshake("a b", 1, "/", none)).hasMessageContaining("host");
    assertThatThrownBy(() -> handshake("a\r\nX: y", 1, "/", none)).hasMessageContaining("host");
    assertThatThrownBy(() -> handshake("a", 0, "/", none)).hasMessageContaining("port: 0");
    assertThatThrownBy(() -> handshake("a", 65536, "/", none)).hasMessageContaining("65536");
    assertThatThrownBy(() -> handshake("a", 1, "x", none)).hasMessageContaining("path");
    assertThatThrownBy(() -> handshake("a", 1, "/ HTTP/1.1", none)).hasMessageContaining("path");
    assertThatThrownBy(() -> handshake("a", 1, "/#x", none)).hasMessageContaining("path");
    assertThatThrownBy(() -> handshake("a", 1, "/", Collections.singletonMap("X", "a\r\nY: b")))
        .hasMessageContaining("header X");
    assertThatThrownBy(() -> handshake("a", 1, "/", Collections.singletonMap("X:", "a")))
        .hasMessageContaining("X:");
    assertThatThrownBy(() -> handshake("a", 1, "/", Collections.singletonMap("HOST", "a")))
        .hasMessageContaining("HOST");
  }

  private static String repeat(char c, int count) {
    return new String(new char[count]).replace('\0', c);
  }

  private static Buffer latin(String text) {
    return new Buffer().writeString(text, StandardCharsets.ISO_8859_1);
  }

  private static ClientHandshake handshake() {
    return handshake("gw", 8092, "/", Collections.emptyMap());
  }

  private static ClientHandshake handshake(
      String host, int port, String path, Map<String, String> headers) {
    return new ClientHandshake(host, port, path, headers, new SampleRandom());
  }

  private static final class SampleRandom extends SecureRandom {
    @Override
    public void nextBytes(byte[] bytes) {
      System.arraycopy(NONCE.getBytes(), 0, bytes, 0, bytes.length);
    }
  }
}

package dev.whippet.broker.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.Broker;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What no honest client sends, and what few do: each gets an answer in HTTP, and its own end. */
final class HttpHostileTest {
  private static final String LOGIN = "{\"username\":\"iggy\",\"password\":\"secret-of-tests\"}";

  @TempDir static Path directory;

  private static Broker broker;
  private static HttpPeer peer;
  private static String token;

  @BeforeAll
  static void start() throws Exception {
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(1)
            .rootPassword("secret-of-tests")
            .start();
    peer = new HttpPeer(broker.port());
    token = peer.login("iggy", "secret-of-tests");
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  /** Heads, with | for line ends; the connection ends by itself. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "TRACE /ping HTTP/1.1|Host: a|Connection: close; 405",
        "CONNECT a:443 HTTP/1.1|Host: a|Connection: close; 405",
        "PURGE /ping HTTP/1.1|Host: a|Connection: close; 405",
        "LINK /streams HTTP/1.1|Host: a|Connection: close; 401",
        "OPTIONS * HTTP/1.1|Host: a|Connection: close; 400",
        "PRI * HTTP/2.0||SM; 505",
        "POST /ping HTTP/0.9; 505",
        "GET http://x.example/ping?a=b HTTP/1.1|Host: a|Connection: close; 200",
        "GET HTTPS://x.example HTTP/1.1|Host: a|Connection: close; 200",
        "GET ping HTTP/1.1|Host: a|Connection: close; 400",
        "GET xping HTTP/1.1|Host: a|Connection: close; 400",
        "GET /streams/%ff HTTP/1.1|Host: a|Connection: close; 400",
        "GET /ping HTTP/1.1|Host: a|Host: b|Connection: close; 400",
        "GET /ping HTTP/1.1|Host: a|Range: bytes=0-0|Connection: close; 200",
        "GET /ping HTTP/1.1|Host: a|Upgrade: h2c|Connection: Upgrade, close; 200",
        "HEAD /users/login HTTP/1.1|Host: a|Connection: close; 401",
        "POST /ping HTTP/1.1|Host: a|X : y; 400",
        "POST /users/login HTTP/1.1|Host: a|Content-Length: 5|Content-Length: 6; 400",
        "POST /users/login HTTP/1.1|Host: a|Content-Length: 5, 5; 400",
        "POST /users/login HTTP/1.1|Host: a|Content-Length: -1; 400",
        "POST /users/login HTTP/1.1|Host: a|Content-Length: 99999999999999999999; 400",
        "POST /users/login HTTP/1.1|Host: a|Content-Length: 5|Transfer-Encoding: chunked; 400",
        "POST /users/login HTTP/1.1|Host: a|Transfer-Encoding: gzip, chunked; 501",
        "POST /users/login HTTP/1.1|Host: a|Transfer-Encoding: gzip; 400",
        "POST /streams HTTP/1.1|Host: a|Expect: 100-continue|Content-Length: 9; 401",
        "GET /ping HTTP/1.1|Host: a|Expect: 200-maybe|Connection: close; 417",
      })
  void headsAreAnsweredWith(String head, int status) throws IOException {
    String answer = peer.exchange(head.replace("|", "\r\n") + "\r\n\r\n");

    assertThat(answer).startsWith("HTTP/1.1 " + status + " ");
    assertThat(answer.substring(1)).doesNotContain("HTTP/1.1 ");
  }

  /** Bodies of a login, as chunks; with | for line ends. */
  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = ';',
      value = {
        "zz|{}|0||; 400",
        "ffffffffffffffff|{}|0||; 400",
        "-2|{}|0||; 400",
        "2|{}0||; 400",
        "2|{}|0|X: y||; 422",
      })
  void chunksAreAnsweredWith(String chunks, int status) throws IOException {
    assertThat(peer.exchange(chunked(chunks.replace("|", "\r\n"))))
        .startsWith("HTTP/1.1 " + status);
  }

  @Test
  void anEndlessChunkExtensionIsNoTarget() throws IOException {
    assertThat(peer.exchange(chunked("2;" + "x".repeat(9_000) + "\r\n{}\r\n0\r\n\r\n")))
        .startsWith("HTTP/1.1 400");
  }

  private static String chunked(String chunks) {
    return "POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
        + chunks;
  }

  /** As curl does with a long body: the answer follows the permission to send it. */
  @Test
  void whoAsksBeforeItsBodyIsToldToSendItAndAnswered() throws IOException {
    try (Socket socket = peer.connect()) {
      for (int round = 0; round < 2; round++) {
        HttpPeer.send(
            socket,
            "POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + ("Expect: 100-continue\r\nContent-Length: " + LOGIN.length() + "\r\n")
                + (round == 1 ? "Connection: close\r\n\r\n" : "\r\n"));
        String proceed = "HTTP/1.1 100 Continue\r\n\r\n";
        byte[] first = socket.getInputStream().readNBytes(proceed.length());
        assertThat(new String(first, StandardCharsets.US_ASCII)).isEqualTo(proceed);
        HttpPeer.send(socket, LOGIN);
        if (round == 0) {
          assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
              .isEqualTo("HTTP/1.1 200");
          HttpPeer.skipAnswer(socket);
        }
      }
      assertThat(HttpPeer.readAll(socket)).startsWith("HTTP/1.1 200").contains("access_token");
    }
  }

  @Test
  void deepAndOddJsonIsRefused() throws Exception {
    for (String json : new String[] {"[".repeat(100_000), "{\"name\":1e999999999}", "null", "{"}) {
      assertThat(peer.call("POST", "/streams", token, json).statusCode()).isIn(400, 422);
    }
  }

  @Test
  void ahead1000RequestsOfWhichOneIsGarbageAnswersThoseBeforeIt() throws Exception {
    String ping = "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n";

    String all = peer.exchange(ping.repeat(999) + "\0\0\0\0" + ping.repeat(999));

    assertThat(all.split("pong", -1)).hasSize(1_000);
    assertThat(all).contains("HTTP/1.1 400");
  }
}

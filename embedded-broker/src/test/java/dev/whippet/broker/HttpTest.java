package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whippet.broker.internal.net.event.ConnectionCounts.What;
import dev.whippet.internal.wire.Requests;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * HTTP on the broker's port: the connection, tokens, metrics, health. Routes are in conformance.
 */
final class HttpTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String LOGIN =
      "{\"username\":\"iggy\",\"password\":\"" + WireClient.PASSWORD + "\"}";

  @TempDir Path directory;

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private BrokerConfig.Builder settings() {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(2)
        .rootPassword(WireClient.PASSWORD);
  }

  private static HttpRequest.Builder request(Broker broker, String path) {
    return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + broker.port() + path));
  }

  private HttpResponse<String> send(HttpRequest.Builder request) throws Exception {
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> post(Broker broker, String path, String json) throws Exception {
    return send(
        request(broker, path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json)));
  }

  private String login(Broker broker) throws Exception {
    HttpResponse<String> answer = post(broker, "/users/login", LOGIN);
    assertThat(answer.statusCode()).isEqualTo(200);
    return JSON.readTree(answer.body()).at("/access_token/token").asText();
  }

  private int streams(Broker broker, String token) throws Exception {
    return send(request(broker, "/streams").header("Authorization", "Bearer " + token))
        .statusCode();
  }

  @Test
  void onePortSpeaksClassicAndHttp() throws Exception {
    try (Broker broker = settings().start();
        WireClient wire = WireClient.login(broker)) {
      wire.createStream("s");

      HttpResponse<String> answer =
          send(request(broker, "/streams").header("Authorization", "Bearer " + login(broker)));

      assertThat(JSON.readTree(answer.body()).at("/0/name").asText()).isEqualTo("s");
    }
  }

  @Test
  void withoutHttpAPostIsRefusedAndNothingElseIsServed() throws Exception {
    try (Broker broker = settings().http(false).start()) {
      assertThat(post(broker, "/users/login", LOGIN).statusCode()).isEqualTo(405);
      assertThat(send(request(broker, "/ping")).statusCode()).isEqualTo(426);
    }
  }

  /** Everything in one write, and again in single bytes: the answers are the same. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void requestsOfOneConnectionAreAnsweredInTheirOrder(boolean atOnce) throws Exception {
    String body = "{\"username\":\"x\",\"password\":\"y\"}";
    String requests =
        "GET /ping HTTP/1.1\r\nHost: a\r\n\r\n"
            + "POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + ("Content-Length: " + body.length() + "\r\n\r\n" + body)
            + "GET /nope HTTP/1.1\r\nHost: a\r\n\r\n"
            + "HEAD /ping HTTP/1.1\r\nHost: a\r\n\r\n"
            + "GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    try (Broker broker = settings().start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      socket.setTcpNoDelay(true);
      byte[] bytes = requests.getBytes(StandardCharsets.US_ASCII);
      for (int i = 0; i < bytes.length; i += atOnce ? bytes.length : 1) {
        socket.getOutputStream().write(bytes, i, atOnce ? bytes.length : 1);
      }

      String all = readAll(socket);

      assertThat(all.split("HTTP/1.1 ")).hasSize(6);
      assertThat(all).containsSubsequence("200", "pong", "400", "401", "200", "200", "Iggy API");
    }
  }

  private static String readAll(Socket socket) throws IOException {
    socket.setSoTimeout(60_000);
    InputStream in = socket.getInputStream();
    return new String(in.readAllBytes(), StandardCharsets.US_ASCII);
  }

  /** It would be another name after a restart. */
  @Test
  void namesWithHalfACharacterAreRefused() throws Exception {
    try (Broker broker = settings().start()) {
      HttpRequest.Builder request =
          request(broker, "/streams")
              .header("Content-Type", "application/json")
              .header("Authorization", "Bearer " + login(broker))
              .POST(HttpRequest.BodyPublishers.ofString("{\"name\":\"a\\ud83d\"}"));

      assertThat(send(request).statusCode()).isBetween(400, 422);
    }
  }

  @Test
  void loginsAtTheSameTimeAllGetGoodTokens() throws Exception {
    try (Broker broker = settings().start()) {
      List<CompletableFuture<HttpResponse<String>>> logins = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        HttpRequest login =
            request(broker, "/users/login")
                .header("Content-Type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(LOGIN))
                .build();
        logins.add(client.sendAsync(login, HttpResponse.BodyHandlers.ofString()));
      }

      for (CompletableFuture<HttpResponse<String>> login : logins) {
        String token = JSON.readTree(login.get().body()).at("/access_token/token").asText();
        assertThat(streams(broker, token)).isEqualTo(200);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'GET / HTTP/1.1\r\nHost: a\r\nX: ${8200}\r\n\r\n', 431",
    "'POST /users/login HTTP/1.1\r\nX: ${8200}\r\n\r\n', 431",
    "'POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n', 400",
    "'POST /x%zz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 400",
    "'DELETE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n', 405",
  })
  void whatIsNoRequestIsAnsweredAndClosed(String request, int status) throws Exception {
    try (Broker broker = settings().start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      String bytes = request.replace("${8200}", "x".repeat(8200));
      socket.getOutputStream().write(bytes.getBytes(StandardCharsets.US_ASCII));

      assertThat(readAll(socket)).startsWith("HTTP/1.1 " + status);
    }
  }

  @Test
  void longBodiesAreRefusedAndTheConnectionGoesOn() throws Exception {
    try (Broker broker = settings().httpBodyBytesMax(10_000).start()) {
      String token = login(broker);
      String longName = "{\"name\":\"" + "x".repeat(9_000) + "\"}";
      HttpRequest.Builder request =
          request(broker, "/streams")
              .header("Content-Type", "application/json")
              .header("Authorization", "Bearer " + token);

      assertThat(post(broker, "/users/login", longName).statusCode()).isEqualTo(413);
      assertThat(send(request.POST(HttpRequest.BodyPublishers.ofString(longName))).statusCode())
          .isEqualTo(400); // a name of 9,000 letters
      String longer = longName + " ".repeat(1_000_000);
      InputStream unknownLength = new ByteArrayInputStream(longer.getBytes());
      assertThat(
              send(request.POST(HttpRequest.BodyPublishers.ofInputStream(() -> unknownLength)))
                  .statusCode())
          .isEqualTo(413);
      assertThat(send(request(broker, "/ping")).body()).isEqualTo("pong");
    }
  }

  @Test
  void revokedTokensStayRevokedAndOthersGoodAfterARestart() throws Exception {
    String good;
    String revoked;
    try (Broker broker = settings().start()) {
      good = login(broker);
      revoked = login(broker);
      HttpRequest.Builder logout =
          request(broker, "/users/logout").header("Authorization", "Bearer " + revoked).DELETE();
      assertThat(send(logout).statusCode()).isEqualTo(204);
      assertThat(streams(broker, revoked)).isEqualTo(401);
    }
    try (Broker broker = settings().start()) {
      assertThat(streams(broker, good)).isEqualTo(200);
      assertThat(streams(broker, revoked)).isEqualTo(401);
      assertThat(streams(broker, login(broker))).isEqualTo(200);
    }
  }

  @Test
  void aTokenIsRefreshedOnceHoweverManyAsk() throws Exception {
    try (Broker broker = settings().start()) {
      String body = "{\"token\":\"" + login(broker) + "\"}";
      HttpRequest refresh =
          request(broker, "/users/refresh-token")
              .header("Content-Type", "application/json")
              .POST(HttpRequest.BodyPublishers.ofString(body))
              .build();
      List<CompletableFuture<HttpResponse<String>>> asked = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asked.add(client.sendAsync(refresh, HttpResponse.BodyHandlers.ofString()));
      }

      assertThat(asked)
          .extracting(one -> one.join().statusCode())
          .containsOnly(200, 401)
          .containsOnlyOnce(200);
    }
  }

  @Test
  void tokensExpireAndForgedOnesAreRefused() throws Exception {
    try (Broker broker = settings().jwtMillis(1_000).start()) {
      String token = login(broker);
      assertThat(streams(broker, token)).isEqualTo(200);
      String[] parts = token.split("\\.");
      String unsigned = "eyJhbGciOiJub25lIiwia2lkIjoiMSJ9." + parts[1] + ".";

      assertThat(streams(broker, unsigned)).isEqualTo(401);
      assertThat(streams(broker, parts[0] + "." + parts[1] + ".AAAA")).isEqualTo(401);
      await().until(() -> streams(broker, token) == 401); // a second, and five for skewed clocks
    }
  }

  @Test
  void browsersAreToldWhoMayCall() throws Exception {
    try (Broker broker = settings().httpOrigin("https://a.example").start();
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      String preflight =
          "OPTIONS /streams HTTP/1.1\r\nHost: a\r\nOrigin: https://a.example\r\n"
              + "Access-Control-Request-Method: POST\r\n\r\n"
              + "GET /ping HTTP/1.1\r\nHost: a\r\nOrigin: https://b.example\r\n"
              + "Connection: close\r\n\r\n";
      socket.getOutputStream().write(preflight.getBytes(StandardCharsets.US_ASCII));

      String[] answers = readAll(socket).split("HTTP/1.1 ");

      assertThat(answers[1])
          .startsWith("200")
          .containsIgnoringCase("access-control-allow-origin: https://a.example")
          .containsIgnoringCase("access-control-allow-methods: GET,POST,PUT,DELETE");
      assertThat(answers[2]).endsWith("pong").doesNotContainIgnoringCase("allow-origin");
    }
  }

  @Test
  void metricsAreTextOfPrometheus() throws Exception {
    try (Broker broker = settings().start();
        WireClient wire = WireClient.login(broker)) {
      wire.createStream("s");
      wire.createTopic("s", "t", 3);

      HttpResponse<String> answer = send(request(broker, "/metrics"));

      assertThat(answer.headers().firstValue("content-type").orElse("")).startsWith("text/plain");
      assertThat(answer.body().lines())
          .contains(
              "streams 1.0",
              "topics 1.0",
              "partitions 3.0",
              "messages 0.0",
              "clients 2.0",
              "http_requests_total 1.0",
              "whippet_connections_total{event=\"accepted\"} 2.0",
              "whippet_health_problems{kind=\"full\"} 0.0")
          .anyMatch(line -> line.startsWith("whippet_loop_memory_bytes{loop=\"1\",of=\"bound\"}"));
    }
  }

  @Test
  void healthTellsPromisesAndPlacesToRoot() throws Exception {
    try (Broker broker = settings().start()) {
      assertThat(send(request(broker, "/health/live")).body()).isEqualTo("live");
      assertThat(send(request(broker, "/health/ready")).statusCode()).isEqualTo(200);

      JsonNode forAll = JSON.readTree(send(request(broker, "/health")).body());
      String token = login(broker);
      JsonNode forUsers =
          JSON.readTree(
              send(request(broker, "/health").header("Authorization", "Bearer " + token)).body());

      assertThat(forAll.at("/status").asText()).isEqualTo("live");
      assertThat(forAll.at("/ready").asBoolean()).isTrue();
      assertThat(forAll.has("promises")).isFalse();
      assertThat(forUsers.at("/promises/0/kept").asBoolean()).isTrue();
      assertThat(forUsers.get("problems").isArray()).isTrue();
    }
  }

  @Test
  void aFullBrokerClosesTheNextAndCountsIt() throws Exception {
    try (Broker broker = settings().connectionsMax(3).connectionsPerAddressMax(2).start();
        WireClient first = WireClient.connect(broker);
        WireClient second = WireClient.connect(broker);
        Socket third = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      first.ok(Requests::ping);
      second.ok(Requests::ping);
      third.setSoTimeout(60_000);

      assertThat(third.getInputStream().read()).isEqualTo(-1);
      await().until(() -> broker.counts().get(What.REFUSED_ADDRESS) == 1);
    }
  }

  @Test
  void aStopLetsTheRequestUnderWayEnd() throws Exception {
    Broker broker = settings().start();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), broker.port())) {
      String half =
          "POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
              + ("Content-Length: " + LOGIN.length() + "\r\n\r\n" + LOGIN.substring(0, 5));
      socket.getOutputStream().write(half.getBytes(StandardCharsets.US_ASCII));
      await().until(() -> broker.httpRequests() == 1);
      Thread stop = new Thread(broker::close);
      stop.start();
      await().until(() -> broker.addresses().isEmpty());
      socket.getOutputStream().write(LOGIN.substring(5).getBytes(StandardCharsets.US_ASCII));

      String answer = readAll(socket);
      stop.join();

      assertThat(answer).startsWith("HTTP/1.1 200").containsIgnoringCase("connection: close");
    } finally {
      broker.close();
    }
  }
}

package dev.whippet.broker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.broker.http.HttpPeer;
import dev.whippet.broker.internal.net.Transport;
import dev.whippet.broker.internal.net.Transport.Kind;
import dev.whippet.broker.internal.net.event.ConnectionCounts.What;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests sent ahead over HTTP, and answers that nobody takes. */
final class HttpPipelineTest {
  private static final Pattern ANSWER =
      Pattern.compile(
          "HTTP/1\\.1 (\\d{3}) [^\\r]*\\r\\n(?:[^\\r]+\\r\\n)*?content-length: (\\d+)\\r\\n");

  /** An answer has at least so many. */
  private static final int METRICS_BYTES = 2_800;

  /** Ends the connection. */
  private static final String LAST =
      "GET /metrics HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

  @TempDir Path directory;

  private BrokerConfig.Builder settings() {
    return Broker.builder()
        .listen("127.0.0.1:0")
        .dataDirectory(directory)
        .loops(1)
        .rootPassword(WireClient.PASSWORD);
  }

  private static String get(String path) {
    return "GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n";
  }

  /** A request for one of three answers, by number. */
  private static String numbered(int i) {
    return switch (i % 3) {
      case 0 -> get("/ping");
      case 1 -> get("/nope");
      default -> get("/");
    };
  }

  private static int status(int i) {
    return i % 3 == 1 ? 401 : 200;
  }

  /** The statuses of all answers; their bodies have the lengths that they say. */
  private static List<Integer> statuses(String all) {
    List<Integer> statuses = new ArrayList<>();
    Matcher answer = ANSWER.matcher(all);
    int at = 0;
    while (at < all.length()) {
      if (!answer.region(at, all.length()).lookingAt()) {
        throw new AssertionError(
            "no answer: " + all.substring(at, Math.min(all.length(), at + 80)));
      }
      statuses.add(Integer.parseInt(answer.group(1)));
      int head = all.indexOf("\r\n\r\n", at) + 4;
      at = head + Integer.parseInt(answer.group(2));
    }
    return statuses;
  }

  private static Thread sender(Socket socket, String requests, boolean end) {
    Thread sender =
        new Thread(
            () -> {
              try {
                HttpPeer.send(socket, requests);
                if (end) {
                  socket.shutdownOutput();
                }
              } catch (SocketException closedByTheBroker) {
                // what some tests are about
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    sender.setDaemon(true);
    sender.start();
    return sender;
  }

  /** What was sent ahead is many times larger when it is decoded. */
  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"AUTO", "EPOLL", "NIO"})
  void thousandsOfRequestsAheadAreAllAnswered(BrokerConfig.Transport transport) throws Exception {
    int count = 5_000;
    StringBuilder requests = new StringBuilder();
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      requests.append(numbered(i));
      expected.add(status(i));
    }
    try (Broker broker = settings().transport(transport).start();
        Socket socket = new HttpPeer(broker.port()).connect()) {
      Thread sender = sender(socket, requests + LAST, false);

      String all = HttpPeer.readAll(socket);
      sender.join();

      expected.add(200);
      assertThat(statuses(all)).isEqualTo(expected);
    }
  }

  /**
   * Not with epoll: Netty 4.2.18 forgets a socket whose peer ended its side, and cuts it off when
   * it is full.
   */
  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"IO_URING", "NIO"})
  void whoEndsItsSideAndReadsLaterGetsAllAnswers(BrokerConfig.Transport transport)
      throws Exception {
    assumeTrue(transport == BrokerConfig.Transport.NIO || Transport.refusal(Kind.IO_URING) == null);
    int count = HttpPeer.answersThatStall(METRICS_BYTES);
    try (Broker broker = settings().transport(transport).start();
        Socket socket = new HttpPeer(broker.port()).connect()) {
      Thread sender = sender(socket, get("/metrics").repeat(count) + "GET /pi", true);
      awaitStall(broker);

      assertThat(statuses(HttpPeer.readAll(socket))).hasSize(count).containsOnly(200);
      sender.join();
    }
  }

  /** It sends on without reading: the broker stops reading, and goes on when it does read. */
  @ParameterizedTest
  @EnumSource(
      value = BrokerConfig.Transport.class,
      names = {"AUTO", "EPOLL", "NIO"})
  void whoReadsNoAnswersIsNotReadAndGetsThemAllLater(BrokerConfig.Transport transport)
      throws Exception {
    int count = HttpPeer.answersThatStall(METRICS_BYTES);
    try (Broker broker = settings().transport(transport).start()) {
      HttpPeer peer = new HttpPeer(broker.port());
      try (Socket socket = peer.connect()) {
        Thread sender = sender(socket, get("/metrics").repeat(count - 1) + LAST, false);
        long stalled = awaitStall(broker);

        assertThat(stalled).isLessThan(count);
        assertThat(figure(peer, "replies")).isBetween(1L << 19, 2L << 20);
        assertThat(figure(peer, "arrived")).isLessThan(1L << 20);
        List<Integer> statuses = statuses(HttpPeer.readAll(socket));

        assertThat(statuses).hasSize(count).containsOnly(200);
        sender.join();
        await().until(() -> figure(peer, "replies") == 0 && figure(peer, "arrived") == 0);
      }
    }
  }

  /** Requests begun, once there are no more. */
  private static long awaitStall(Broker broker) {
    long[] last = {-1, 0};
    await()
        .until(
            () -> {
              long now = broker.httpRequests();
              last[1] = now == last[0] && now > 0 ? last[1] + 1 : 0;
              last[0] = now;
              return last[1] == 50; // times 10 ms
            });
    return last[0];
  }

  private static long figure(HttpPeer peer, String of) throws Exception {
    Pattern line =
        Pattern.compile("whippet_loop_memory_bytes\\{loop=\"0\",of=\"" + of + "\"} (\\S+)");
    Matcher found = line.matcher(peer.get("/metrics", null).body());
    assertThat(found.find()).isTrue();
    return (long) Double.parseDouble(found.group(1));
  }

  @Test
  void repliesOwedAreWholeWhenThePeerEndsItsSideAtOnce() throws Exception {
    try (Broker broker = settings().start();
        Socket socket = new HttpPeer(broker.port()).connect()) {
      HttpPeer.send(socket, get("/metrics").repeat(40) + "GET /pi");
      socket.shutdownOutput();

      assertThat(statuses(HttpPeer.readAll(socket))).hasSize(40).containsOnly(200);
    }
  }

  /** What it had begun it answers, to the last byte, also to who sends on meanwhile. */
  @Test
  void aStopCutsOffNoAnswer() throws Exception {
    Broker broker = settings().start();
    try (broker;
        Socket socket = new HttpPeer(broker.port()).connect()) {
      int count = HttpPeer.answersThatStall(METRICS_BYTES);
      sender(socket, get("/metrics").repeat(count), false);
      awaitStall(broker);
      Thread stop = new Thread(broker::close);
      stop.start();
      await().until(() -> broker.addresses().isEmpty());

      List<Integer> statuses = statuses(HttpPeer.readAll(socket));
      stop.join();

      assertThat(statuses).hasSizeGreaterThan(100).hasSizeLessThan(count).containsOnly(200);
    }
  }

  /** Large requests wait for memory of the loop; all are answered in the end. */
  @Test
  void bodiesAreCountedInTheLoopsMemory() throws Exception {
    try (Broker broker = settings().loopMemoryBytes(16L << 20).start()) {
      HttpPeer peer = new HttpPeer(broker.port());
      String token = peer.login("iggy", WireClient.PASSWORD);
      int length = 1_900_000; // six fit at once, less what is kept for small ones
      List<Socket> sockets = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        Socket socket = peer.connect();
        sockets.add(socket);
        HttpPeer.send(
            socket,
            "POST /streams HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                + ("Authorization: Bearer " + token + "\r\nConnection: close\r\n")
                + ("Content-Length: " + length + "\r\n\r\n {"));
      }
      await().until(() -> figure(peer, "requests") >= 2L * length);
      assertThat(figure(peer, "requests")).isLessThan(4L * length);

      List<Thread> senders = new ArrayList<>();
      for (Socket socket : sockets) {
        senders.add(sender(socket, " ".repeat(length - 3) + "}", false));
      }

      for (Socket socket : sockets) {
        assertThat(HttpPeer.readAll(socket)).startsWith("HTTP/1.1 422"); // no name in it
        socket.close();
      }
      for (Thread sender : senders) {
        sender.join();
      }
      await().until(() -> figure(peer, "requests") == 0);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void whoIsGoneGivesItsMemoryBack(int afterBytes) throws Exception {
    try (Broker broker = settings().loopMemoryBytes(16L << 20).start()) {
      HttpPeer peer = new HttpPeer(broker.port());
      String token = peer.login("iggy", WireClient.PASSWORD);
      for (int i = 0; i < 12; i++) {
        try (Socket socket = peer.connect()) {
          HttpPeer.send(
              socket,
              "POST /streams HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                  + ("Authorization: Bearer " + token + "\r\n")
                  + ("Content-Length: 1900000\r\n\r\n" + "x".repeat(afterBytes)));
        }
      }

      await().until(() -> figure(peer, "requests") == 0 && figure(peer, "arrived") == 0);
      assertThat(peer.call("POST", "/streams", token, "{\"name\":\"s\"}").statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void garbageBehindAGoodRequestIsAnsweredAfterIt() throws Exception {
    try (Broker broker = settings().start()) {
      String all =
          new HttpPeer(broker.port()).exchange(get("/ping") + "\u0001nonsense\r\n\r\n" + get("/"));

      assertThat(statuses(all)).containsExactly(200, 400);
    }
  }

  @Test
  void aReaderThatStallsIsClosedAndCounted() throws Exception {
    BrokerConfig.Builder few = settings().loopMemoryBytes(16L << 20);
    try (Broker broker = few.start()) {
      HttpPeer peer = new HttpPeer(broker.port());
      List<Socket> stalled = new ArrayList<>();
      int count = HttpPeer.answersThatStall(METRICS_BYTES);
      // Each holds more than a megabyte: together more than replies may take, so others wait
      for (int i = 0; i < 6; i++) {
        Socket socket = peer.connect();
        stalled.add(socket);
        sender(socket, get("/metrics").repeat(count), false);
      }
      String token = peer.login("iggy", WireClient.PASSWORD);

      await()
          .until(
              () -> {
                peer.get("/streams", token); // waits for memory, so that they are cut off sooner
                return broker.counts().get(What.OVERDUE) > 0;
              });

      for (Socket socket : stalled) {
        socket.close();
      }
    }
  }

  /** The same bytes in any pieces give the same answers. */
  @Test
  void answersDoNotDependOnHowRequestsArrive() throws Exception {
    String body = "{\"username\":\"xyz\",\"password\":\"wrong\"}";
    String requests =
        "POST /users/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + ("5\r\n" + body.substring(0, 5) + "\r\n")
            + (Integer.toHexString(body.length() - 5)
                + "\r\n"
                + body.substring(5)
                + "\r\n0\r\n\r\n")
            + "HEAD /ping HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    try (Broker broker = settings().start()) {
      for (int piece : new int[] {1, 7, 50, 1_000}) {
        try (Socket socket = new HttpPeer(broker.port()).connect()) {
          socket.setTcpNoDelay(true);
          for (int i = 0; i < requests.length(); i += piece) {
            HttpPeer.send(socket, requests.substring(i, Math.min(requests.length(), i + piece)));
          }
          InputStream in = socket.getInputStream();
          String all = new String(in.readAllBytes(), StandardCharsets.US_ASCII);

          assertThat(all).startsWith("HTTP/1.1 400").contains("\"id\":42");
          assertThat(all.substring(10)).containsOnlyOnce("HTTP/1.1 200").doesNotContain("pong");
        }
      }
    }
  }
}

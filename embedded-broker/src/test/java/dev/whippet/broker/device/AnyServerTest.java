package dev.whippet.broker.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whippet.Admin;
import dev.whippet.Batch;
import dev.whippet.ConnectionState;
import dev.whippet.Consumer;
import dev.whippet.Credentials;
import dev.whippet.Guarantee;
import dev.whippet.Header;
import dev.whippet.Message;
import dev.whippet.OverflowPolicy;
import dev.whippet.Receipt;
import dev.whippet.ReceivedMessage;
import dev.whippet.Tls;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import dev.whippet.broker.Broker;
import dev.whippet.testkit.LinkFault;
import dev.whippet.testkit.LinkTwin;
import java.io.File;
import java.net.InetSocketAddress;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The whole SDK against a server of the classic wire: our broker, or with {@code
 * -Dwhippet.server.tcp=tcp://host:port -Dwhippet.server.ws=ws://host:port} any other, such as a
 * stock Apache Iggy 0.8 (user and password: {@code -Dwhippet.server.user}, {@code .password};
 * "iggy" both; with TLS {@code tls://} and {@code wss://}, and {@code -Dwhippet.server.ca} names a
 * PEM file of its authority). What differs is the guarantee, and the receipt says which.
 */
@Timeout(300)
class AnyServerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final String USER = System.getProperty("whippet.server.user", "iggy");
  private static final String PASSWORD = System.getProperty("whippet.server.password", "iggy");
  private static final String AUTHORITY = System.getProperty("whippet.server.ca");
  private static final String TCP = System.getProperty("whippet.server.tcp");

  @TempDir File directory;

  private final String stream = "sdk-" + UUID.randomUUID();
  private Broker broker;
  private String tcp = TCP;
  private String ws = System.getProperty("whippet.server.ws");

  @BeforeEach
  void start() throws Exception {
    if (TCP == null) {
      broker =
          Broker.builder()
              .listen("127.0.0.1:0")
              .dataDirectory(directory.toPath().resolve("data"))
              .loops(1)
              .rootPassword(PASSWORD)
              .start();
      tcp = "tcp://127.0.0.1:" + broker.port();
      ws = "ws://127.0.0.1:" + broker.port();
    }
  }

  @AfterEach
  void stop() {
    try (WhippetClient client = builder("tcp").open()) {
      client.admin().deleteStream(stream);
    }
    if (broker != null) {
      broker.close();
    }
  }

  private WhippetClient.Builder builder(String transport) {
    return builderFor(transport.equals("ws") ? ws : tcp);
  }

  private WhippetClient.Builder builderFor(String url) {
    Tls trusted =
        AUTHORITY == null ? Tls.platform() : Tls.builder().authorities(new File(AUTHORITY)).build();
    return WhippetClient.builder()
        .url(url)
        .tls(trusted)
        .credentials(Credentials.password(USER, PASSWORD))
        .destination(stream, "t")
        .createIfMissing(1)
        .overflow(OverflowPolicy.block(180, TimeUnit.SECONDS))
        .backoff(1, 100, TimeUnit.MILLISECONDS)
        .outbox(new File(directory, "outbox"));
  }

  private static void flush(WhippetClient client) throws InterruptedException {
    assertThat(client.flush(180, TimeUnit.SECONDS)).as(client.status().toString()).isTrue();
  }

  private static List<ReceivedMessage> read(Consumer consumer, int count) throws Exception {
    List<ReceivedMessage> read = new ArrayList<>();
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (read.size() < count && System.nanoTime() < deadline) {
      for (ReceivedMessage message : consumer.poll(100, 10, TimeUnit.SECONDS)) {
        read.add(message);
      }
    }
    return read;
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void whatIsSentIsReadInOrderAsItWas(String transport) throws Exception {
    try (WhippetClient client = builder(transport).open()) {
      Receipt last = null;
      for (int i = 0; i < 500; i++) {
        last = client.send(Message.builder().payload("m" + i).header("n", "" + i).build());
      }
      flush(client);
      assertThat(last.guarantee()).isEqualTo(client.status().guarantee());
      assertThat(last.guarantee())
          .isEqualTo(broker == null ? Guarantee.AT_LEAST_ONCE : Guarantee.ONCE);

      List<ReceivedMessage> read = read(client.consumer().startAtFirst().open(), 500);
      for (int i = 0; i < 500; i++) {
        assertThat(read.get(i).text()).isEqualTo("m" + i);
        assertThat(read.get(i).header("n")).isEqualTo("" + i);
        assertThat(read.get(i).offset()).isEqualTo(i);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void everyKindOfHeaderAndLargeMessagesPass(String transport) throws Exception {
    try (WhippetClient client = builder(transport).open()) {
      byte[] large = new byte[900_000];
      new Random(1).nextBytes(large);
      client.send(
          Message.builder()
              .payload(large)
              .header("raw", Header.Kind.RAW, new byte[] {1, 2})
              .header("u16", Header.Kind.UINT16, new byte[] {(byte) 0xff, 1})
              .build());
      flush(client);

      ReceivedMessage read = read(client.consumer().startAtFirst().open(), 1).get(0);
      assertThat(read.payload()).isEqualTo(large);
      assertThat(read.headers()).hasSize(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void cutsLoseNothingAndKeepTheOrder(String transport) throws Exception {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("AnyServerTest seed " + seed);
    Random random = new Random(seed);
    URI server = URI.create(transport.equals("ws") ? ws : tcp);
    try (LinkTwin network =
        LinkTwin.to(new InetSocketAddress(server.getHost(), server.getPort()), seed)) {
      network.otherwise(
          (connection, chance) ->
              connection < 20
                  ? connection % 3 == 0
                      ? LinkFault.resetAt(LinkFault.Way.DOWN, random.nextInt(300))
                      : LinkFault.resetAt(LinkFault.Way.UP, random.nextInt(8_000))
                  : LinkFault.none());
      String url = server.getScheme() + "://localhost:" + network.port();
      try (WhippetClient client = builderFor(url).batchMessages(11).open()) {
        for (int i = 0; i < 1_000; i++) {
          client.send(Message.of("m" + i));
        }
        flush(client);
        assertThat(client.status().attempts()).isGreaterThan(3);

        Admin.Topic topic = client.admin().topic(stream, "t");
        List<ReceivedMessage> read =
            read(client.consumer().startAtFirst().open(), (int) topic.messages());
        Set<String> seen = new HashSet<>();
        int next = 0;
        for (ReceivedMessage message : read) {
          if (seen.add(message.text())) {
            assertThat(message.text()).as("seed " + seed).isEqualTo("m" + next++);
          }
        }
        assertThat(next).as("seed " + seed).isEqualTo(1_000);
        if (broker != null) {
          assertThat(read).as("once, seed " + seed).hasSize(1_000);
        }
        System.out.println("AnyServerTest " + transport + ": " + read.size() + " for 1000 sent");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void groupsAndOffsetsWork(String transport) throws Exception {
    try (WhippetClient client = builder(transport).createIfMissing(4).open();
        WhippetClient other = builder(transport).outbox(new File(directory, "other")).open()) {
      for (int i = 0; i < 40; i++) {
        client.send(Message.builder().payload("m" + i).partition(i % 4).build());
      }
      flush(client);
      Set<String> all = Collections.synchronizedSet(new HashSet<>());
      Consumer first = client.consumer().group("g").open();
      Consumer second = other.consumer().group("g").open();
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                take(first, all);
                take(second, all);
                return all.size() == 40;
              });
      second.close();
      first.close();
      assertThat(client.admin().groups(stream, "t").get(0).members()).isZero();
      assertThat(client.admin().groupOffset(stream, "t", "g", 0)).isEqualTo(9);

      try (Consumer named = client.consumer().name("c").partition(1).open()) {
        assertThat(named.poll(4, 180, TimeUnit.SECONDS).size()).isEqualTo(4);
      }
      assertThat(client.admin().offset(stream, "t", "c", 1)).isEqualTo(3);
      assertThat(read(client.consumer().name("c").partition(1).open(), 6).get(0).offset())
          .isEqualTo(4);
    }
  }

  private static void take(Consumer consumer, Set<String> into) throws InterruptedException {
    Batch batch = consumer.poll(5, 0, TimeUnit.SECONDS);
    for (ReceivedMessage message : batch) {
      into.add(message.text());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void refusalsAreTypedAndParked(String transport) throws Exception {
    try (WhippetClient client =
        builder(transport).credentials(Credentials.password(USER, "wrong")).open()) {
      client.send(Message.of("kept"));
      await().atMost(PATIENCE).until(() -> client.state() == ConnectionState.REFUSED);
      assertThat(client.status().problem()).isEqualTo(WhippetException.Code.CREDENTIALS_REFUSED);
      client.credentials(Credentials.password(USER, PASSWORD));
      flush(client);
      assertThatThrownBy(() -> client.admin().createGroup(stream, "nowhere", "g"))
          .isInstanceOfSatisfying(
              WhippetException.class,
              e -> assertThat(e.code()).isEqualTo(WhippetException.Code.NOT_FOUND));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"tcp", "ws"})
  void anIdleConnectionIsKeptAliveByPings(String transport) throws Exception {
    try (WhippetClient client = builder(transport).keepAlive(100, TimeUnit.MILLISECONDS).open()) {
      client.send(Message.of("m"));
      flush(client);
      long received = client.status().receivedBytes();
      await().atMost(PATIENCE).until(() -> client.status().receivedBytes() >= received + 5 * 8);
      assertThat(client.status().attempts()).isEqualTo(1);
    }
  }
}

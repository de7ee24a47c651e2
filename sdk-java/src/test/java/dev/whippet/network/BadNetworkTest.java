package dev.whippet.network;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.ClientEvents;
import dev.whippet.ClientStatus;
import dev.whippet.ConnectionState;
import dev.whippet.Credentials;
import dev.whippet.Message;
import dev.whippet.Receipt;
import dev.whippet.Tls;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import dev.whippet.internal.wire.Command;
import dev.whippet.testkit.LinkFault;
import dev.whippet.testkit.LinkFault.Way;
import dev.whippet.testkit.LinkTwin;
import dev.whippet.testkit.NameTwin;
import dev.whippet.testkit.ScriptedPeer;
import dev.whippet.testkit.TestCertificates;
import java.io.File;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The session over every kind of bad network that the test kit knows, through the public API. */
@Timeout(300)
final class BadNetworkTest {
  private static final String TOPIC = "s/t";

  @TempDir File directory;

  private final Watch watch = new Watch();
  private ScriptedPeer peer;
  private LinkTwin network;

  @BeforeEach
  void connect() throws Exception {
    peer = ScriptedPeer.whippet().topic(TOPIC, 1);
    network = LinkTwin.to(peer.port(), 1);
  }

  @AfterEach
  void disconnect() throws Exception {
    network.close();
    peer.close();
  }

  /** What the client told; a test waits for what it expects. */
  private static final class Watch extends ClientEvents {
    private final List<String> failures = new ArrayList<>();

    @Override
    public synchronized void stateChanged(ConnectionState from, ConnectionState to, String why) {
      notifyAll();
    }

    @Override
    public synchronized void attemptFailed(int count, String reason, long nextMillis) {
      failures.add(reason);
      notifyAll();
    }

    synchronized String lastFailure() {
      return failures.isEmpty() ? "" : failures.get(failures.size() - 1);
    }

    synchronized int failures() {
      return failures.size();
    }
  }

  private static void await(String what, BooleanSupplier condition) throws InterruptedException {
    Object lock = new Object();
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(180);
    synchronized (lock) {
      while (!condition.getAsBoolean()) {
        assertThat(System.nanoTime()).as("waited in vain for " + what).isLessThan(deadline);
        lock.wait(5);
      }
    }
  }

  private String url(boolean webSocket) {
    return (webSocket ? "ws" : "tcp") + "://127.0.0.1:" + network.port();
  }

  private WhippetClient.Builder builder(String url, String... others) {
    return WhippetClient.builder()
        .url(url, others)
        .credentials(Credentials.password("user", "secret"))
        .destination("s", "t")
        .outbox(directory)
        .backoff(1, 20, TimeUnit.MILLISECONDS)
        .requestTimeout(60, TimeUnit.SECONDS)
        .events(watch);
  }

  private static void flush(WhippetClient client) throws InterruptedException {
    assertThat(client.flush(180, TimeUnit.SECONDS)).as(client.status().toString()).isTrue();
  }

  private static List<String> numbers(int to) {
    List<String> numbers = new ArrayList<>();
    for (int i = 1; i <= to; i++) {
      numbers.add("m" + i);
    }
    return numbers;
  }

  private static void send(WhippetClient client, int from, int to) {
    for (String text : numbers(to).subList(from - 1, to)) {
      client.send(Message.of(text));
    }
  }

  private static WhippetException.Code problem(WhippetClient client) {
    ClientStatus status = client.status();
    return status.problem();
  }

  // --- who answers there ------------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aCaptivePortalIsToldApartAndPassed(boolean webSocket) throws Exception {
    network.script(LinkFault.captivePortal(), LinkFault.captivePortal(), LinkFault.captivePortal());
    try (WhippetClient client = builder(url(webSocket)).open()) {
      send(client, 1, 5);
      await("a failure", () -> watch.failures() > 0);
      assertThat(watch.lastFailure()).contains("captive portal");
      flush(client);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(5));
  }

  @Test
  void whoeverAcceptsAndSaysNothingIsLeft() throws Exception {
    network.script(LinkFault.silent(), LinkFault.silent());
    try (WhippetClient client = builder(url(true)).connectTimeout(1, TimeUnit.SECONDS).open()) {
      send(client, 1, 5);
      await("a failure", () -> watch.failures() > 0);
      assertThat(watch.lastFailure()).contains("not connected within 1000 ms");
      flush(client);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(5));
  }

  @Test
  void aFatalAlertIsTold() throws Exception {
    network.otherwise((connection, random) -> LinkFault.tlsAlert());
    try (WhippetClient client = builder("tls://localhost:" + network.port()).open()) {
      await("two failures", () -> watch.failures() > 1);
      assertThat(watch.lastFailure()).contains("TLS:").contains("handshake_failure");
      assertThat(problem(client)).isEqualTo(WhippetException.Code.TLS_FAILED);
    }
  }

  @Test
  void aNameThatIsNotThereIsAskedForAgainUntilItIs() throws Exception {
    NameTwin names = new NameTwin();
    try (WhippetClient client =
        builder("tcp://gateway.example:" + network.port()).resolver(names).open()) {
      send(client, 1, 5);
      await("two failures", () -> watch.failures() > 1);
      assertThat(watch.lastFailure()).contains("name gateway.example can't be resolved");
      names.name("gateway.example", "127.0.0.1");
      flush(client);
      assertThat(names.questions()).isGreaterThan(2);
    }
  }

  @Test
  void aResolverThatHangsHoldsUpNeitherStorageNorClose() throws Exception {
    NameTwin names = new NameTwin();
    names.hang(true);
    try (WhippetClient client =
        builder("tcp://gateway.example:" + network.port())
            .connectTimeout(50, TimeUnit.MILLISECONDS)
            .resolver(names)
            .open()) {
      Receipt receipt = client.send(Message.of("x"));
      assertThat(receipt.awaitStored(180, TimeUnit.SECONDS)).isTrue();
      await("five failures", () -> watch.failures() > 4);
      assertThat(names.questions()).as("threads that hang").isEqualTo(1);
    } finally {
      names.hang(false);
    }
  }

  @Test
  void addressesRaceWithinOneAttempt() throws Exception {
    NameTwin names = new NameTwin().name("gateway.example", "127.0.0.2", "::1", "127.0.0.1");
    try (WhippetClient client =
        builder("tcp://gateway.example:" + network.port()).resolver(names).open()) {
      send(client, 1, 5);
      flush(client);
      assertThat(client.status().attempts()).isEqualTo(1);
    }
  }

  // --- links that die quietly -------------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(strings = {"UP", "DOWN"})
  void aStallOfEitherWayIsFoundByTheRequestsTimeOut(String way) throws Exception {
    try (WhippetClient client =
        builder(url(true)).requestTimeout(500, TimeUnit.MILLISECONDS).open()) {
      send(client, 1, 5);
      flush(client);
      network.script(LinkFault.none());
      network.stall(Way.valueOf(way), true);
      send(client, 6, 10);
      await("the stall to be found", () -> watch.failures() > 0);
      network.stall(false);
      flush(client);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(10));
  }

  @Test
  void aWriteThatStallsInTheMiddleIsFound() throws Exception {
    network.script(LinkFault.stallAt(Way.UP, 100_000));
    try (WhippetClient client =
        builder(url(false)).requestTimeout(1, TimeUnit.SECONDS).messageBytesMax(1 << 22).open()) {
      client.send(Message.builder().payload(new byte[3 << 20]).build());
      flush(client);
      assertThat(client.status().attempts()).isGreaterThan(1);
    }
    assertThat(peer.stored(TOPIC, 0)).hasSize(1);
  }

  @Test
  void aHintFindsADeadConnectionLongBeforeTheTimeOut() throws Exception {
    try (WhippetClient client = builder(url(true)).requestTimeout(1, TimeUnit.HOURS).open()) {
      send(client, 1, 5);
      flush(client);
      network.stall(true);
      send(client, 6, 10);

      client.networkAvailable();
      await("the dead link to be found", () -> watch.failures() > 0);
      network.stall(false);
      flush(client);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(10));
  }

  @Test
  void aHintOnAWorkingConnectionChangesNothing() throws Exception {
    try (WhippetClient client = builder(url(true)).open()) {
      send(client, 1, 5);
      flush(client);
      int pings = peer.requests(Command.PING);
      for (int i = 0; i < 100; i++) {
        client.networkAvailable();
      }
      await("a ping", () -> peer.requests(Command.PING) > pings);
      send(client, 6, 10);
      flush(client);
      assertThat(client.status().attempts()).isEqualTo(1);
    }
  }

  @Test
  void overTlsATurnedBitCostsTheConnectionAndNoMessage() throws Exception {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("BadNetworkTest seed " + seed);
    Random random = new Random(seed);
    TestCertificates authority = TestCertificates.authority();
    TestCertificates.Owner server = authority.issue("localhost", -1, 1);
    Tls tls = Tls.builder().authorities(authority.own().certificateIn(directory)).build();
    try (ScriptedPeer secured =
            ScriptedPeer.secured(server.context(null).getServerSocketFactory()).topic(TOPIC, 1);
        LinkTwin bad = LinkTwin.to(secured.port(), seed)) {
      bad.otherwise(
          (connection, chance) ->
              connection < 25
                  ? LinkFault.corruptAt(
                      random.nextInt(3) == 0 ? Way.UP : Way.DOWN, random.nextInt(1_500))
                  : LinkFault.none());
      try (WhippetClient client =
          builder("tls://localhost:" + bad.port())
              .tls(tls)
              .connectTimeout(1, TimeUnit.SECONDS)
              .requestTimeout(1, TimeUnit.SECONDS)
              .batchMessages(5)
              .open()) {
        for (int i = 1; i <= 500; i++) {
          client.send(Message.of("m" + i));
        }
        flush(client);
        assertThat(client.status().attempts()).as("seed " + seed).isGreaterThan(1);
      }
      assertThat(secured.texts(TOPIC, 0)).as("seed " + seed).isEqualTo(numbers(500));
    }
  }

  @Test
  void aSlowLinkIsNoDeadLink() throws Exception {
    network.latency(100, 50);
    network.bandwidth(400_000);
    try (WhippetClient client = builder(url(true)).batchBytes(8 << 20).open()) {
      client.send(Message.builder().payload(new byte[800_000]).build());
      flush(client);
      assertThat(client.status().attempts()).isEqualTo(1);
    }
    assertThat(peer.stored(TOPIC, 0)).hasSize(1);
  }

  @Test
  void resetsAtEveryByteLoseAndDoubleNothing() throws Exception {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("BadNetworkTest seed " + seed);
    Random random = new Random(seed);
    int rounds = Integer.getInteger("whippet.rounds", 60);
    network.otherwise(
        (connection, chance) ->
            connection < rounds
                ? LinkFault.resetAt(
                    random.nextInt(3) == 0 ? Way.DOWN : Way.UP, random.nextInt(3_000))
                : LinkFault.none());
    try (WhippetClient client = builder(url(true)).batchMessages(7).open()) {
      for (int i = 1; i <= 2_000; i++) {
        client.send(Message.of("m" + i));
        if (i % 100 == 0) {
          network.cut();
        }
      }
      flush(client);
      assertThat(client.status().attempts()).isGreaterThan(10);
    }
    assertThat(peer.texts(TOPIC, 0)).as("seed " + seed).isEqualTo(numbers(2_000));
  }

  @Test
  void aConnectionStringIsAllThatIsNeeded() throws Exception {
    String host = "127.0.0.1:" + network.port();
    try (WhippetClient client =
        WhippetClient.builder()
            .connectionString("whippet://user:secret@" + host + "/s/t?path=/edge&linger=0ms")
            .outbox(directory)
            .open()) {
      send(client, 1, 5);
      flush(client);
      assertThat(client.status().toString()).doesNotContain("secret");
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(5));
  }

  // --- several servers --------------------------------------------------------------------------

  @Test
  void theNextServerIsTakenAndTheFirstOneWhenItIsBack() throws Exception {
    try (ScriptedPeer second = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      network.down();
      try (WhippetClient client =
          builder(url(false), second.tcpUrl()).failBack(1, TimeUnit.SECONDS).open()) {
        send(client, 1, 5);
        flush(client);
        assertThat(second.texts(TOPIC, 0)).isEqualTo(numbers(5));
        assertThat(client.status().endpoint()).isEqualTo(second.tcpUrl());

        network.up();
        await("the way back", () -> client.status().endpoint().equals(url(false)));
        client.send(Message.of("back"));
        flush(client);
        assertThat(peer.texts(TOPIC, 0)).containsExactly("back");
      }
    }
  }

  // --- pause ------------------------------------------------------------------------------------

  private static long netThreads() {
    return threads("whippet-net");
  }

  private static long threads(String name) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().equals(name))
        .count();
  }

  @Test
  void aPauseLeavesNoThreadAndNoSocketAndSendsAreStored() throws Exception {
    try (WhippetClient client = builder(url(true)).open()) {
      for (int round = 0; round < 5; round++) {
        send(client, 10 * round + 1, 10 * round + 5);
        flush(client);

        client.pause();

        assertThat(client.state()).isEqualTo(ConnectionState.PAUSED);
        await("the net's thread to end", () -> netThreads() == 0);
        await("the socket to go", () -> peer.openConnections() == 0);
        for (int i = 10 * round + 6; i <= 10 * round + 10; i++) {
          assertThat(client.send(Message.of("m" + i)).awaitStored(180, TimeUnit.SECONDS)).isTrue();
        }
        await("the store's thread to end", () -> threads("whippet-store") == 0);
        client.networkAvailable();
        assertThat(client.status().nextAttemptMillis()).isEqualTo(-1);
        client.resume();
      }
      flush(client);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(50));
    await("the net's thread to end", () -> netThreads() == 0);
  }

  @Test
  void pausesAndResumesOfManyThreadsEndInTheLastWish() throws Exception {
    try (WhippetClient client = builder(url(false)).open()) {
      List<Thread> threads = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        Random random = new Random(i);
        Thread thread =
            new Thread(
                () -> {
                  for (int k = 0; k < 50; k++) {
                    if (random.nextBoolean()) {
                      client.pause();
                    } else {
                      client.resume();
                    }
                  }
                });
        thread.start();
        threads.add(thread);
      }
      send(client, 1, 100);
      for (Thread thread : threads) {
        thread.join();
      }
      client.pause();
      await("all threads to end", () -> netThreads() == 0);
      client.resume();
      flush(client);
      await("one thread", () -> netThreads() == 1);
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(100));
  }

  @Test
  void aPausedClientCloses() throws Exception {
    WhippetClient client = builder(url(false)).open();
    client.pause();
    client.close();
    client.resume();

    assertThat(client.state()).isEqualTo(ConnectionState.CLOSED);
    await("all threads to end", () -> netThreads() == 0);
  }

  @Test
  void closeWithATimeDeliversFirst() throws Exception {
    WhippetClient client = builder(url(false)).open();
    send(client, 1, 100);

    assertThat(client.close(180, TimeUnit.SECONDS)).isTrue();
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(100));
    assertThat(client.close(1, TimeUnit.SECONDS)).isTrue();
  }

  // --- credentials ------------------------------------------------------------------------------

  @Test
  void newCredentialsEndARefusalAtOnce() throws Exception {
    peer.password("other");
    try (WhippetClient client = builder(url(true)).backoff(1, 24, TimeUnit.HOURS).open()) {
      send(client, 1, 5);
      await("the refusal", () -> client.state() == ConnectionState.REFUSED);
      assertThat(problem(client)).isEqualTo(WhippetException.Code.CREDENTIALS_REFUSED);
      assertThat(client.status().nextAttemptMillis()).isGreaterThan(3_600_000);

      client.credentials(Credentials.password("user", "other"));
      flush(client);

      assertThat(problem(client)).isNull();
    }
    assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(5));
  }

  @Test
  void aProviderIsAskedBeforeEachLoginAndItsSecretsAreToldNowhere() throws Exception {
    AtomicInteger asked = new AtomicInteger();
    Credentials.Provider provider =
        () -> {
          if (asked.incrementAndGet() < 3) {
            throw new IllegalStateException("hush");
          }
          return Credentials.password("user", "secret");
        };
    try (WhippetClient client = builder(url(true)).credentials(provider).open()) {
      send(client, 1, 5);
      flush(client);
      assertThat(asked).hasValue(3);
      assertThat(watch.lastFailure()).contains("provider threw").doesNotContain("hush");
      network.cut();
      client.send(Message.of("m6"));
      flush(client);
      assertThat(asked).hasValue(4);
    }
  }

  // --- for years --------------------------------------------------------------------------------

  @Test
  void thousandsOfFailedAttemptsLeaveNothingBehind() throws Exception {
    int port;
    try (ServerSocket closed = new ServerSocket(0)) {
      port = closed.getLocalPort();
    }
    int rounds = Integer.getInteger("whippet.rounds", 2_000);
    network.otherwise((connection, random) -> LinkFault.resetAtStart());
    NameTwin names = new NameTwin().name("gone.example", "127.0.0.1");
    try (WhippetClient client =
        builder(url(true), "tcp://127.0.0.1:" + port, "tls://gone.example:" + port)
            .backoff(1, 1, TimeUnit.MILLISECONDS)
            .resolver(names)
            .open()) {
      await("the first attempts", () -> client.status().attempts() > 500);
      long descriptors = descriptors();
      int threads = Thread.activeCount();
      long heap = heap();

      await("the attempts", () -> client.status().attempts() > rounds);

      assertThat(descriptors()).isLessThan(descriptors + 20);
      assertThat(Thread.activeCount()).isLessThan(threads + 10);
      assertThat(heap()).isLessThan(heap + (8 << 20));
    }
  }

  private static long descriptors() {
    String[] open = new File("/proc/self/fd").list();
    return open == null ? 0 : Arrays.asList(open).size();
  }

  private static long heap() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }
}

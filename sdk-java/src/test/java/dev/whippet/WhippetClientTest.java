package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Status;
import dev.whippet.testkit.ScriptedPeer;
import dev.whippet.testkit.ScriptedPeer.Twist;
import java.io.File;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client with a real outbox against a scripted peer over real sockets. */
@Timeout(300)
final class WhippetClientTest {
  private static final String TOPIC = "s/t";

  @TempDir File directory;

  private final RecordedEvents events = new RecordedEvents();

  private WhippetClient.Builder builder(String url) {
    return WhippetClient.builder()
        .url(url)
        .credentials(Credentials.password("user", "secret"))
        .destination("s", "t")
        .outbox(directory)
        .backoff(1, 20, TimeUnit.MILLISECONDS)
        .requestTimeout(5, TimeUnit.SECONDS)
        .events(events);
  }

  private static List<String> numbers(int from, int to) {
    List<String> numbers = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      numbers.add("m" + i);
    }
    return numbers;
  }

  private static Receipt send(WhippetClient client, int from, int to) {
    Receipt last = null;
    for (String text : numbers(from, to)) {
      last = client.send(Message.of(text));
    }
    return last;
  }

  private static void flush(WhippetClient client) throws InterruptedException {
    assertThat(client.flush(20, TimeUnit.SECONDS))
        .as(client.state() + ": " + client.status().reason() + ", " + client.backlog())
        .isTrue();
  }

  // --- the good case ----------------------------------------------------------------------------

  @ParameterizedTest
  @CsvSource({"true, true", "true, false", "false, true", "false, false"})
  void deliversInOrderAndSaysWithWhichGuarantee(boolean whippet, boolean webSocket)
      throws Exception {
    try (ScriptedPeer peer = whippet ? ScriptedPeer.whippet() : ScriptedPeer.stock()) {
      peer.topic(TOPIC, 1);
      try (WhippetClient client =
          builder(webSocket ? peer.wsUrl() : peer.tcpUrl()).batchMessages(7).open()) {

        Receipt first = client.send(Message.of("m1"));
        Receipt last = send(client, 2, 500);

        assertThat(last.awaitStored(20, TimeUnit.SECONDS)).isTrue();
        assertThat(last.awaitDelivered(20, TimeUnit.SECONDS)).isTrue();
        assertThat(first.state()).isEqualTo(Receipt.State.DELIVERED);
        assertThat(last.sequence()).isEqualTo(500);
        assertThat(last.guarantee()).isEqualTo(whippet ? Guarantee.ONCE : Guarantee.AT_LEAST_ONCE);
        flush(client);
        assertThat(client.backlog().messages()).isZero();
      }
      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 500));
    }
  }

  @Test
  void whatIsSentArrivesAsItWas() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 3);
        WhippetClient client = builder(peer.wsUrl()).open()) {
      Message message =
          Message.builder()
              .payload(new byte[] {0, 1, -1})
              .partition(2)
              .header("unit", "°C")
              .header("n", Header.Kind.UINT16, new byte[] {(byte) 0xff, (byte) 0xff})
              .build();

      client.send(message);
      flush(client);

      Consumer consumer = client.consumer().partition(2).open();
      ReceivedMessage received = consumer.poll(10, 5, TimeUnit.SECONDS).messages().get(0);
      assertThat(received.payload()).containsExactly(0, 1, -1);
      assertThat(received.header("unit")).isEqualTo("°C");
      assertThat(received.headers().get(1).number()).isEqualTo(65_535);
      assertThat(received.partition()).isEqualTo(2);
      assertThat(received.originTimestampMicros()).isPositive();
    }
  }

  @Test
  void aListenerIsToldEachStateOnce() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      WhippetClient client = builder(peer.tcpUrl()).open();
      List<Receipt.State> told = new ArrayList<>();
      Receipt.Listener listener =
          receipt -> {
            synchronized (told) {
              told.add(receipt.state());
            }
          };

      Receipt receipt = client.send(Message.of("x"), listener);
      flush(client);
      assertThat(receipt.awaitDelivered(5, TimeUnit.SECONDS)).isTrue();
      client.close();

      synchronized (told) {
        assertThat(told).hasSizeBetween(1, 2);
        assertThat(told.get(told.size() - 1)).isEqualTo(Receipt.State.DELIVERED);
      }
    }
  }

  // --- promise X: cuts at every step ------------------------------------------------------------

  @ParameterizedTest
  @EnumSource(
      value = Twist.class,
      names = {"CUT_BEFORE", "CUT_AFTER", "CUT_INSIDE_REPLY"})
  void aCutAtAnyStepLosesAndDoublesNothing(Twist twist) throws Exception {
    // login, hello, get_topic, producer_state, then 7 publishes: beyond 14 nothing is cut.
    for (int step = 0; step < 14; step++) {
      File outbox = new File(directory, twist + "-" + step);
      int at = step;
      try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
        peer.script((request, code) -> request == at ? twist : Twist.NONE);
        try (WhippetClient client = builder(peer.tcpUrl()).outbox(outbox).batchMessages(3).open()) {
          send(client, 1, 20);
          flush(client);
        }
        assertThat(peer.texts(TOPIC, 0)).as(twist + " at " + step).isEqualTo(numbers(1, 20));
      }
    }
    assertThat(events.gaps()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6})
  void manyRandomCutsLoseAndDoubleNothing(long seed) throws Exception {
    java.util.Random random = new java.util.Random(seed);
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 3)) {
      peer.script(
          (request, code) -> {
            Twist[] twists = {Twist.CUT_BEFORE, Twist.CUT_AFTER, Twist.CUT_INSIDE_REPLY};
            return random.nextInt(4) == 0 ? twists[random.nextInt(3)] : Twist.NONE;
          });
      try (WhippetClient client = builder(peer.wsUrl()).batchMessages(5).open()) {
        for (int i = 1; i <= 200; i++) {
          client.send(Message.builder().payload("m" + i).key("k" + i % 7).build());
        }
        flush(client);
      }
      int stored = 0;
      for (int partition = 0; partition < 3; partition++) {
        List<ScriptedPeer.Stored> log = peer.stored(TOPIC, partition);
        stored += log.size();
        long before = 0;
        for (ScriptedPeer.Stored record : log) {
          assertThat(record.sequence).as("seed " + seed).isGreaterThan(before);
          before = record.sequence;
        }
      }
      assertThat(stored).as("seed " + seed).isEqualTo(200);
    }
  }

  @Test
  void towardsAStockServerACutKeepsOrderAndIds() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic(TOPIC, 1)) {
      peer.script((request, code) -> request % 9 == 8 ? Twist.CUT_AFTER : Twist.NONE);
      try (WhippetClient client = builder(peer.tcpUrl()).batchMessages(3).open()) {
        send(client, 1, 60);
        flush(client);
      }
      List<String> once = new ArrayList<>();
      HashSet<String> ids = new HashSet<>();
      for (ScriptedPeer.Stored record : peer.stored(TOPIC, 0)) {
        if (ids.add(record.id)) {
          once.add(record.text());
        }
      }
      assertThat(once).isEqualTo(numbers(1, 60));
      assertThat(peer.stored(TOPIC, 0).size()).isGreaterThan(60);
    }
  }

  @Test
  void whatWasNotDeliveredIsDeliveredByTheNextProcess() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.script((request, code) -> code == Command.PUBLISH ? Twist.CUT_AFTER : Twist.NONE);
      try (WhippetClient client = builder(peer.tcpUrl()).batchMessages(1).open()) {
        send(client, 1, 50).awaitStored(20, TimeUnit.SECONDS);
        events.awaitFailures(3);
      }
      peer.script((request, code) -> Twist.NONE);

      try (WhippetClient client = builder(peer.tcpUrl()).open()) {
        assertThat(client.send(Message.of("m51")).sequence()).isGreaterThan(50);
        flush(client);
      }

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 51));
    }
  }

  // --- promises O and L: stalls, time-outs, overload --------------------------------------------

  @ParameterizedTest
  @EnumSource(
      value = Twist.class,
      names = {"STALL", "STALL_AFTER"})
  void aStalledLinkIsFoundAndDelaysNoStorage(Twist twist) throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.script((request, code) -> request == 4 ? twist : Twist.NONE);
      try (WhippetClient client =
          builder(peer.wsUrl()).requestTimeout(300, TimeUnit.MILLISECONDS).open()) {
        send(client, 1, 10);

        assertThat(send(client, 11, 20).awaitStored(20, TimeUnit.SECONDS)).isTrue();
        flush(client);

        assertThat(events.reason(ConnectionState.WAITING)).contains("no answer to");
      }
      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 20));
    }
  }

  @Test
  void anIdleLinkIsPingedAndAHalfOpenOneIsFound() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet()) {
      peer.script((request, code) -> request == 4 ? Twist.STALL : Twist.NONE);
      try (WhippetClient client =
          WhippetClient.builder()
              .url(peer.tcpUrl())
              .credentials(Credentials.password("user", "secret"))
              .keepAlive(100, TimeUnit.MILLISECONDS)
              .requestTimeout(200, TimeUnit.MILLISECONDS)
              .events(events)
              .open()) {

        events.awaitState(ConnectionState.WAITING);

        assertThat(events.reason(ConnectionState.WAITING)).contains("no answer to ping");
        assertThat(peer.requests(Command.PING)).isGreaterThanOrEqualTo(3);
        assertThat(client.backlog().messages()).isZero();
      }
    }
  }

  @Test
  void noMoreThanGrantedIsInFlight() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.publishesInFlightMax(2);
      peer.script((request, code) -> code == Command.PUBLISH ? Twist.STALL : Twist.NONE);
      try (WhippetClient client =
          builder(peer.tcpUrl())
              .batchMessages(1)
              .requestTimeout(200, TimeUnit.MILLISECONDS)
              .open()) {
        send(client, 1, 20);
        events.awaitFailures(3);
      }
      // One was read, and swallowed; the model saw none. The rest never left.
      assertThat(peer.requests(Command.PUBLISH)).isLessThanOrEqualTo(4);
    }
  }

  @Test
  void aFullOutboxRefusesAtOnceAndGoesOnWhenThereIsRoom() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.down();
      try (WhippetClient client = builder(peer.tcpUrl()).outboxBounds(1 << 20, 10).open()) {
        send(client, 1, 10);

        assertThatThrownBy(() -> client.send(Message.of("m11")))
            .isInstanceOfSatisfying(
                WhippetException.class,
                e -> assertThat(e.code()).isEqualTo(WhippetException.Code.OUTBOX_FULL));
        peer.up();
        flush(client);
        client.send(Message.of("m11"));
        flush(client);
      }
      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 11));
    }
  }

  // --- parked: nothing is dropped, nothing hammers ----------------------------------------------

  @Test
  void wrongCredentialsParkWithTheirReasonAndDropNothing() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.password("other");
      try (WhippetClient client = builder(peer.wsUrl()).open()) {
        send(client, 1, 5);
        events.awaitState(ConnectionState.REFUSED);

        assertThat(events.reason(ConnectionState.REFUSED)).contains("wrong").contains("user");
        assertThat(events.reason(ConnectionState.REFUSED)).doesNotContain("secret");
        peer.password("secret");
        flush(client);
      }
      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 5));
    }
  }

  @Test
  void aMissingTopicParksUntilItIsThere() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet();
        WhippetClient client = builder(peer.wsUrl()).open()) {
      send(client, 1, 5);
      events.awaitState(ConnectionState.BLOCKED);

      assertThat(events.reason(ConnectionState.BLOCKED)).contains("s/t does not exist");
      peer.topic(TOPIC, 1);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 5));
      assertThat(peer.connections()).isEqualTo(1);
    }
  }

  @Test
  void aMissingTopicIsMadeWhenAskedTo() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock();
        WhippetClient client = builder(peer.tcpUrl()).createIfMissing(2).open()) {
      client.send(Message.builder().payload("m1").partition(1).build());
      flush(client);

      assertThat(peer.texts(TOPIC, 1)).containsExactly("m1");
    }
  }

  @Test
  void aTopicDeletedUnderWayIsMadeAnewAndGetsTheRest() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).createIfMissing(1).open()) {
      send(client, 1, 5);
      flush(client);
      peer.deleteTopic(TOPIC);

      send(client, 6, 10);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(6, 10));
      assertThat(events.gaps()).isEmpty();
    }
  }

  @Test
  void retryLaterIsObeyedAndEnds() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      peer.refuse(Command.PUBLISH, Status.RETRY_LATER);
      send(client, 1, 5);
      events.awaitState(ConnectionState.BLOCKED);
      peer.refuse(Command.PUBLISH, 0);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 5));
      assertThat(peer.connections()).isEqualTo(1);
    }
  }

  @Test
  void aMissingPermissionParks() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      peer.refuse(Command.SEND_MESSAGES, Status.UNAUTHORIZED);
      send(client, 1, 5);
      events.awaitState(ConnectionState.BLOCKED);
      assertThat(events.reason(ConnectionState.BLOCKED)).contains("41");
      peer.refuse(Command.SEND_MESSAGES, 0);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 5));
    }
  }

  // --- whippet-extension.md 3 -------------------------------------------------------------------

  @Test
  void aFencedOutboxIsATypedEndAndNoStorm() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      peer.fenceBelow(1_000);
      try (WhippetClient client = builder(peer.tcpUrl()).open()) {
        Receipt receipt = client.send(Message.of("m1"));
        events.awaitState(ConnectionState.FENCED);

        assertThat(receipt.awaitStored(20, TimeUnit.SECONDS)).isTrue();
        assertThatThrownBy(() -> receipt.awaitDelivered(20, TimeUnit.SECONDS))
            .isInstanceOfSatisfying(
                WhippetException.class,
                e -> assertThat(e.code()).isEqualTo(WhippetException.Code.FENCED));
        client.networkAvailable();
        assertThatThrownBy(() -> client.admin().streams())
            .isInstanceOf(WhippetException.class)
            .hasMessageContaining("identity");
        assertThat(peer.connections()).isEqualTo(1);
      }
    }
  }

  @Test
  void aBrokerThatForgotTheProducerIsReportedAsUnknownOutcome() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      try (WhippetClient client = builder(peer.tcpUrl()).open()) {
        send(client, 1, 5);
        flush(client);
        peer.script(WhippetClientTest::cutBeforeItTellsWhatItHas);
        send(client, 6, 10);
        events.awaitFailures(1);
        peer.forgetProducers();
        peer.script((request, code) -> Twist.NONE);
        peer.cut();
        flush(client);

        events.awaitGaps(1);
        Gap gap = events.gaps().get(0);
        assertThat(gap.kind()).isEqualTo(Gap.Kind.UNKNOWN_OUTCOME);
        assertThat(gap.firstSequence()).isEqualTo(6);
        assertThat(gap.lastSequence()).isBetween(6L, 10L);
        assertThat(new HashSet<>(peer.texts(TOPIC, 0))).isEqualTo(new HashSet<>(numbers(1, 10)));
      }
    }
  }

  private static Twist cutBeforeItTellsWhatItHas(int request, int code) {
    return code == Command.PUBLISH
        ? Twist.CUT_AFTER
        : code == Command.PRODUCER_STATE ? Twist.CUT_BEFORE : Twist.NONE;
  }

  @Test
  void aBrokerThatLostItsTailIsReported() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      send(client, 1, 5);
      flush(client);
      peer.highestSequence(3);
      peer.cut();

      client.send(Message.of("m6"));
      flush(client);

      events.awaitGaps(1);
      Gap gap = events.gaps().get(0);
      assertThat(gap.kind()).isEqualTo(Gap.Kind.LOST_BY_BROKER);
      assertThat(gap.firstSequence()).isEqualTo(4);
      assertThat(gap.lastSequence()).isEqualTo(5);
    }
  }

  @Test
  void anOldCopyTakesANewIdentity() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      send(client, 1, 5);
      flush(client);
      peer.highestSequence(1L << 50);
      peer.cut();

      send(client, 6, 10);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 10));
    }
  }

  @Test
  void anotherBrokerIsNotAssumedToHaveAnything() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      send(client, 1, 5);
      flush(client);
      peer.brokerId(2);
      peer.forgetProducers();
      peer.topic(TOPIC, 1);
      peer.cut();

      send(client, 6, 10);
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(6, 10));
      assertThat(events.gaps()).isEmpty();
    }
  }

  @Test
  void whatMayHaveBeenSentKeepsItsPartitionWhenPartitionsAreAdded() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 2);
        WhippetClient client = builder(peer.tcpUrl()).open()) {
      for (int i = 0; i < 20; i++) {
        client.send(Message.builder().payload("a" + i).key("k" + i).build());
      }
      flush(client);
      peer.script((request, code) -> code == Command.PUBLISH ? Twist.CUT_AFTER : Twist.NONE);
      client.send(Message.builder().payload("b").key("k1").build());
      events.awaitFailures(1);
      peer.addPartitions(TOPIC, 3);
      peer.script((request, code) -> Twist.NONE);
      flush(client);
      for (int i = 0; i < 20; i++) {
        client.send(Message.builder().payload("c" + i).key("k" + i).build());
      }
      flush(client);

      List<String> all = new ArrayList<>();
      int added = 0;
      for (int partition = 0; partition < 5; partition++) {
        all.addAll(peer.texts(TOPIC, partition));
        added += partition < 2 ? 0 : peer.texts(TOPIC, partition).size();
      }
      assertThat(all).hasSize(41).doesNotHaveDuplicates();
      assertThat(added).isPositive();
    }
  }

  // --- restarts of the peer ---------------------------------------------------------------------

  @Test
  void theBacklogOfAnOutageDrainsInOrder() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer.wsUrl()).open()) {
      send(client, 1, 100);
      flush(client);
      peer.down();
      Receipt last = send(client, 101, 1_000);
      assertThat(last.awaitStored(20, TimeUnit.SECONDS)).isTrue();
      assertThat(client.backlog().messages()).isPositive();
      assertThat(last.state()).isEqualTo(Receipt.State.STORED);

      peer.up();
      client.networkAvailable();
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(numbers(1, 1_000));
    }
  }
}

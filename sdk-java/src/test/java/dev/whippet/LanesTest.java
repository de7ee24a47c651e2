package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.ScriptedPeer;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Lanes, ages, bounds and rates from the application to a scripted peer over real sockets. */
@Timeout(300) // a hang is a failure
final class LanesTest {
  private static final String TOPIC = "s/t";

  @TempDir File directory;

  private final RecordedEvents events = new RecordedEvents();

  private WhippetClient.Builder builder(ScriptedPeer peer) {
    return WhippetClient.builder()
        .url(peer.wsUrl())
        .credentials(Credentials.password("user", "secret"))
        .destination("s", "t")
        .outbox(directory)
        .batchMessages(50)
        .events(events);
  }

  private static Receipt send(WhippetClient client, Message.Lane lane, String text) {
    return client.send(Message.builder().lane(lane).payload(text).build());
  }

  private static void flush(WhippetClient client) throws InterruptedException {
    assertThat(client.flush(100, TimeUnit.SECONDS)).as(client.backlog().toString()).isTrue();
  }

  @Test
  void theMostUrgentLaneGoesFirstAndEachKeepsItsOrder() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer).open()) {
      client.pause();
      List<String> expected = new ArrayList<>();
      for (Message.Lane lane :
          Arrays.asList(Message.Lane.BULK, Message.Lane.NORMAL, Message.Lane.URGENT)) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
          texts.add(lane + " " + i);
          send(client, lane, lane + " " + i);
        }
        expected.addAll(0, texts);
      }
      assertThat(client.backlog().messages(Message.Lane.BULK)).isEqualTo(200);
      assertThat(client.backlog().messages()).isEqualTo(600);

      client.resume();
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).isEqualTo(expected);
      assertThat(client.backlog().messages()).isZero();
    }
  }

  @Test
  void lanesSurviveARestartAndAStockServer() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic(TOPIC, 1)) {
      try (WhippetClient client = builder(peer).open()) {
        client.pause();
        send(client, Message.Lane.BULK, "bulk");
        send(client, Message.Lane.NORMAL, "normal");
        send(client, Message.Lane.URGENT, "urgent");
      }
      try (WhippetClient client = builder(peer).open()) {
        flush(client);
      }
      assertThat(peer.texts(TOPIC, 0)).containsExactly("urgent", "normal", "bulk");
    }
  }

  @Test
  void whatIsTooOldIsDroppedAndReportedAndItsNeighboursArrive() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer).open()) {
      client.pause();
      List<Receipt> old = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        boolean dies = i % 10 < 3;
        Message.Builder message = Message.builder().payload("m" + i);
        if (dies) {
          message.timeToLive(1, TimeUnit.MILLISECONDS);
        }
        Receipt receipt = client.send(message.build());
        if (dies) {
          old.add(receipt);
        }
      }
      long begin = System.currentTimeMillis();
      while (System.currentTimeMillis() < begin + 5) {
        Thread.onSpinWait();
      }

      client.resume();
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).hasSize(21).doesNotContain("m0", "m12", "m22");
      assertThat(old).allMatch(receipt -> receipt.state() == Receipt.State.DROPPED);
      assertThat(old.get(0).gap().kind()).isEqualTo(Gap.Kind.EXPIRED);
      assertThat(events.gaps()).extracting(Gap::messages).containsExactly(3L, 3L, 3L);
      assertThat(events.gaps()).allMatch(gap -> gap.bytes() > 0);
    }
  }

  @Test
  void atItsBoundTheOldestGoAndTheNewestArrive() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client =
            builder(peer).outboxBounds(1 << 20, 10).overflow(OverflowPolicy.dropOldest()).open()) {
      client.pause();
      List<Receipt> receipts = new ArrayList<>();
      for (int i = 0; i < 30; i++) {
        receipts.add(send(client, Message.Lane.NORMAL, "m" + i));
        receipts.get(i).awaitStored(100, TimeUnit.SECONDS);
      }

      client.resume();
      flush(client);

      assertThat(peer.texts(TOPIC, 0)).hasSize(10).first().isEqualTo("m20");
      assertThat(receipts.subList(0, 20)).allMatch(one -> one.state() == Receipt.State.DROPPED);
      assertThat(events.gaps().stream().mapToLong(Gap::messages).sum()).isEqualTo(20);
    }
  }

  @Test
  void atItsBoundTheNewestGoAndTheReceiptSaysSo() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client =
            builder(peer).outboxBounds(1 << 20, 10).overflow(OverflowPolicy.dropNewest()).open()) {
      client.pause();
      for (int i = 0; i < 10; i++) {
        send(client, Message.Lane.NORMAL, "m" + i);
      }
      Receipt refused = send(client, Message.Lane.URGENT, "too much");

      assertThat(refused.awaitStored(100, TimeUnit.SECONDS)).isFalse();
      assertThat(refused.state()).isEqualTo(Receipt.State.DROPPED);
      assertThat(refused.lane()).isEqualTo(Message.Lane.URGENT);
      client.resume();
      flush(client);
      assertThat(peer.texts(TOPIC, 0)).hasSize(10);
      assertThat(events.gaps().get(0).kind()).isEqualTo(Gap.Kind.OVERFLOW);
    }
  }

  @Test
  void whatIsFreshOvertakesABacklogThatKeepsToItsRate() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1);
        WhippetClient client = builder(peer).freshShare(100).backlogRate(1_000).open()) {
      client.pause();
      for (int i = 0; i < 2_000; i++) {
        send(client, Message.Lane.NORMAL, "old " + i);
      }
      client.resume();
      events.awaitState(ConnectionState.DRAINING);

      Receipt fresh = null;
      for (int i = 0; i < 500; i++) {
        fresh = send(client, Message.Lane.NORMAL, "fresh " + i);
      }
      assertThat(fresh.awaitDelivered(100, TimeUnit.SECONDS)).isTrue();
      assertThat(client.backlog().messages()).isGreaterThan(1_000);

      client.backlogRate(0);
      flush(client);

      List<String> texts = peer.texts(TOPIC, 0);
      assertThat(texts).hasSize(2_500).doesNotHaveDuplicates();
      for (String which : Arrays.asList("old ", "fresh ")) {
        List<String> inOrder = new ArrayList<>();
        for (int i = 0; i < (which.equals("old ") ? 2_000 : 500); i++) {
          inOrder.add(which + i);
        }
        assertThat(texts.stream().filter(text -> text.startsWith(which))).isEqualTo(inOrder);
      }
    }
  }

  @Test
  void theFarSideIsToldAboutGaps() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1).topic("s/gaps", 1);
        WhippetClient client =
            builder(peer)
                .outboxBounds(1 << 20, 10)
                .overflow(OverflowPolicy.dropNewest())
                .gapsTo("s", "gaps")
                .open()) {
      client.pause();
      for (int i = 0; i < 12; i++) {
        send(client, Message.Lane.NORMAL, "m" + i);
      }
      while (events.gaps().stream().mapToLong(Gap::messages).sum() < 2) {
        Thread.onSpinWait();
      }
      client.resume();
      flush(client);

      long reported = 0;
      for (String json : peer.texts("s/gaps", 0)) {
        assertThat(json).contains("\"kind\":\"OVERFLOW\"").contains("\"lane\":\"NORMAL\"");
        reported += Long.parseLong(json.replaceAll(".*\"messages\":(\\d+).*", "$1"));
      }
      assertThat(reported).isEqualTo(2);
    }
  }

  @Test
  void encryptedMessagesArriveAfterARestart() throws Exception {
    OutboxKeys keys =
        new OutboxKeys() {
          @Override
          public byte[] wrap(byte[] key) {
            byte[] wrapped = key.clone();
            for (int i = 0; i < wrapped.length; i++) {
              wrapped[i] ^= 0x55;
            }
            return wrapped;
          }

          @Override
          public byte[] unwrap(byte[] wrapped) {
            return wrap(wrapped);
          }
        };
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic(TOPIC, 1)) {
      try (WhippetClient client = builder(peer).encryption(keys).open()) {
        client.pause();
        send(client, Message.Lane.NORMAL, "secret");
      }
      try (WhippetClient client = builder(peer).encryption(keys).open()) {
        flush(client);
      }
      assertThat(peer.texts(TOPIC, 0)).containsExactly("secret");
    }
  }
}

package dev.whippet.broker.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whippet.Admin;
import dev.whippet.Batch;
import dev.whippet.Consumer;
import dev.whippet.Message;
import dev.whippet.ReceivedMessage;
import dev.whippet.WhippetClient;
import dev.whippet.WhippetException;
import dev.whippet.broker.testkit.BrokerExtension;
import java.io.File;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Consumers of our client, alone and in groups, against our broker over a bad network. */
@Timeout(300)
class GroupConsumerTest {
  private static final Duration PATIENCE = Duration.ofSeconds(180);
  private static final String S = BrokerExtension.STREAM;
  private static final String T = BrokerExtension.TOPIC;

  @RegisterExtension final BrokerExtension broker = new BrokerExtension();

  @TempDir File outbox;

  private void send(WhippetClient client, int from, int to) throws InterruptedException {
    for (int i = from; i <= to; i++) {
      client.send(Message.builder().payload("m" + i).partition(i % 4).build());
    }
    assertThat(client.flush(180, TimeUnit.SECONDS)).as(client.status().toString()).isTrue();
  }

  private WhippetClient publisher() {
    return broker.client().createIfMissing(4).outbox(outbox).open();
  }

  private static void read(Consumer consumer, List<String> into) throws InterruptedException {
    for (ReceivedMessage message : consumer.poll(10, 0, TimeUnit.SECONDS)) {
      into.add(message.text());
    }
  }

  @Test
  void membersShareAndTakeOverFromOneWhoLeaves() throws Exception {
    try (WhippetClient client = publisher();
        WhippetClient other = broker.client().open()) {
      send(client, 1, 40);
      List<String> read = new ArrayList<>();
      List<String> readByOther = new ArrayList<>();
      Consumer first = client.consumer().group("g").open();
      Consumer second = other.consumer().group("g").open();
      read(first, read);
      read(second, readByOther);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                read(first, read);
                read(second, readByOther);
                return read.size() + readByOther.size() >= 40;
              });
      assertThat(client.admin().groups(S, T).get(0).members()).isEqualTo(2);
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                read(first, read);
                read(second, readByOther);
                send(client, 41, 44);
                return !readByOther.isEmpty() && !read.isEmpty();
              });

      second.close();
      assertThat(client.admin().groups(S, T).get(0).members()).isEqualTo(1);
      send(client, 100, 139);
      Set<String> all = new HashSet<>();
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                read(first, read);
                all.addAll(read);
                all.addAll(readByOther);
                return all.contains("m139") && all.size() == 44 + 40;
              });
      first.close();
      assertThat(client.admin().groups(S, T).get(0).members()).isZero();
      assertThat(client.admin().groupOffset(S, T, "g", 0)).isPositive();
    }
  }

  @Test
  void aMemberJoinsAgainAfterEveryCutAndMissesNothing() throws Exception {
    try (WhippetClient client = publisher()) {
      List<String> read = new ArrayList<>();
      Set<String> expected = new HashSet<>();
      Consumer consumer = client.consumer().group("g").open();
      for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++) {
          expected.add("m" + (round * 20 + i));
        }
        send(client, round * 20, round * 20 + 19);
        broker.network().cut();
        read(consumer, read);
        broker.network().cut();
      }
      await()
          .atMost(PATIENCE)
          .until(
              () -> {
                read(consumer, read);
                return new HashSet<>(read).equals(expected);
              });
      assertThat(read).as("within one consumer's life").doesNotHaveDuplicates();
    }
  }

  @Test
  void whatWasNotCommittedIsHandedOutToTheNextMember() throws Exception {
    try (WhippetClient client = publisher()) {
      send(client, 0, 39);
      try (Consumer consumer = client.consumer().group("g").autoCommit(false).open()) {
        Batch batch = consumer.poll(5, 180, TimeUnit.SECONDS);
        consumer.commit(batch);
        assertThat(consumer.poll(100, 180, TimeUnit.SECONDS).isEmpty()).isFalse();
      }
      List<String> read = new ArrayList<>();
      try (Consumer next = client.consumer().group("g").open()) {
        await()
            .atMost(PATIENCE)
            .until(
                () -> {
                  read(next, read);
                  return read.size() >= 35;
                });
      }
      assertThat(read).hasSize(35).doesNotHaveDuplicates();
      assertThat(client.admin().deleteGroup(S, T, "g")).isTrue();
      assertThat(client.admin().deleteGroup(S, T, "g")).isFalse();
    }
  }

  @Test
  void commitsComeAsRarelyAsWanted() throws Exception {
    try (WhippetClient client = publisher()) {
      for (int i = 0; i < 100; i++) {
        client.send(Message.builder().payload("m" + i).partition(0).build());
      }
      assertThat(client.flush(180, TimeUnit.SECONDS)).isTrue();
      Admin admin = client.admin();
      Consumer consumer = client.consumer().name("c").partition(0).commitEvery(50).open();
      for (int i = 0; i < 4; i++) {
        assertThat(consumer.poll(10, 180, TimeUnit.SECONDS).size()).isEqualTo(10);
      }
      assertThat(admin.offset(S, T, "c", 0)).isEqualTo(-1);
      consumer.poll(10, 180, TimeUnit.SECONDS);
      consumer.poll(10, 180, TimeUnit.SECONDS);
      await().atMost(PATIENCE).until(() -> admin.offset(S, T, "c", 0) == 49);
      consumer.close();
      assertThat(admin.offset(S, T, "c", 0)).isEqualTo(59);
      assertThat(admin.deleteOffset(S, T, "c", 0)).isTrue();
      assertThat(admin.offset(S, T, "c", 0)).isEqualTo(-1);
    }
  }

  @Test
  void contradictionsAndFailuresAreToldPlainly() throws Exception {
    try (WhippetClient client = broker.client().createIfMissing(4).open()) {
      assertThatThrownBy(() -> client.consumer().group("g").startAtFirst().open())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the server chooses");
      assertThatThrownBy(() -> client.consumer().autoCommit(false).commitEvery(5).open())
          .hasMessageContaining("autoCommit(true)");
      client.admin().createStream(S);
      assertThatThrownBy(() -> client.admin().createGroup(S, "nowhere", "g"))
          .isInstanceOfSatisfying(
              WhippetException.class,
              e -> assertThat(e.code()).isEqualTo(WhippetException.Code.NOT_FOUND));
    }
  }
}

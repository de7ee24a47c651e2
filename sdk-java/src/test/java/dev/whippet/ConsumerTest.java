package dev.whippet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.internal.wire.Command;
import dev.whippet.testkit.ScriptedPeer;
import dev.whippet.testkit.ScriptedPeer.Twist;
import java.io.File;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
final class ConsumerTest {
  @TempDir File directory;

  private WhippetClient client(ScriptedPeer peer) {
    return WhippetClient.builder()
        .url(peer.wsUrl())
        .credentials(Credentials.password("user", "secret"))
        .destination("s", "t")
        .outbox(directory)
        .backoff(1, 20, TimeUnit.MILLISECONDS)
        .requestTimeout(5, TimeUnit.SECONDS)
        .open();
  }

  private static void fill(WhippetClient client, int from, int to) throws InterruptedException {
    for (int i = from; i <= to; i++) {
      client.send(Message.builder().payload("m" + i).partition(0).build());
    }
    assertThat(client.flush(20, TimeUnit.SECONDS)).isTrue();
  }

  private static List<String> read(Consumer consumer, int count) throws InterruptedException {
    List<String> texts = new ArrayList<>();
    while (texts.size() < count) {
      for (ReceivedMessage message : consumer.poll(7, 10, TimeUnit.SECONDS)) {
        texts.add(message.text());
      }
    }
    return texts;
  }

  private static List<String> numbers(int from, int to) {
    List<String> numbers = new ArrayList<>();
    for (int i = from; i <= to; i++) {
      numbers.add("m" + i);
    }
    return numbers;
  }

  @Test
  void cutsNeitherSkipNorDouble() throws Exception {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("ConsumerTest seed " + seed);
    Random random = new Random(seed);
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      fill(client, 1, 200);
      peer.script(
          (request, code) ->
              random.nextInt(3) > 0 || code == Command.LOGIN_USER
                  ? Twist.NONE
                  : random.nextBoolean() ? Twist.CUT_AFTER : Twist.CUT_BEFORE);

      assertThat(read(client.consumer().open(), 200)).isEqualTo(numbers(1, 200));
    }
  }

  @Test
  void automaticCommitComesAfterTheBatchWasDealtWith() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      fill(client, 1, 20);
      Consumer consumer = client.consumer().name("c").open();

      assertThat(consumer.poll(5, 5, TimeUnit.SECONDS).size()).isEqualTo(5);
      assertThat(peer.offset("c@s/t#0")).isNull();
      assertThat(consumer.poll(5, 5, TimeUnit.SECONDS).size()).isEqualTo(5);
      assertThat(peer.offset("c@s/t#0")).isEqualTo(4);
      consumer.close();
      assertThat(peer.offset("c@s/t#0")).isEqualTo(9);

      assertThat(read(client.consumer().name("c").open(), 10)).isEqualTo(numbers(11, 20));
    }
  }

  @Test
  void manualCommitStoresWhatItIsTold() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      fill(client, 1, 20);
      try (Consumer consumer = client.consumer().name("c").autoCommit(false).open()) {
        Batch first = consumer.poll(5, 5, TimeUnit.SECONDS);
        consumer.poll(5, 5, TimeUnit.SECONDS);
        consumer.commit(first);
      }

      assertThat(peer.offset("c@s/t#0")).isEqualTo(4);
    }
  }

  @Test
  void lastOnAnEmptyPartitionSkipsNothingThatComes() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      Consumer consumer = client.consumer().startAtLast().open();
      assertThat(consumer.poll(1, 0, TimeUnit.SECONDS).isEmpty()).isTrue();
      fill(client, 1, 5);

      assertThat(read(consumer, 5)).isEqualTo(numbers(1, 5));
    }
  }

  @Test
  void startsWhereItIsTold() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.stock().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      fill(client, 1, 20);

      assertThat(read(client.consumer().startAtOffset(15).open(), 5)).isEqualTo(numbers(16, 20));
      assertThat(read(client.consumer().startAtFirst().open(), 20)).isEqualTo(numbers(1, 20));
      assertThat(client.consumer().startAtLast().open().poll(1, 5, TimeUnit.SECONDS).messages())
          .extracting(ReceivedMessage::text)
          .containsExactly("m20");
    }
  }

  @Test
  void readsAllPartitionsAndThoseThatAreAdded() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 4);
        WhippetClient client = client(peer)) {
      for (int i = 0; i < 8; i++) {
        client.send(Message.builder().payload("m" + i).partition(i % 4).build());
      }
      Consumer consumer = client.consumer().open();

      assertThat(read(consumer, 8)).hasSize(8).doesNotHaveDuplicates();
    }
  }

  @Test
  void anIdleConsumerAsksSeldom() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      Consumer consumer = client.consumer().idleInterval(100, TimeUnit.MILLISECONDS).open();

      for (int i = 0; i < 10; i++) {
        assertThat(consumer.poll(1, 100, TimeUnit.MILLISECONDS).isEmpty()).isTrue();
      }

      // 1 s: 7 polls while the pause grows to 100 ms, then about 10, one for each call.
      assertThat(peer.requests(Command.POLL_MESSAGES)).isBetween(5, 40);
    }
  }

  @Test
  void aPollOutlivesAnOutage() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      fill(client, 1, 5);
      Consumer consumer = client.consumer().open();
      assertThat(read(consumer, 5)).isEqualTo(numbers(1, 5));
      peer.down();

      assertThat(consumer.poll(1, 50, TimeUnit.MILLISECONDS).isEmpty()).isTrue();
      peer.up();
      client.send(Message.of("m6"));

      assertThat(read(consumer, 1)).containsExactly("m6");
    }
  }

  @Test
  void aMissingTopicIsSaidSo() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet();
        WhippetClient client = client(peer)) {
      assertThatThrownBy(() -> client.consumer().open().poll(1, 1, TimeUnit.SECONDS))
          .isInstanceOfSatisfying(
              WhippetException.class,
              e -> assertThat(e.code()).isEqualTo(WhippetException.Code.NOT_FOUND))
          .hasMessageContaining("s/t");
    }
  }

  @Test
  void closeEndsAPollInAnotherThread() throws Exception {
    try (ScriptedPeer peer = ScriptedPeer.whippet().topic("s/t", 1);
        WhippetClient client = client(peer)) {
      Consumer consumer = client.consumer().idleInterval(1, TimeUnit.HOURS).open();
      consumer.poll(1, 1, TimeUnit.SECONDS);
      Thread closer = new Thread(consumer::close);
      closer.start();

      assertThatThrownBy(() -> consumer.poll(1, 1, TimeUnit.HOURS))
          .isInstanceOfSatisfying(
              WhippetException.class,
              e -> assertThat(e.code()).isEqualTo(WhippetException.Code.CLOSED));
      closer.join();
    }
  }
}

package dev.whippet.broker.device;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.ClientEvents;
import dev.whippet.ConnectionState;
import dev.whippet.Consumer;
import dev.whippet.Gap;
import dev.whippet.Message;
import dev.whippet.OverflowPolicy;
import dev.whippet.ReceivedMessage;
import dev.whippet.WhippetClient;
import dev.whippet.broker.testkit.BrokerExtension;
import dev.whippet.testkit.LinkFault;
import java.io.File;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A device over a network that keeps breaking, to a broker that keeps restarting, with partitions
 * added meanwhile and the device's own restarts: lost, doubled and reordered are 0. A short piece
 * in the build; {@code -Dwhippet.soak.seconds=600 -Dwhippet.seed=7} for a long one.
 */
@Timeout(7_200)
class SoakTest {
  @RegisterExtension final BrokerExtension broker = new BrokerExtension();

  @TempDir File outbox;

  private final List<Gap> gaps = new ArrayList<>();

  private WhippetClient open() {
    return broker
        .client()
        .outbox(outbox)
        .overflow(OverflowPolicy.block(180, TimeUnit.SECONDS))
        .requestTimeout(2, TimeUnit.SECONDS)
        .events(
            new ClientEvents() {
              @Override
              public void gap(Gap gap) {
                synchronized (gaps) {
                  gaps.add(gap);
                }
              }
            })
        .open();
  }

  @Test
  void nothingIsLostDoubledOrReordered() throws Exception {
    long seed = Long.getLong("whippet.seed", 1);
    long seconds = Long.getLong("whippet.soak.seconds", 2);
    System.out.println("SoakTest seed " + seed + ", " + seconds + " s");
    Random random = new Random(seed);
    broker
        .network()
        .otherwise(
            (connection, chance) ->
                chance.nextInt(4) == 0 ? LinkFault.none() : LinkFault.random(chance, 60_000));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    int sent = 0;
    int restarts = 0;
    int reopened = 0;
    int added = 0;
    WhippetClient client = open();
    client.send(Message.of("" + sent++));
    assertThat(client.flush(180, TimeUnit.SECONDS)).isTrue();
    added += addPartition() ? 1 : 0;
    while (System.nanoTime() < end) {
      int burst = random.nextInt(400);
      for (int i = 0; i < burst; i++) {
        client.send(Message.builder().payload("" + sent).key("k" + sent % 16).build());
        sent++;
      }
      switch (random.nextInt(10)) {
        case 0:
          broker.restart();
          restarts++;
          break;
        case 1:
          client.close();
          client = open();
          reopened++;
          break;
        case 2:
          added += addPartition() ? 1 : 0;
          break;
        case 3:
          client.networkAvailable();
          break;
        default:
          broker.network().cut();
          break;
      }
    }
    broker.network().otherwise((connection, chance) -> LinkFault.none());
    broker.network().cut();
    assertThat(client.close(180, TimeUnit.SECONDS)).as(client.status().toString()).isTrue();
    System.out.printf(
        "SoakTest: %d messages, %d connections, %d broker restarts, %d client restarts, %d"
            + " partitions added%n",
        sent, broker.network().connections(), restarts, reopened, added);
    account(sent, "seed " + seed);
  }

  private boolean addPartition() {
    try (WhippetClient operator = broker.direct().open()) {
      if (operator.admin().topic(BrokerExtension.STREAM, BrokerExtension.TOPIC) == null) {
        return false;
      }
      operator.admin().addPartitions(BrokerExtension.STREAM, BrokerExtension.TOPIC, 1);
      return true;
    }
  }

  private void account(int sent, String seed) throws Exception {
    BitSet seen = new BitSet();
    int doubled = 0;
    int reordered = 0;
    Map<Integer, Integer> last = new HashMap<>();
    try (WhippetClient reader = broker.direct().open();
        Consumer consumer = reader.consumer().name("soak").startAtFirst().open()) {
      boolean more = true;
      while (more) {
        more = false;
        for (ReceivedMessage message : consumer.poll(10_000, 0, TimeUnit.SECONDS)) {
          int number = Integer.parseInt(message.text());
          doubled += seen.get(number) ? 1 : 0;
          seen.set(number);
          Integer before = last.put(message.partition(), number);
          reordered += before != null && before >= number ? 1 : 0;
          more = true;
        }
      }
    }
    int lost = sent - seen.cardinality();
    System.out.println(
        "SoakTest: lost, doubled, reordered = " + lost + ", " + doubled + ", " + reordered);
    synchronized (gaps) {
      // A doubt is no loss: a first publish that was cut before the device's own restart is one.
      assertThat(gaps).as(seed).allMatch(gap -> gap.kind() == Gap.Kind.UNKNOWN_OUTCOME);
    }
    assertThat(Arrays.asList(lost, doubled, reordered)).as(seed).containsExactly(0, 0, 0);
  }

  /** From "the network is back" to the first acknowledgement. */
  @Test
  void aHintBringsTheFirstAcknowledgementSoon() throws Exception {
    int rounds = Integer.getInteger("whippet.rounds", 10);
    long[] nanos = new long[rounds];
    Waiting waiting = new Waiting();
    try (WhippetClient client =
        broker.client().outbox(outbox).backoff(1, 24, TimeUnit.HOURS).events(waiting).open()) {
      assertThat(client.send(Message.of("first")).awaitDelivered(180, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < rounds; i++) {
        CountDownLatch gone = waiting.next();
        broker.network().down();
        assertThat(gone.await(180, TimeUnit.SECONDS)).isTrue();
        broker.network().up();
        long before = System.nanoTime();
        client.networkAvailable();
        assertThat(client.send(Message.of("m" + i)).awaitDelivered(180, TimeUnit.SECONDS)).isTrue();
        nanos[i] = System.nanoTime() - before;
      }
    }
    Arrays.sort(nanos);
    System.out.printf(
        "hint to first acknowledgement: p50 %d ms, p99 %d ms of %d%n",
        nanos[rounds / 2] / 1_000_000, nanos[rounds * 99 / 100] / 1_000_000, rounds);
    // Without the hint it would be half an hour: the wait for delivery would have failed.
  }

  private static final class Waiting extends ClientEvents {
    private CountDownLatch latch = new CountDownLatch(1);

    synchronized CountDownLatch next() {
      latch = new CountDownLatch(1);
      return latch;
    }

    @Override
    public synchronized void stateChanged(ConnectionState from, ConnectionState to, String why) {
      if (to == ConnectionState.WAITING) {
        latch.countDown();
      }
    }
  }
}

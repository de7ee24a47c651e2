package dev.whippet.broker;

import static dev.whippet.broker.WireClient.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Members join, leave, die and stall while 100,000 messages flow. Everybody commits after it
 * processed; so, per partition, nothing is ever processed before all that precedes it was.
 */
final class RebalanceTest {

  private static final int PARTITIONS = 6;
  private static final int MESSAGES = 100_000;
  private static final int BATCH = 500;
  private static final int MEMBERS = 5;
  private static final int REBALANCE_MILLIS = 60;
  private static final ConsumerId GROUP = ConsumerId.group(id("g"));

  private final long seed = Long.getLong("whippet.seed", 7);
  private final Ledger ledger = new Ledger();
  private final CountDownLatch finished = new CountDownLatch(1);
  private final AtomicInteger joins = new AtomicInteger();
  private final AtomicInteger deaths = new AtomicInteger();
  private final AtomicInteger lateCommits = new AtomicInteger();
  @TempDir Path directory;
  private Broker broker;

  /** How far the work of all members together has come in each partition. */
  private final class Ledger {
    private final long[] next = new long[PARTITIONS];
    private final AtomicLong processed = new AtomicLong();
    private long once;

    synchronized void process(int partition, long offset) {
      assertThat(offset)
          .as("skipped in partition %s", partition)
          .isLessThanOrEqualTo(next[partition]);
      processed.incrementAndGet();
      if (offset == next[partition]) {
        next[partition]++;
        if (++once == MESSAGES) {
          finished.countDown();
        }
      }
    }

    synchronized void committed(int partition, long offset) {
      assertThat(offset).as("committed in %s", partition).isLessThan(next[partition]);
    }
  }

  @Test
  @Timeout(300)
  void everyMessageIsProcessedAndNoneIsSkippedHoweverMembersComeAndGo() throws Exception {
    System.out.println("RebalanceTest seed " + seed);
    broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .loops(2)
            .rootPassword(WireClient.PASSWORD)
            .rebalanceMillis(REBALANCE_MILLIS)
            .durability(BrokerConfig.Durability.PROCESS)
            .start();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (WireClient admin = WireClient.login(broker)) {
      admin.createStream("s");
      admin.createTopic("s", "t", PARTITIONS);
      admin.ok(out -> Requests.createGroup(out, id("s"), id("t"), "g"));
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < MEMBERS; i++) {
        Random random = new Random(seed * 100 + i);
        running.add(threads.submit(work(() -> beAMember(random))));
      }
      running.add(threads.submit(work(this::watch)));
      produce(admin);

      assertThat(finished.await(240, TimeUnit.SECONDS)).as("all are processed").isTrue();
      for (Future<?> each : running) {
        each.get(60, TimeUnit.SECONDS);
      }

      System.out.printf(
          "%d messages processed %d times, %d joins, %d deaths, %d commits came too late%n",
          MESSAGES, ledger.processed.get(), joins.get(), deaths.get(), lateCommits.get());
      assertThat(joins.get()).isGreaterThan(MEMBERS);
    } finally {
      finished.countDown();
      threads.shutdownNow();
      broker.close();
    }
  }

  /** A failure ends all the others, too. */
  private Callable<Void> work(Callable<Void> body) {
    return () -> {
      try {
        return body.call();
      } catch (Exception | Error e) {
        finished.countDown();
        throw e;
      }
    };
  }

  private void produce(WireClient client) throws IOException {
    int[] sent = new int[PARTITIONS];
    for (int total = 0; total < MESSAGES; total += BATCH) {
      int partition = total / BATCH % PARTITIONS;
      MessageRecords records = new MessageRecords();
      for (int i = 0; i < BATCH; i++) {
        Buffer payload = new Buffer().writeInt(partition).writeInt(sent[partition]++);
        records.add(0, 0, 0, payload.readByteArray(), null);
      }
      assertThat(
              client.status(
                  out ->
                      Requests.sendMessages(
                          out, id("s"), id("t"), Partitioning.partition(partition), records)))
          .isZero();
    }
  }

  /** At every moment each partition has one owner at most, and one when somebody is there. */
  private Void watch() throws Exception {
    try (WireClient client = WireClient.login(broker)) {
      while (!finished.await(5, TimeUnit.MILLISECONDS)) {
        Replies.Group group =
            Replies.group(client.ok(out -> Requests.getGroup(out, id("s"), id("t"), id("g"))));
        List<Integer> owned = new ArrayList<>();
        group.members.forEach(member -> owned.addAll(member.partitions));
        assertThat(owned).hasSize(group.members.isEmpty() ? 0 : PARTITIONS).doesNotHaveDuplicates();
      }
    }
    return null;
  }

  /** One life after the other. */
  private Void beAMember(Random random) throws Exception {
    while (finished.getCount() > 0) {
      WireClient client = WireClient.login(broker);
      try {
        client.ok(out -> Requests.joinGroup(out, id("s"), id("t"), id("g")));
        joins.incrementAndGet();
        int polls = 20 + random.nextInt(60);
        for (int i = 0; i < polls && finished.getCount() > 0; i++) {
          pollAndCommit(client, random);
        }
        if (random.nextBoolean()) {
          client.ok(out -> Requests.leaveGroup(out, id("s"), id("t"), id("g")));
        } else {
          deaths.incrementAndGet();
        }
      } finally {
        client.close();
      }
    }
    return null;
  }

  private void pollAndCommit(WireClient client, Random random) throws Exception {
    int count = 1 + random.nextInt(500);
    Replies.Polled polled =
        Replies.polled(
            client.ok(
                out ->
                    Requests.poll(
                        out, GROUP, id("s"), id("t"), -1, PollStrategy.next(), count, false)));
    if (polled.messages.isEmpty()) {
      return;
    }
    int event = random.nextInt(100);
    if (event < 3) { // it stalls; others get its partitions
      finished.await(2 * REBALANCE_MILLIS, TimeUnit.MILLISECONDS);
    }
    int partition = polled.partitionId;
    long last = -1;
    for (Replies.PolledMessage message : polled.messages) {
      Buffer payload = new Buffer().write(message.payload);
      assertThat(payload.readInt()).isEqualTo(partition);
      assertThat((long) payload.readInt()).isEqualTo(message.offset);
      assertThat(message.offset).as("in order").isGreaterThan(last);
      last = message.offset;
      ledger.process(partition, last);
      if (event < 6 && random.nextInt(50) == 0) {
        return; // it goes on with the next poll, from the start of this one
      }
    }
    long processed = last;
    ledger.committed(partition, processed);
    int status =
        client.status(
            out -> Requests.storeOffset(out, GROUP, id("s"), id("t"), partition, processed));
    if (status != Status.OK) {
      assertThat(status).isEqualTo(Status.NOT_RESOLVED_CONSUMER);
      lateCommits.incrementAndGet();
    }
  }
}

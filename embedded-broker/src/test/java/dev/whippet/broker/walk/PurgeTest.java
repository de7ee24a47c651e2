package dev.whippet.broker.walk;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.simulation.Polled;
import dev.whippet.broker.simulation.SimulatedClient;
import dev.whippet.broker.simulation.Tags;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

/**
 * A purge, with requests under way and with the end around each of its disk operations: afterwards
 * all is there or nothing is, what was gone stays gone, and producers go on as if nothing had
 * happened.
 */
final class PurgeTest {
  private static final Identifier STREAM = new Identifier.Named("s");
  private static final Identifier TOPIC = new Identifier.Named("t");
  private static final int FIRST = 0;
  private static final int SECOND = 1;
  private static final int CONSUMER = 3;
  private static final long PUBLISHED = 5;

  private final Time time = new Time();
  private long starts;

  private SimulatedBroker start(MemoryDisk disk) throws Exception {
    starts++;
    return new SimulatedBroker(
        disk,
        new Setup(
            2,
            Walk.CONFIG,
            Walk.MEMORY,
            time,
            starts,
            Durability.POWER,
            Long.MAX_VALUE,
            UnaryOperator.identity()));
  }

  private static ConsumerId consumer(int key) {
    return new ConsumerId(false, new Identifier.Numeric(key), key);
  }

  private static Request send(int partition, long[] tags) {
    return new Request.SendMessages(
        STREAM,
        TOPIC,
        new Request.Partitioning.PartitionId(partition),
        new Request.Batch(Tags.records(Walk.MEMORY, tags), tags.length));
  }

  private static Request publication(int partition, long previous, long[] tags) {
    return new Request.Publish(
        STREAM,
        TOPIC,
        partition,
        0,
        previous,
        previous + 1,
        new Request.Batch(Tags.records(Walk.MEMORY, tags), tags.length));
  }

  private static Request poll(
      int partition, int consumer, Strategy strategy, int count, boolean commit) {
    return new Request.Poll(
        consumer(consumer), STREAM, TOPIC, OptionalInt.of(partition), strategy, count, commit);
  }

  private static Request storeOffset(int partition, int consumer, long offset) {
    return new Request.StoreConsumerOffset(
        consumer(consumer), STREAM, TOPIC, OptionalInt.of(partition), offset);
  }

  private static Request getOffset(int partition, int consumer) {
    return new Request.GetConsumerOffset(
        consumer(consumer), STREAM, TOPIC, OptionalInt.of(partition));
  }

  private static Request producerState(int partition) {
    return new Request.ProducerState(STREAM, TOPIC, partition, 0);
  }

  private static Request hello(int epoch) {
    byte[] id = ByteBuffer.allocate(16).putLong(77).putLong(2).array();
    byte[] instance = ByteBuffer.allocate(16).putLong(epoch).putLong(5).array();
    return new Request.Hello(1, -1L, id, epoch, instance);
  }

  private static void ok(Reply reply) {
    assertThat(reply).isNotInstanceOf(Reply.Failure.class);
  }

  private static SimulatedClient producer(SimulatedBroker broker, int epoch) {
    SimulatedClient client = new SimulatedClient(broker, 1);
    ok(client.ask(hello(epoch)));
    return client;
  }

  private static Reply publish(SimulatedClient producer, int partition, long previous, int count) {
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = Tags.published(1, partition, previous + 1 + i);
    }
    return producer.ask(publication(partition, previous, tags));
  }

  private static SimulatedBroker filled(SimulatedBroker broker) {
    SimulatedClient client = new SimulatedClient(broker, 0);
    ok(client.ask(new Request.CreateStream("s")));
    ok(client.ask(new Request.CreateTopic(STREAM, "t", 2, new Request.TopicSettings(1, 0, 0, 1))));
    for (long batch = 1; batch <= 40; batch++) {
      long[] tags = {Tags.sent(batch, 0), Tags.sent(batch, 1)};
      ok(client.ask(send(batch % 2 == 0 ? FIRST : SECOND, tags)));
    }
    ok(publish(producer(broker, 1), FIRST, 0, (int) PUBLISHED));
    ok(client.ask(storeOffset(FIRST, CONSUMER, 7)));
    return broker;
  }

  private static int messages(SimulatedClient client, int partition) {
    int[] count = new int[1];
    Reply reply =
        client.ask(poll(partition, CONSUMER, new Strategy(Strategy.Kind.FIRST, 0), 1_000, false));
    Polled.each((Reply.Polled) reply, (offset, tag) -> assertThat(offset).isEqualTo(count[0]++));
    return count[0];
  }

  private static Request purge() {
    return new Request.PurgeTopic(STREAM, TOPIC);
  }

  @Test
  void messagesThatWereNeverFlushedAreGoneToo() throws Exception {
    SimulatedBroker broker = filled(start(SimulatedBroker.emptyDisk(1)));
    SimulatedClient client = new SimulatedClient(broker, 0);

    ok(client.ask(purge()));

    assertThat(messages(client, FIRST)).isZero();
    assertThat(messages(client, SECOND)).isZero();
    ok(client.ask(send(FIRST, new long[] {Tags.sent(99, 0)})));
    assertThat(messages(client, FIRST)).as("offsets begin at 0").isEqualTo(1);
  }

  @Test
  void requestsDuringAPurgeAreAnsweredAsBeforeOrAfterIt() throws Exception {
    for (long seed = 1; seed <= 40; seed++) {
      duringAPurge(seed);
    }
  }

  private void duringAPurge(long seed) throws Exception {
    Random random = new Random(seed);
    SimulatedBroker broker = filled(start(SimulatedBroker.emptyDisk(seed)));
    List<SimulatedClient> clients = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      clients.add(new SimulatedClient(broker, i));
    }
    Set<Long> afterwards = new HashSet<>();
    int[] purges = new int[1];
    for (int step = 0; step < 60; step++) {
      SimulatedClient client = clients.get(random.nextInt(clients.size()));
      int partition = random.nextInt(2);
      long tag = Tags.sent(100 + step, 0);
      if (step == 20 || step == 30) {
        client.send(purge(), reply -> purges[0] += answered(reply));
      } else if (random.nextInt(4) == 0) {
        client.send(
            poll(partition, CONSUMER, new Strategy(Strategy.Kind.NEXT, 0), 10, true),
            reply -> Polled.each((Reply.Polled) reply, (offset, found) -> {}));
      } else {
        if (purges[0] == 2) {
          afterwards.add(tag);
        }
        client.send(send(partition, new long[] {tag}), PurgeTest::answered);
      }
      for (int turns = random.nextInt(6); turns > 0; turns--) {
        broker.runOne(random);
      }
    }
    broker.runAll();
    clients.forEach(client -> assertThat(client.underWay()).isZero());
    Set<Long> there = new HashSet<>();
    for (int partition = FIRST; partition <= SECOND; partition++) {
      Reply reply =
          clients
              .get(0)
              .ask(poll(partition, 9, new Strategy(Strategy.Kind.FIRST, 0), 1_000, false));
      Polled.each((Reply.Polled) reply, (offset, tag) -> there.add(tag));
    }
    assertThat(there).containsAll(afterwards).allMatch(tag -> Tags.batchOf(tag) >= 100);
  }

  private static int answered(Reply reply) {
    assertThat(reply).isEqualTo(new Reply.Empty());
    return 1;
  }

  @Test
  void whereverTheEndComesAllIsThereOrNothingAndProducersGoOn() throws Exception {
    MemoryDisk disk = SimulatedBroker.emptyDisk(1);
    SimulatedBroker broker = filled(start(disk));
    SimulatedClient client = new SimulatedClient(broker, 0);
    Reply.ProducerStateIs before =
        (Reply.ProducerStateIs) producer(broker, 1).ask(producerState(FIRST));
    int sent = messages(client, FIRST);
    List<MemoryDisk> left = new ArrayList<>();
    disk.watch(
        moment -> {
          left.add(moment.powerCut(Cut.BEFORE, left.size()));
          if (moment.changes()) {
            left.add(moment.powerCut(Cut.DURING, left.size()));
            left.add(moment.powerCut(Cut.AFTER, left.size()));
            left.add(moment.kill(Cut.DURING, left.size()));
          }
        });

    Reply answer = client.ask(purge());

    disk.watch(null);
    assertThat(answer).isEqualTo(new Reply.Empty());
    int purged = 0;
    for (MemoryDisk one : left) {
      purged += inspect(one, before, sent) ? 1 : 0;
    }
    assertThat(purged).as("of %s", left.size()).isBetween(1, left.size() - 1);
    assertThat(inspect(disk.afterPowerCut(1), before, sent)).as("answered").isTrue();
    assertThat(inspect(disk.afterKill(1), before, sent)).as("answered").isTrue();
  }

  /** True when it is purged; then once more after another cut. */
  private boolean inspect(MemoryDisk disk, Reply.ProducerStateIs before, int sent)
      throws Exception {
    SimulatedBroker broker = start(disk);
    SimulatedClient client = new SimulatedClient(broker, 0);
    int found = messages(client, FIRST);
    assertThat(found).isIn(0, sent);
    boolean purged = found == 0;
    assertThat(messages(client, SECOND)).as("both").isEqualTo(purged ? 0 : 40);
    Reply offset = client.ask(getOffset(FIRST, CONSUMER));
    assertThat(offset instanceof Reply.Empty).as("offset: %s", offset).isEqualTo(purged);
    SimulatedClient producer = producer(broker, 1);
    assertThat(producer.ask(producerState(FIRST))).isEqualTo(before);
    assertThat(publish(producer, FIRST, PUBLISHED, 1))
        .isEqualTo(
            new Reply.Published(
                Reply.Published.Outcome.STORED, 0, purged ? 0 : sent, PUBLISHED + 1));
    // When the catalog's entry was torn, the new log is put aside: nobody can tell what is in it.
    assertThat(broker.health().problems())
        .allMatch(problem -> problem.reason().contains("set aside") && !purged);

    SimulatedBroker after = start(disk.afterPowerCut(starts));
    assertThat(messages(new SimulatedClient(after, 0), FIRST)).isEqualTo(found + 1);
    assertThat(after.health().problems()).isEmpty();
    return purged;
  }
}

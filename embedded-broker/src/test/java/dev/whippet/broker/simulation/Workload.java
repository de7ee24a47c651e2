package dev.whippet.broker.simulation;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.simulation.PartitionModel.StoredOffset;
import dev.whippet.broker.simulation.Requests.Place;
import dev.whippet.broker.simulation.World.Kind;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * What clients do to one process, by seed: an administrator, senders, producers that send again
 * what was sent, consumers. Some turns of the loops come after each step, so that everything is
 * under way at the same time as everything else.
 */
final class Workload {
  private static final int SENDERS = 2;
  private static final int PRODUCERS = 2;
  private static final int CONSUMERS = 2;
  private static final int TOPICS_MAX = 4;
  private static final int UNDER_WAY_MAX = 4;

  private final SimulatedBroker broker;
  private final World world;
  private final ByteBufAllocator allocator;
  private final Random random;

  /** Failures are expected: the disk is faulty. */
  private final boolean faulty;

  private final SimulatedClient admin;
  private final List<SimulatedClient> senders = new ArrayList<>();
  private final List<Publisher> publishers = new ArrayList<>();
  private final List<SimulatedClient> consumers = new ArrayList<>();

  Workload(
      SimulatedBroker broker, World world, ByteBufAllocator allocator, long seed, boolean faulty) {
    this.broker = broker;
    this.world = world;
    this.allocator = allocator;
    this.random = new Random(seed);
    this.faulty = faulty;
    this.admin = new SimulatedClient(broker, random.nextInt(2));
    for (int i = 0; i < SENDERS; i++) {
      senders.add(new SimulatedClient(broker, i));
    }
    for (int i = 0; i < PRODUCERS; i++) {
      publishers.add(
          new Publisher(i, new SimulatedClient(broker, i + 1), world, allocator, faulty));
    }
    for (int i = 0; i < CONSUMERS; i++) {
      consumers.add(new SimulatedClient(broker, i));
    }
  }

  /** Does {@code steps} things, then waits for all answers. */
  void run(int steps, Runnable afterEach) {
    publishers.forEach(Publisher::hello);
    for (int step = 0; step < steps; step++) {
      step();
      turn();
      afterEach.run();
    }
    broker.runAll();
  }

  private void turn() {
    if (random.nextInt(5) == 0) {
      broker.runAll();
      return;
    }
    for (int turns = random.nextInt(8); turns > 0; turns--) {
      broker.runOne(random);
    }
  }

  private void step() {
    if (world.topics.isEmpty()) {
      change();
      broker.runAll();
      return;
    }
    switch (random.nextInt(20)) {
      case 0 -> change();
      case 1 -> rarely();
      case 2, 3, 4, 5, 6 -> send(random.nextInt(SENDERS));
      case 7, 8, 9, 10, 11, 12 -> publish();
      case 13, 14, 15 -> poll(random.nextInt(CONSUMERS));
      case 16 -> race(random.nextInt(SENDERS), random.nextInt(CONSUMERS));
      default -> offset(random.nextInt(CONSUMERS));
    }
  }

  // --- streams and topics -----------------------------------------------------------------------

  private void change() {
    if (admin.underWay() > 0 || world.inDoubt != null) {
      return;
    }
    change(nextChange());
  }

  private void change(World.Change change) {
    world.inDoubt = change;
    admin.send(
        Requests.change(change),
        reply -> {
          if (reply instanceof Reply.Failure) {
            refused(reply, "change " + change);
          } else {
            world.apply(change);
            world.inDoubt = null;
          }
        });
  }

  /**
   * A purge, with nothing else under way: what it takes away is known. Not where a start may have
   * been unable to read commit files: the producers in them would not be known.
   */
  private void rarely() {
    if (faulty || random.nextInt(4) > 0) {
      send(random.nextInt(SENDERS));
      return;
    }
    broker.runAll();
    if (world.inDoubt == null) {
      World.Topic topic = any(List.copyOf(world.topics.values()));
      String name = random.nextInt(4) == 0 ? null : topic.name();
      change(new World.Change(Kind.PURGE, topic.stream(), name, 0));
      broker.runAll();
    }
  }

  private World.Change nextChange() {
    String name = Long.toString(world.nextBatch++);
    boolean delete = world.topics.size() >= TOPICS_MAX || random.nextInt(4) == 0;
    if (world.streams.isEmpty() || world.streams.size() < 3 && random.nextInt(4) == 0) {
      return new World.Change(Kind.CREATE, "s" + name, null, 0);
    }
    if (delete && world.streams.size() > 1 && random.nextInt(5) == 0) {
      return new World.Change(Kind.DELETE, any(List.copyOf(world.streams.keySet())), null, 0);
    }
    if (delete && world.topics.size() > 1) {
      World.Topic topic = any(List.copyOf(world.topics.values()));
      return new World.Change(Kind.DELETE, topic.stream(), topic.name(), 0);
    }
    int partitions = 1 + random.nextInt(3);
    if (!world.deleted.isEmpty() && random.nextInt(3) == 0) {
      World.Topic before = any(world.deleted);
      World.Change again =
          new World.Change(Kind.CREATE, before.stream(), before.name(), partitions);
      if (world.streams.containsKey(before.stream()) && !world.topics.containsKey(again.key())) {
        return again;
      }
    }
    String stream = any(List.copyOf(world.streams.keySet()));
    return new World.Change(Kind.CREATE, stream, "t" + name, partitions);
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }

  // --- messages ---------------------------------------------------------------------------------

  /** A partition that exists, with what is known of it. */
  record Target(Place place, PartitionModel model) {}

  private Target anyTarget() {
    World.Topic topic = any(List.copyOf(world.topics.values()));
    int id = random.nextInt(topic.partitions().size());
    return new Target(new Place(topic.stream(), topic.name(), id), topic.partitions().get(id));
  }

  private void send(int sender) {
    SimulatedClient client = senders.get(sender);
    if (client.underWay() >= UNDER_WAY_MAX) {
      return;
    }
    send(sender, anyTarget());
  }

  private void send(int sender, Target target) {
    SimulatedClient client = senders.get(sender);
    int count = 1 + random.nextInt(random.nextInt(6) == 0 ? 12 : 3);
    SentBatch batch = new SentBatch(world.nextBatch++, sender, count);
    target.model.sent.put(batch.number, batch);
    client.send(
        Requests.send(target.place, allocator, batch.tags()),
        reply -> {
          if (reply instanceof Reply.Empty) {
            batch.acknowledge(world.time.micros());
          } else {
            refused(reply, "send to " + target.place);
          }
        });
  }

  private void publish() {
    Publisher publisher = any(publishers);
    Target target = anyTarget();
    if (publisher.client.underWay() < UNDER_WAY_MAX) {
      publisher.publish(target, random);
    }
  }

  // --- consumers --------------------------------------------------------------------------------

  private void poll(int consumer) {
    SimulatedClient client = consumers.get(consumer);
    if (client.underWay() > 0) {
      return;
    }
    Target target = anyTarget();
    StoredOffset stored = target.model.stored(consumer);
    int count = 1 + random.nextInt(40);
    boolean commit = random.nextInt(3) == 0;
    boolean next = random.nextBoolean() && stored.possible.isEmpty();
    long from = next ? stored.acknowledged + 1 : random.nextInt(target.model.seen.size() + 1);
    Strategy strategy =
        next ? new Strategy(Strategy.Kind.NEXT, 0) : new Strategy(Strategy.Kind.OFFSET, from);
    if (commit) {
      // Where retention has cut, it begins above
      long last = Math.max(from + count, target.model.appendedEnd()) - 1;
      stored.possible.add(new long[] {from, last});
    }
    client.send(
        Requests.poll(target.place, consumer, strategy, count, commit),
        reply -> {
          if (reply instanceof Reply.Polled polled) {
            long[] last = {StoredOffset.NOTHING};
            Polled.each(
                polled,
                (offset, tag) -> {
                  target.model.saw(offset, tag);
                  last[0] = offset;
                });
            if (commit) {
              stored.settle(polled.count() == 0 ? stored.acknowledged : last[0]);
            }
          } else {
            refused(reply, "poll of " + target.place);
          }
        });
  }

  private void offset(int consumer) {
    SimulatedClient client = consumers.get(consumer);
    Target target = anyTarget();
    StoredOffset stored = target.model.stored(consumer);
    if (client.underWay() > 0 || target.model.seen.isEmpty()) {
      return;
    }
    if (stored.acknowledged != StoredOffset.NOTHING && random.nextInt(6) == 0) {
      stored.possible.add(new long[] {StoredOffset.NOTHING, StoredOffset.NOTHING});
      client.send(
          Requests.deleteOffset(target.place, consumer),
          reply -> stored(reply, stored, StoredOffset.NOTHING));
      return;
    }
    int seen = target.model.seen.size();
    long offset = random.nextInt(seen);
    if (random.nextInt(4) == 0) {
      offset = seen + random.nextInt(12); // it is refused when there is no such message yet
    }
    storeOffset(client, target, consumer, offset);
  }

  /** Stores the offset of a message that is just being sent: refused, or it is durable. */
  private void race(int sender, int consumer) {
    SimulatedClient client = consumers.get(consumer);
    Target target = anyTarget();
    if (senders.get(sender).underWay() >= UNDER_WAY_MAX || client.underWay() > 0) {
      return;
    }
    send(sender, target);
    for (int turns = random.nextInt(6); turns > 0; turns--) {
      broker.runOne(random);
    }
    if (client.underWay() == 0) {
      long offset = target.model.appendedEnd() - 1 - random.nextInt(2);
      storeOffset(client, target, consumer, Math.max(0, offset));
    }
  }

  private void storeOffset(SimulatedClient client, Target target, int consumer, long offset) {
    StoredOffset stored = target.model.stored(consumer);
    stored.possible.add(new long[] {offset, offset});
    client.send(
        Requests.storeOffset(target.place, consumer, offset),
        reply -> {
          stored(reply, stored, offset);
          if (reply instanceof Reply.Empty) {
            client.send(Requests.getOffset(target.place, consumer), Workload::withinTheEnd);
          }
        });
  }

  /** No reply about offsets speaks of messages that are not durable. */
  private static void withinTheEnd(Reply reply) {
    if (reply instanceof Reply.OffsetInfo info) {
      Inspection.check(info.storedOffset() <= info.currentOffset(), "beyond the end: " + info);
    }
  }

  private void stored(Reply reply, StoredOffset stored, long value) {
    if (reply instanceof Reply.Empty) {
      stored.settle(value);
    } else if (reply instanceof Reply.Failure no && no.status() == Status.INVALID_OFFSET) {
      stored.settle(stored.acknowledged);
    } else {
      refused(reply, "offset " + value);
    }
  }

  /** A sound broker refuses only what is about a topic that goes away. */
  private void refused(Reply reply, String what) {
    boolean gone = reply instanceof Reply.Failure failure && Publisher.isGone(failure.status());
    Inspection.check(faulty || world.goesAway() || gone, what + " was refused: " + reply);
  }
}

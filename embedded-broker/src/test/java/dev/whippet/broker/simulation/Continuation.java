package dev.whippet.broker.simulation;

import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.simulation.PartitionModel.Track;
import dev.whippet.broker.simulation.Requests.Place;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBufAllocator;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What the clients do after a restart, once an {@link Inspection} has settled what was in doubt:
 * producers say hello, ask where they stand and send what is missing; everybody stores something
 * more. All of it must be acknowledged.
 */
final class Continuation {
  private static final int PRODUCERS = 2;

  private final SimulatedBroker broker;
  private final World world;
  private final ByteBufAllocator allocator;

  Continuation(SimulatedBroker broker, World world, ByteBufAllocator allocator) {
    this.broker = broker;
    this.world = world;
    this.allocator = allocator;
  }

  /** Everything that was published arrives. */
  void resend() {
    for (int producer = 0; producer < PRODUCERS; producer++) {
      SimulatedClient client = new SimulatedClient(broker, producer);
      Publisher publisher = new Publisher(producer, client, world, allocator, false);
      publisher.hello();
      broker.runAll();
      Inspection.check(publisher.isWelcome(), "no answer to hello");
      fenced(producer);
      for (World.Topic topic : world.topics.values()) {
        for (int id = 0; id < topic.partitions().size(); id++) {
          PartitionModel model = topic.partitions().get(id);
          if (model.tracks.containsKey(producer)) {
            resend(publisher, producer, new Place(topic.stream(), topic.name(), id), model);
          }
        }
      }
    }
  }

  /**
   * On a broker whose disk has failed, and does not any more: everything that was published is sent
   * again, as far as it is taken.
   */
  void resendWhatIsTaken() {
    for (int producer = 0; producer < PRODUCERS; producer++) {
      SimulatedClient client = new SimulatedClient(broker, producer);
      Publisher publisher = new Publisher(producer, client, world, allocator, true);
      publisher.hello();
      broker.runAll();
      for (World.Topic topic : world.topics.values()) {
        for (int id = 0; id < topic.partitions().size() && publisher.isWelcome(); id++) {
          PartitionModel model = topic.partitions().get(id);
          Track track = model.track(producer);
          long before = -1;
          while (before < track.acknowledged && track.acknowledged < track.last()) {
            before = track.acknowledged;
            Place place = new Place(topic.stream(), topic.name(), id);
            publisher.send(place, model, track.sequences.indexOf(next(track)));
            broker.runAll();
          }
        }
      }
    }
  }

  private void resend(Publisher publisher, int producer, Place place, PartitionModel model) {
    publisher.checkState(place, model);
    Track track = model.track(producer);
    while (track.acknowledged < track.last()) {
      long before = track.acknowledged;
      publisher.send(place, model, track.sequences.indexOf(next(track)));
      broker.runAll();
      Inspection.check(track.acknowledged > before, "what is sent again at " + place + " is lost");
    }
  }

  private static long next(Track track) {
    return track.sequences.stream().filter(one -> one > track.acknowledged).findFirst().get();
  }

  /** Who opened the outbox before must not publish any more. */
  private void fenced(int producer) {
    int earlier = world.epochs.get(producer) - 1;
    Reply reply = new SimulatedClient(broker, producer).ask(Requests.hello(producer, earlier));
    Inspection.check(
        reply instanceof Reply.Failure failure && failure.status() == Status.FENCED,
        "producer " + producer + " of epoch " + earlier + " is let in: " + reply);
  }

  /**
   * A tail was lost, and consumers may have stored offsets in it: what is sent now is what they
   * read next.
   */
  void nobodySkips() {
    SimulatedClient client = new SimulatedClient(broker, 1);
    for (World.Topic topic : world.topics.values()) {
      for (int id = 0; id < topic.partitions().size(); id++) {
        Place place = new Place(topic.stream(), topic.name(), id);
        SentBatch batch = new SentBatch(world.nextBatch++, 7, 1);
        Reply sent = client.ask(Requests.send(place, allocator, batch.tags()));
        Inspection.check(sent instanceof Reply.Empty, "nothing can be sent any more: " + sent);
        for (int consumer : topic.partitions().get(id).offsets.keySet()) {
          Set<Long> read = new HashSet<>();
          Strategy next = new Strategy(Strategy.Kind.NEXT, 0);
          Reply reply = client.ask(Requests.poll(place, consumer, next, 100_000, false));
          Polled.each((Reply.Polled) reply, (offset, tag) -> read.add(tag));
          Inspection.check(
              read.contains(batch.tags()[0]), "consumer " + consumer + " skips at " + place);
        }
      }
    }
  }

  /** One message and one offset more in each partition, and one change of the catalog. */
  void storeMore() {
    List<SentBatch> sent = new ArrayList<>();
    SimulatedClient client = new SimulatedClient(broker, 1);
    for (World.Topic topic : world.topics.values()) {
      for (int id = 0; id < topic.partitions().size(); id++) {
        SentBatch batch = new SentBatch(world.nextBatch++, 7, 2);
        topic.partitions().get(id).sent.put(batch.number, batch);
        Place place = new Place(topic.stream(), topic.name(), id);
        client.send(
            Requests.send(place, allocator, batch.tags()),
            reply -> {
              Inspection.check(reply instanceof Reply.Empty, "send to " + place + ": " + reply);
              batch.acknowledge(world.time.micros());
            });
        sent.add(batch);
      }
    }
    broker.runAll();
    sent.forEach(one -> Inspection.check(one.acknowledged, "no answer to a send"));
    for (World.Topic topic : world.topics.values()) {
      for (int id = 0; id < topic.partitions().size(); id++) {
        Place place = new Place(topic.stream(), topic.name(), id);
        Reply reply = client.ask(Requests.storeOffset(place, 3, 0));
        Inspection.check(reply instanceof Reply.Empty, "no offset can be stored: " + reply);
        topic.partitions().get(id).stored(3).settle(0);
      }
    }
    World.Change change = new World.Change(World.Kind.CREATE, "s" + world.nextBatch++, null, 0);
    Reply reply = client.ask(Requests.change(change));
    Inspection.check(!(reply instanceof Reply.Failure), "no stream can be created: " + reply);
    world.apply(change);
  }
}

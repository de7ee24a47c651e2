package dev.whippet.broker.simulation;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.simulation.PartitionModel.Track;
import dev.whippet.broker.simulation.Requests.Place;
import dev.whippet.broker.simulation.Workload.Target;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBufAllocator;
import java.util.List;
import java.util.Random;

/** A producer as an outbox is one: numbers what it publishes, and sends again what it likes. */
final class Publisher {
  final SimulatedClient client;
  private final int producer;
  private final World world;
  private final ByteBufAllocator allocator;
  private final boolean faulty;
  private boolean welcome;

  Publisher(
      int producer,
      SimulatedClient client,
      World world,
      ByteBufAllocator allocator,
      boolean faulty) {
    this.producer = producer;
    this.client = client;
    this.world = world;
    this.allocator = allocator;
    this.faulty = faulty;
  }

  /** Every process has a higher epoch. */
  void hello() {
    int epoch = world.epochs.merge(producer, 1, Integer::sum);
    client.send(
        Requests.hello(producer, epoch),
        reply -> {
          welcome = reply instanceof Reply.HelloAccepted;
          Inspection.check(welcome || faulty, "hello was refused: " + reply);
        });
  }

  boolean isWelcome() {
    return welcome;
  }

  /** New messages, or old ones, or both in one batch. */
  void publish(Target target, Random random) {
    if (!welcome) {
      return;
    }
    Track track = target.model().track(producer);
    List<Long> sequences = track.sequences;
    int from = sequences.size();
    if (!sequences.isEmpty() && random.nextInt(3) == 0) {
      from = Math.max(0, sequences.size() - 1 - random.nextInt(6));
    }
    long next = world.nextSequences.getOrDefault(producer, 1L);
    // What joins the track now goes with this batch, or the next one would leave a gap behind it
    boolean joins =
        from == sequences.size() || next - sequences.get(from) == sequences.size() - from;
    if (joins && (from == sequences.size() || random.nextBoolean())) {
      int count = 1 + random.nextInt(5);
      long first = world.takeSequences(producer, count);
      for (int i = 0; i < count; i++) {
        sequences.add(first + i);
      }
    }
    send(target.place(), target.model(), from);
  }

  /** Publishes from the given place of the track on, as far as sequences follow each other. */
  void send(Place place, PartitionModel model, int from) {
    Track track = model.track(producer);
    long first = track.sequences.get(from);
    int count = 1;
    while (from + count < track.sequences.size()
        && track.sequences.get(from + count) == first + count) {
      count++;
    }
    long[] tags = new long[count];
    for (int i = 0; i < count; i++) {
      tags[i] = Tags.published(producer, model.number, first + i);
    }
    long previous = from == 0 ? 0 : track.sequences.get(from - 1);
    long last = first + count - 1;
    client.send(
        Requests.publish(place, allocator, previous, first, tags),
        reply -> {
          if (reply instanceof Reply.Published published) {
            track.acknowledged(last, world.time.micros());
            Inspection.check(
                published.highestDurableSequence() >= last, last + " stored, but " + published);
          } else {
            boolean gone = reply instanceof Reply.Failure failure && isGone(failure.status());
            Inspection.check(
                faulty || gone || world.goesAway(), "publish to " + place + ": " + reply);
          }
        });
  }

  /** What a partition that was recovered knows of this producer. */
  void checkState(Place place, PartitionModel model) {
    long expected = model.track(producer).acknowledged;
    Reply reply = client.ask(Requests.producerState(place));
    Inspection.check(
        reply instanceof Reply.ProducerStateIs is
            && is.known() == expected > 0
            && is.highestDurableSequence() == expected,
        "producer " + producer + " at " + expected + ": " + reply);
  }

  static boolean isGone(int status) {
    return status == Status.TOPIC_NOT_FOUND || status == Status.STREAM_NOT_FOUND;
  }
}

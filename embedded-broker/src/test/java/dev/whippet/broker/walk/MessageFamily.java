package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Partitioning;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.simulation.Polled;
import dev.whippet.broker.simulation.Tags;
import dev.whippet.broker.walk.Model.Message;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.stream.LongStream;

/** Sends, polls, stored offsets, flushes, and segments that are deleted. */
final class MessageFamily implements Family {
  private static final int CONSUMERS = 3;
  private long batches;

  @Override
  public int weight() {
    return 70;
  }

  @Override
  public void step(Walk walk) {
    Place place = Place.any(walk);
    switch (walk.random.nextInt(16)) {
      case 0, 1, 2, 3, 4, 5 -> send(walk, place);
      case 6, 7, 8, 9, 10 -> poll(walk, place);
      case 11, 12 -> store(walk, place);
      case 13 -> delete(walk, place);
      case 14 -> get(walk, place);
      default -> {
        if (walk.random.nextBoolean()) {
          flush(walk, place);
        } else {
          deleteSegments(walk, place);
        }
      }
    }
  }

  private static int anyPartition(Walk walk, Place place) {
    int count = place.found() == null ? 0 : place.found().partitions.size();
    return walk.chance(15) || count == 0 ? walk.random.nextInt(9) : walk.random.nextInt(count);
  }

  // --- sends ------------------------------------------------------------------------------------

  private void send(Walk walk, Place place) {
    Partitioning partitioning =
        switch (walk.random.nextInt(3)) {
          case 0 -> new Partitioning.Balanced();
          case 1 -> new Partitioning.Key(walk.random.nextInt());
          default -> new Partitioning.PartitionId(anyPartition(walk, place));
        };
    long batch = ++batches;
    long[] tags = new long[1 + walk.random.nextInt(4)];
    for (int i = 0; i < tags.length; i++) {
      tags[i] = Tags.sent(batch, i);
    }
    long now = walk.micros();
    Reply reply =
        walk.ask(
            new Request.SendMessages(
                place.stream(),
                place.topic(),
                partitioning,
                new Request.Batch(Tags.records(Walk.MEMORY, tags), tags.length)));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
      return;
    }
    int chosen = choose(place.found(), partitioning);
    if (chosen < 0) {
      walk.expect(Status.TOPIC_NOT_FOUND, reply);
    } else if (place.partition(chosen) == null) {
      walk.expect(Status.PARTITION_NOT_FOUND, reply);
    } else {
      walk.expect(Status.OK, reply);
      for (long tag : tags) {
        place.partition(chosen).messages.add(new Message(tag, Tags.payloadBytes(tag), now));
      }
    }
  }

  /** The partition (6.4); -1 when a topic without partitions can't have one. */
  private static int choose(Model.Topic topic, Partitioning partitioning) {
    int count = topic.partitions.size();
    if (partitioning instanceof Partitioning.PartitionId given) {
      return given.id();
    }
    if (count == 0) {
      return -1;
    }
    if (partitioning instanceof Partitioning.Key key) {
      return Integer.remainderUnsigned(key.hash(), count);
    }
    return (int) (topic.balanced++ % count);
  }

  // --- polls ------------------------------------------------------------------------------------

  private static ConsumerId consumer(int key) {
    return new ConsumerId(false, new Identifier.Numeric(key), key);
  }

  private static void poll(Walk walk, Place place) {
    int consumer = walk.random.nextInt(CONSUMERS);
    boolean absent = walk.chance(5);
    int id = absent ? 0 : anyPartition(walk, place);
    int count = walk.random.nextInt(12);
    boolean commit = walk.chance(3);
    Strategy strategy = anyStrategy(walk, place, id);
    Reply reply =
        walk.ask(
            new Request.Poll(
                consumer(consumer),
                place.stream(),
                place.topic(),
                absent ? OptionalInt.empty() : OptionalInt.of(id),
                strategy,
                count,
                commit));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
    } else if (place.partition(id) == null) {
      walk.expect(Status.PARTITION_NOT_FOUND, reply);
    } else {
      Model.Partition partition = place.partition(id);
      long from = start(partition, strategy, consumer, count);
      long last = polled(reply, id, partition, from, count);
      if (commit && last >= 0) {
        partition.offsets.put(consumer, last);
      }
    }
  }

  private static Strategy anyStrategy(Walk walk, Place place, int id) {
    Model.Partition partition = place.found() == null ? null : place.partition(id);
    int size = partition == null ? 0 : partition.messages.size();
    return switch (walk.random.nextInt(5)) {
      case 0 -> new Strategy(Strategy.Kind.OFFSET, walk.random.nextInt(size + 2));
      case 1 -> new Strategy(Strategy.Kind.FIRST, 0);
      case 2 -> new Strategy(Strategy.Kind.LAST, 0);
      case 3 -> new Strategy(Strategy.Kind.NEXT, 0);
      default ->
          new Strategy(
              Strategy.Kind.TIMESTAMP,
              size == 0 || walk.chance(5)
                  ? walk.micros()
                  : partition.messages.get(walk.random.nextInt(size)).timestamp()
                      - walk.random.nextInt(2));
    };
  }

  private static long start(Model.Partition partition, Strategy strategy, int consumer, int count) {
    int end = partition.messages.size();
    return switch (strategy.kind()) {
      case OFFSET -> strategy.value();
      case FIRST -> partition.first;
      case LAST -> Math.max(partition.first, end - count);
      case NEXT ->
          partition.offsets.containsKey(consumer)
              ? partition.offsets.get(consumer) + 1
              : partition.first;
      case TIMESTAMP -> {
        int at = partition.first;
        while (at < end && partition.messages.get(at).timestamp() < strategy.value()) {
          at++;
        }
        yield at;
      }
    };
  }

  /**
   * Compares what came with the model; fewer than asked for are allowed, none only when there are
   * none. Returns the last offset, -1 without messages.
   */
  static long polled(Reply reply, int id, Model.Partition partition, long from, int count) {
    Walk.check(reply instanceof Reply.Polled, "no messages but " + reply);
    Reply.Polled polled = (Reply.Polled) reply;
    Walk.check(polled.partitionId() == id, "of partition " + polled.partitionId());
    Walk.check(
        polled.currentOffset() == partition.current(), "current offset " + polled.currentOffset());
    long first = Math.max(from, partition.first);
    long due = Math.max(0, Math.min(count, partition.messages.size() - first));
    List<Long> tags = new ArrayList<>();
    Polled.each(
        polled,
        (offset, tag) -> {
          Walk.check(offset == first + tags.size(), "offset " + offset + " from " + first);
          tags.add(tag);
        });
    Walk.check(
        tags.size() <= due && (due == 0 || !tags.isEmpty()),
        tags.size() + " messages from " + from + ", not " + due);
    for (int i = 0; i < tags.size(); i++) {
      Walk.check(
          partition.messages.get((int) first + i).tag() == tags.get(i),
          "another message at " + (first + i));
    }
    return tags.isEmpty() ? -1 : first + tags.size() - 1;
  }

  // --- offsets ----------------------------------------------------------------------------------

  private static void store(Walk walk, Place place) {
    int consumer = walk.random.nextInt(CONSUMERS);
    int id = anyPartition(walk, place);
    Model.Partition partition = place.found() == null ? null : place.partition(id);
    int size = partition == null ? 0 : partition.messages.size();
    long offset = walk.chance(20) ? -1 : walk.random.nextInt(size + 2);
    Reply reply =
        walk.ask(
            new Request.StoreConsumerOffset(
                consumer(consumer), place.stream(), place.topic(), OptionalInt.of(id), offset));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
    } else if (partition == null) {
      walk.expect(Status.PARTITION_NOT_FOUND, reply);
    } else if (Long.compareUnsigned(offset, size) >= 0) {
      walk.expect(Status.INVALID_OFFSET, reply);
    } else {
      walk.expect(Status.OK, reply);
      partition.offsets.put(consumer, offset);
    }
  }

  private static void delete(Walk walk, Place place) {
    int consumer = walk.random.nextInt(CONSUMERS);
    int id = anyPartition(walk, place);
    Reply reply =
        walk.ask(
            new Request.DeleteConsumerOffset(
                consumer(consumer), place.stream(), place.topic(), OptionalInt.of(id)));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
    } else if (place.partition(id) == null) {
      walk.expect(Status.PARTITION_NOT_FOUND, reply);
    } else {
      boolean stored = place.partition(id).offsets.remove(consumer) != null;
      walk.expect(stored ? Status.OK : Status.CONSUMER_OFFSET_NOT_FOUND, reply);
    }
  }

  private static void get(Walk walk, Place place) {
    int consumer = walk.random.nextInt(CONSUMERS);
    int id = anyPartition(walk, place);
    Reply reply =
        walk.ask(
            new Request.GetConsumerOffset(
                consumer(consumer), place.stream(), place.topic(), OptionalInt.of(id)));
    Model.Partition partition = place.found() == null ? null : place.partition(id);
    Long stored = partition == null ? null : partition.offsets.get(consumer);
    walk.expect(
        stored == null ? new Reply.Empty() : new Reply.OffsetInfo(id, partition.current(), stored),
        reply);
  }

  // --- what is on disk --------------------------------------------------------------------------

  private static void flush(Walk walk, Place place) {
    int id = anyPartition(walk, place);
    Reply reply =
        walk.ask(
            new Request.FlushUnsavedBuffer(
                place.stream(), place.topic(), id, walk.random.nextBoolean()));
    walk.expect(partitionStatus(place, id), reply);
  }

  private static int partitionStatus(Place place, int id) {
    if (place.missing() != Status.OK) {
      return place.missing();
    }
    return place.partition(id) == null ? Status.PARTITION_NOT_FOUND : Status.OK;
  }

  /** Where segments end is the log's business; never what somebody has not read. */
  private static void deleteSegments(Walk walk, Place place) {
    int id = anyPartition(walk, place);
    int count = walk.random.nextInt(3);
    Reply reply = walk.ask(new Request.DeleteSegments(place.stream(), place.topic(), id, count));
    walk.expect(partitionStatus(place, id), reply);
    if (partitionStatus(place, id) != Status.OK) {
      return;
    }
    Model.Partition partition = place.partition(id);
    IdSlots<Model.Group> groups = place.found().groups;
    long read =
        LongStream.concat(
                partition.offsets.values().stream().mapToLong(one -> one + 1),
                groups.ids().stream()
                    .map(group -> groups.get(group).live.stored.get(id))
                    .filter(Objects::nonNull)
                    .mapToLong(one -> one + 1))
            .min()
            .orElse(partition.messages.size());
    int[] first = {-1};
    Reply left =
        walk.ask(
            new Request.Poll(
                consumer(0),
                place.stream(),
                place.topic(),
                OptionalInt.of(id),
                new Strategy(Strategy.Kind.FIRST, 0),
                1,
                false));
    Polled.each((Reply.Polled) left, (offset, tag) -> first[0] = (int) offset);
    if (partition.messages.isEmpty()) {
      Walk.check(first[0] < 0, "a message in an empty partition");
      return;
    }
    boolean allowed = first[0] == partition.first || count > 0 && first[0] <= read;
    Walk.check(
        first[0] >= partition.first && allowed,
        "first offset " + first[0] + ", was " + partition.first + ", read below " + read);
    partition.first = first[0];
  }

  /** Every message of every partition. */
  @Override
  public void compare(Walk walk) {
    for (int stream : walk.model.streams.ids()) {
      IdSlots<Model.Topic> topics = walk.model.streams.get(stream).topics;
      for (int topic : topics.ids()) {
        List<Model.Partition> partitions = topics.get(topic).partitions;
        for (int id = 0; id < partitions.size(); id++) {
          compare(
              walk,
              new Identifier.Numeric(stream),
              new Identifier.Numeric(topic),
              id,
              partitions.get(id));
        }
      }
    }
  }

  private static void compare(
      Walk walk, Identifier stream, Identifier topic, int id, Model.Partition partition) {
    long next = 0;
    while (next >= 0) {
      Reply reply =
          walk.ask(
              new Request.Poll(
                  consumer(0),
                  stream,
                  topic,
                  OptionalInt.of(id),
                  new Strategy(Strategy.Kind.OFFSET, next),
                  1_000,
                  false));
      long last = polled(reply, id, partition, next, 1_000);
      next = last < 0 ? -1 : last + 1;
    }
  }
}

package dev.whippet.broker.simulation;

import dev.whippet.broker.SimulatedBroker.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Everything that the simulated clients know, together: what must be there after a crash, and what
 * may be. One administrator makes one change at a time, so at most one is in doubt.
 */
final class World {

  /** A topic that was created. */
  record Topic(String stream, String name, List<PartitionModel> partitions) {
    Topic copy() {
      return new Topic(stream, name, partitions.stream().map(PartitionModel::copy).toList());
    }

    String key() {
      return stream + "/" + name;
    }
  }

  /** What happens to a stream or topic. */
  enum Kind {
    CREATE,
    DELETE,
    PURGE
  }

  /** A change that was asked for; {@code topic} is null for a change of a stream. */
  record Change(Kind kind, String stream, String topic, int partitions) {
    String key() {
      return stream + "/" + topic;
    }

    /** Whether it is about this topic, or its stream. */
    boolean concerns(Topic one) {
      return stream.equals(one.stream) && (topic == null || topic.equals(one.name));
    }
  }

  /** By stream and {@code stream/topic}: what was acknowledged. */
  final TreeMap<String, Integer> streams = new TreeMap<>();

  final TreeMap<String, Topic> topics = new TreeMap<>();

  /** Topics that are gone; their names may come back. */
  final List<Topic> deleted = new ArrayList<>();

  final Map<Integer, Long> nextSequences = new TreeMap<>();
  final Map<Integer, Integer> epochs = new TreeMap<>();
  Change inDoubt;
  long nextBatch = 1;
  private int nextPartition = 1;

  /** When things happen to clients. */
  final Time time;

  World(Time time) {
    this.time = time;
  }

  World copy() {
    World copy = new World(time);
    copy.streams.putAll(streams);
    topics.forEach((key, topic) -> copy.topics.put(key, topic.copy()));
    copy.deleted.addAll(deleted);
    copy.nextSequences.putAll(nextSequences);
    copy.epochs.putAll(epochs);
    copy.inDoubt = inDoubt;
    copy.nextBatch = nextBatch;
    copy.nextPartition = nextPartition;
    return copy;
  }

  /** The change is known to have happened. */
  void apply(Change change) {
    switch (change.kind()) {
      case CREATE -> create(change);
      case DELETE -> {
        streams.keySet().removeIf(name -> change.topic() == null && name.equals(change.stream()));
        topics.values().stream().filter(change::concerns).forEach(deleted::add);
        topics.values().removeIf(change::concerns);
      }
      default ->
          topics.values().stream()
              .filter(change::concerns)
              .forEach(topic -> topic.partitions().forEach(PartitionModel::purged));
    }
  }

  private void create(Change change) {
    if (change.topic() == null) {
      streams.put(change.stream(), 0);
      return;
    }
    List<PartitionModel> partitions = new ArrayList<>();
    for (int id = 0; id < change.partitions(); id++) {
      partitions.add(new PartitionModel(nextPartition++));
    }
    topics.put(change.key(), new Topic(change.stream(), change.topic(), partitions));
  }

  /** Nothing but a deletion or a purge takes away what was acknowledged. */
  boolean goesAway() {
    return inDoubt != null && inDoubt.kind() != Kind.CREATE;
  }

  /** Takes {@code count} sequences of a producer; returns the first. */
  long takeSequences(int producer, int count) {
    long first = nextSequences.getOrDefault(producer, 1L);
    nextSequences.put(producer, first + count);
    return first;
  }
}

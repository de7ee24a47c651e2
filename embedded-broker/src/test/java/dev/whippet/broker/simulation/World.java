package dev.whippet.broker.simulation;

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

  /** A change that was asked for; {@code topic} is null for a change of a stream. */
  record Change(boolean creates, String stream, String topic, int partitions) {}

  /** By stream and {@code stream/topic}: what was acknowledged. */
  final TreeMap<String, Integer> streams = new TreeMap<>();

  final TreeMap<String, Topic> topics = new TreeMap<>();
  final Map<Integer, Long> nextSequences = new TreeMap<>();
  final Map<Integer, Integer> epochs = new TreeMap<>();
  Change inDoubt;
  long nextBatch = 1;
  private int nextPartition = 1;

  World copy() {
    World copy = new World();
    copy.streams.putAll(streams);
    topics.forEach((key, topic) -> copy.topics.put(key, topic.copy()));
    copy.nextSequences.putAll(nextSequences);
    copy.epochs.putAll(epochs);
    copy.inDoubt = inDoubt;
    copy.nextBatch = nextBatch;
    copy.nextPartition = nextPartition;
    return copy;
  }

  /** The change is known to have happened. */
  void apply(Change change) {
    String key = change.stream() + "/" + change.topic();
    if (change.topic() == null) {
      if (change.creates()) {
        streams.put(change.stream(), 0);
      } else {
        streams.remove(change.stream());
        topics.values().removeIf(topic -> topic.stream().equals(change.stream()));
      }
    } else if (change.creates()) {
      List<PartitionModel> partitions = new ArrayList<>();
      for (int id = 0; id < change.partitions(); id++) {
        partitions.add(new PartitionModel(nextPartition++));
      }
      topics.put(key, new Topic(change.stream(), change.topic(), partitions));
    } else {
      topics.remove(key);
    }
  }

  /** Takes {@code count} sequences of a producer; returns the first. */
  long takeSequences(int producer, int count) {
    long first = nextSequences.getOrDefault(producer, 1L);
    nextSequences.put(producer, first + count);
    return first;
  }
}

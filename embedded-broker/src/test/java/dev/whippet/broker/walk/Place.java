package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.internal.wire.Status;

/**
 * A stream and a topic as a command names them, and what the model has there.
 *
 * @param streamId -1 when there is none
 * @param topicId -1 when there is none
 */
record Place(Identifier stream, Identifier topic, int streamId, int topicId, Model.Topic found) {
  private static final int NAMES = 5;

  /** Mostly one that is there. */
  static Place any(Walk walk) {
    Identifier stream = walk.identifier(walk.model.streams, walk.name("s", NAMES));
    int streamId = Walk.resolve(walk.model.streams, stream);
    if (streamId < 0) {
      return new Place(stream, new Identifier.Named("t0"), -1, -1, null);
    }
    IdSlots<Model.Topic> topics = walk.model.streams.get(streamId).topics;
    Identifier topic = walk.identifier(topics, walk.name("t", NAMES));
    int topicId = Walk.resolve(topics, topic);
    return new Place(stream, topic, streamId, topicId, topicId < 0 ? null : topics.get(topicId));
  }

  /** One that is there, by numbers. */
  static Place of(Walk walk, int stream, int topic) {
    Model.Topic found = walk.model.streams.get(stream).topics.get(topic);
    return new Place(
        new Identifier.Numeric(stream), new Identifier.Numeric(topic), stream, topic, found);
  }

  /** 1009 or 2010, or 0 when both are there. */
  int missing() {
    if (streamId < 0) {
      return Status.STREAM_NOT_FOUND;
    }
    return topicId < 0 ? Status.TOPIC_NOT_FOUND : Status.OK;
  }

  /** The partition, {@code null} when there is none. */
  Model.Partition partition(int id) {
    return id >= 0 && id < found.partitions.size() ? found.partitions.get(id) : null;
  }
}

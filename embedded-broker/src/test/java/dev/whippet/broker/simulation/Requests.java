package dev.whippet.broker.simulation;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import io.netty.buffer.ByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.OptionalInt;

/** Requests about a partition of a simulated world. */
final class Requests {
  private static final int CHANNEL = 0;
  private static final int EXTENSION_VERSION = 1;
  private static final Request.TopicSettings SETTINGS = new Request.TopicSettings(1, 0, 0, 1);

  private Requests() {}

  /** A partition by names. */
  record Place(String stream, String topic, int partition) {
    Identifier streamId() {
      return new Identifier.Named(stream);
    }

    Identifier topicId() {
      return new Identifier.Named(topic);
    }

    OptionalInt id() {
      return OptionalInt.of(partition);
    }
  }

  static Request send(Place place, ByteBufAllocator allocator, long[] tags) {
    return new Request.SendMessages(
        place.streamId(),
        place.topicId(),
        new Request.Partitioning.PartitionId(place.partition()),
        new Request.Batch(Tags.records(allocator, tags), tags.length));
  }

  static Request publish(
      Place place, ByteBufAllocator allocator, long previous, long first, long[] tags) {
    return new Request.Publish(
        place.streamId(),
        place.topicId(),
        place.partition(),
        CHANNEL,
        previous,
        first,
        new Request.Batch(Tags.records(allocator, tags), tags.length));
  }

  static Request hello(int producer, int epoch) {
    byte[] id = ByteBuffer.allocate(16).putLong(77).putLong(producer + 1).array();
    byte[] instance = ByteBuffer.allocate(16).putLong(epoch).putLong(5).array();
    return new Request.Hello(EXTENSION_VERSION, -1L, id, epoch, instance);
  }

  static Request producerState(Place place) {
    return new Request.ProducerState(place.streamId(), place.topicId(), place.partition(), CHANNEL);
  }

  static Request poll(Place place, int consumer, Strategy strategy, int count, boolean commit) {
    return new Request.Poll(
        consumer(consumer), place.streamId(), place.topicId(), place.id(), strategy, count, commit);
  }

  static Request storeOffset(Place place, int consumer, long offset) {
    return new Request.StoreConsumerOffset(
        consumer(consumer), place.streamId(), place.topicId(), place.id(), offset);
  }

  static Request deleteOffset(Place place, int consumer) {
    return new Request.DeleteConsumerOffset(
        consumer(consumer), place.streamId(), place.topicId(), place.id());
  }

  static Request getOffset(Place place, int consumer) {
    return new Request.GetConsumerOffset(
        consumer(consumer), place.streamId(), place.topicId(), place.id());
  }

  static Request change(World.Change change) {
    Identifier stream = new Identifier.Named(change.stream());
    boolean whole = change.topic() == null;
    Identifier topic = whole ? null : new Identifier.Named(change.topic());
    return switch (change.kind()) {
      case CREATE ->
          whole
              ? new Request.CreateStream(change.stream())
              : new Request.CreateTopic(stream, change.topic(), change.partitions(), SETTINGS);
      case DELETE ->
          whole ? new Request.DeleteStream(stream) : new Request.DeleteTopic(stream, topic);
      case PURGE -> whole ? new Request.PurgeStream(stream) : new Request.PurgeTopic(stream, topic);
    };
  }

  private static ConsumerId consumer(int consumer) {
    return new ConsumerId(false, new Identifier.Numeric(consumer), consumer);
  }
}

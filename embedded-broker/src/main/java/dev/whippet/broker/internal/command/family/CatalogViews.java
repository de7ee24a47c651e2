package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.log.PartitionLog;
import java.util.ArrayList;
import java.util.List;

/**
 * Catalog entries as replies, with the figures of their partitions at this moment. Figures end at
 * the durable end. Any thread.
 */
final class CatalogViews {

  private final Partitions partitions;

  CatalogViews(Partitions partitions) {
    this.partitions = partitions;
  }

  /** Sums over partitions. */
  static final class Figures {
    long bytes;
    long messages;
    int segments;
    int partitions;

    void add(PartitionLog log) {
      partitions++;
      if (log != null) {
        bytes += log.bytes();
        messages += log.messages();
        segments += log.segments();
      }
    }
  }

  Reply.Stream stream(StreamEntry stream) {
    Figures figures = new Figures();
    List<TopicEntry> topics = stream.topics().all();
    topics.forEach(topic -> add(topic, figures));
    return new Reply.Stream(
        stream.id(),
        stream.createdAtMicros(),
        topics.size(),
        figures.bytes,
        figures.messages,
        stream.name());
  }

  Reply.StreamDetails streamDetails(StreamEntry stream) {
    return new Reply.StreamDetails(stream(stream), topics(stream));
  }

  List<Reply.Topic> topics(StreamEntry stream) {
    List<Reply.Topic> topics = new ArrayList<>();
    stream.topics().all().forEach(topic -> topics.add(topic(topic)));
    return topics;
  }

  Reply.TopicDetails topicDetails(TopicEntry topic) {
    List<Reply.Partition> views = new ArrayList<>(topic.partitions().size());
    topic.partitions().forEach(partition -> views.add(partition(partition)));
    return new Reply.TopicDetails(topic(topic), views);
  }

  /** As the creation of a topic is answered: without segments (iggy-classic.md 3.4.7). */
  Reply.TopicDetails created(TopicEntry topic) {
    List<Reply.Partition> views = new ArrayList<>(topic.partitions().size());
    for (PartitionEntry each : topic.partitions()) {
      views.add(new Reply.Partition(each.id(), each.createdAtMicros(), 0, 0, 0, 0));
    }
    return new Reply.TopicDetails(topic(topic), views);
  }

  void add(TopicEntry topic, Figures figures) {
    topic.partitions().forEach(partition -> figures.add(partitions.find(partition)));
  }

  private Reply.Topic topic(TopicEntry topic) {
    Figures figures = new Figures();
    add(topic, figures);
    TopicEntry.Settings settings = topic.settings();
    return new Reply.Topic(
        topic.id(),
        topic.createdAtMicros(),
        topic.partitions().size(),
        settings.messageExpiryMicros(),
        settings.compression(),
        settings.maxSizeBytes(),
        settings.replicationFactor(),
        figures.bytes,
        figures.messages,
        topic.name());
  }

  private Reply.Partition partition(PartitionEntry partition) {
    PartitionLog log = partitions.find(partition);
    if (log == null) {
      return new Reply.Partition(partition.id(), partition.createdAtMicros(), 1, 0, 0, 0);
    }
    return new Reply.Partition(
        partition.id(),
        partition.createdAtMicros(),
        log.segments(),
        log.currentOffset(),
        log.bytes(),
        log.messages());
  }
}

package dev.whippet.broker.internal.catalog;

/** A stream of the catalog, immutable. */
public record StreamEntry(int id, long createdAtMicros, String name, Slots<TopicEntry> topics)
    implements Slots.Entry {

  StreamEntry withName(String changed) {
    return new StreamEntry(id, createdAtMicros, changed, topics);
  }

  StreamEntry withTopics(Slots<TopicEntry> changed) {
    return new StreamEntry(id, createdAtMicros, name, changed);
  }
}

package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.Slots;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.UserDirectory;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.internal.wire.Status;
import java.util.OptionalInt;

/** Finds what a request names. {@code find} answers {@code null}; the others refuse. */
public final class Lookup {

  private Lookup() {}

  public static StreamEntry find(CatalogState state, Identifier stream) {
    return find(state.streams(), stream);
  }

  public static TopicEntry find(StreamEntry stream, Identifier topic) {
    return stream == null ? null : find(stream.topics(), topic);
  }

  /** A group of the topic. */
  public static GroupEntry find(
      CatalogState state, StreamEntry stream, TopicEntry topic, Identifier group) {
    return topic == null ? null : find(state.groups().of(stream.id(), topic.id()), group);
  }

  /** The stream, or 1009. */
  public static StreamEntry stream(CatalogState state, Identifier identifier) {
    return present(find(state, identifier), Status.STREAM_NOT_FOUND);
  }

  public static UserEntry find(UserDirectory users, Identifier user) {
    return find(users.users(), user);
  }

  /** The user, or 20. */
  public static UserEntry user(UserDirectory users, Identifier identifier) {
    return present(find(users, identifier), Status.RESOURCE_NOT_FOUND);
  }

  /** The topic, or 2010. */
  public static TopicEntry topic(StreamEntry stream, Identifier identifier) {
    return present(find(stream, identifier), Status.TOPIC_NOT_FOUND);
  }

  /** The group, or 5000. */
  public static GroupEntry group(
      CatalogState state, StreamEntry stream, TopicEntry topic, Identifier identifier) {
    return present(find(state, stream, topic, identifier), Status.CONSUMER_GROUP_NOT_FOUND);
  }

  /** The partition, or 3007. */
  public static PartitionEntry partition(TopicEntry topic, int id) {
    return present(topic.partition(id), Status.PARTITION_NOT_FOUND);
  }

  /** The partition a plain consumer means: the given one, or 0 (iggy-classic.md 6.5); or 3007. */
  public static PartitionEntry partition(TopicEntry topic, OptionalInt id) {
    return partition(topic, id.orElse(0));
  }

  private static <T extends Slots.Entry> T find(Slots<T> slots, Identifier identifier) {
    if (identifier instanceof Identifier.Numeric numeric) {
      return slots.get(numeric.id());
    }
    return slots.get(((Identifier.Named) identifier).name());
  }

  private static <T> T present(T found, int status) {
    if (found == null) {
      throw new Exchange.Refused(status);
    }
    return found;
  }
}

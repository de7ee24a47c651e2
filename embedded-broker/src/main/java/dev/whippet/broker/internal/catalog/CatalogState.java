package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange;
import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAdded;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsRemoved;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamRenamed;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamSlotsFree;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicIs;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicSlotsFree;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicUpdated;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * All streams, topics, groups and users at one moment, immutable: any loop reads it without a lock.
 * {@link #with} is the only way from one state to the next; the same changes in the same order give
 * the same state.
 */
public final class CatalogState {

  static final CatalogState EMPTY =
      new CatalogState(Slots.empty(), GroupDirectory.EMPTY, UserDirectory.EMPTY, 1);

  private final Slots<StreamEntry> streams;
  private final GroupDirectory groups;
  private final UserDirectory users;
  private final long nextIncarnation;

  private CatalogState(
      Slots<StreamEntry> streams,
      GroupDirectory groups,
      UserDirectory users,
      long nextIncarnation) {
    this.streams = streams;
    this.groups = groups;
    this.users = users;
    this.nextIncarnation = nextIncarnation;
  }

  /** The streams by id and name. */
  public Slots<StreamEntry> streams() {
    return streams;
  }

  /** The consumer groups of all topics. */
  public GroupDirectory groups() {
    return groups;
  }

  /** The users, their permissions and tokens. */
  public UserDirectory users() {
    return users;
  }

  /** Lower incarnations have been given to partitions; this and higher ones never. */
  public long nextIncarnation() {
    return nextIncarnation;
  }

  /** Visits every partition of every topic. */
  public void forEachPartition(Consumer<PartitionEntry> visitor) {
    for (StreamEntry stream : streams.all()) {
      for (TopicEntry topic : stream.topics().all()) {
        topic.partitions().forEach(visitor);
      }
    }
  }

  /** The change that would create a stream; the name must be free. */
  public StreamCreated newStream(String name, long nowMicros) {
    return new StreamCreated(streams.nextId(), nowMicros, name);
  }

  /** The change that would create a topic; the name must be free in the stream. */
  public TopicCreated newTopic(
      StreamEntry stream, String name, Settings settings, int partitions, long nowMicros) {
    int id = stream.topics().nextId();
    return new TopicCreated(
        stream.id(), id, nowMicros, name, settings, partitions, nextIncarnation);
  }

  /** The change that would add partitions to a topic. */
  public PartitionsAdded morePartitions(
      StreamEntry stream, TopicEntry topic, int count, long nowMicros) {
    return new PartitionsAdded(stream.id(), topic.id(), nowMicros, count, nextIncarnation);
  }

  /** The state after {@code change}, which fits this one. */
  CatalogState with(CatalogChange change) {
    if (change instanceof StreamCreated it) {
      return with(
          streams.plus(new StreamEntry(it.id(), it.createdAtMicros(), it.name(), Slots.empty())));
    }
    if (change instanceof StreamDeleted it) {
      return new CatalogState(
          streams.minus(it.id()),
          groups.withoutStream(it.id()),
          users.withoutStream(it.id()),
          nextIncarnation);
    }
    if (change instanceof TopicCreated it) {
      return withTopic(it);
    }
    if (change instanceof TopicDeleted it) {
      StreamEntry stream = present(it.stream());
      return with(streams.replaced(stream.withTopics(stream.topics().minus(it.id()))))
          .with(groups.withoutTopic(it.stream(), it.id()));
    }
    if (change instanceof StreamRenamed it) {
      return with(streams.replaced(present(it.id()).withName(it.name())));
    }
    if (change instanceof TopicUpdated it) {
      TopicEntry topic = present(present(it.stream()), it.id());
      return with(it.stream(), topic.with(it.name(), it.settings()));
    }
    if (change instanceof PartitionsAdded it) {
      return with(it);
    }
    if (change instanceof PartitionsRemoved it) {
      return with(it);
    }
    if (change instanceof PartitionsAre it) {
      return with(it);
    }
    if (change instanceof TopicIs it) {
      TopicCreated topic = it.topic();
      return with(topic).with(new PartitionsAre(topic.stream(), topic.id(), it.partitions()));
    }
    if (change instanceof StreamSlotsFree it) {
      return with(streams.withFree(it.ids()));
    }
    if (change instanceof TopicSlotsFree it) {
      StreamEntry stream = present(it.stream());
      return with(streams.replaced(stream.withTopics(stream.topics().withFree(it.ids()))));
    }
    if (change instanceof UserChange it) {
      return new CatalogState(streams, groups, users.with(it), nextIncarnation);
    }
    if (change instanceof IncarnationFloor it) {
      return new CatalogState(streams, groups, users, Math.max(nextIncarnation, it.next()));
    }
    if (change instanceof GroupChange it) {
      return withGroup(it);
    }
    throw new IllegalArgumentException("unknown change: " + change);
  }

  /** The shortest list of changes that leads from {@link #EMPTY} to this state. */
  List<CatalogChange> asChanges() {
    List<CatalogChange> changes = new ArrayList<>();
    for (StreamEntry stream : streams.all()) {
      changes.add(new StreamCreated(stream.id(), stream.createdAtMicros(), stream.name()));
      for (TopicEntry topic : stream.topics().all()) {
        changes.add(new TopicIs(asChange(stream, topic), topic.partitions()));
      }
      changes.add(new TopicSlotsFree(stream.id(), stream.topics().free()));
    }
    changes.add(new StreamSlotsFree(streams.free()));
    changes.addAll(groups.asChanges());
    changes.add(new IncarnationFloor(nextIncarnation));
    changes.addAll(users.asChanges());
    return changes;
  }

  /** Without its partitions: they may have been purged one by one. */
  private static TopicCreated asChange(StreamEntry stream, TopicEntry topic) {
    return new TopicCreated(
        stream.id(), topic.id(), topic.createdAtMicros(), topic.name(), topic.settings(), 0, 0);
  }

  private CatalogState withTopic(TopicCreated it) {
    TopicEntry topic =
        new TopicEntry(
            it.id(),
            it.createdAtMicros(),
            it.name(),
            it.settings(),
            added(List.of(), it.partitions(), it.createdAtMicros(), it.firstIncarnation()));
    StreamEntry stream = present(it.stream());
    return new CatalogState(
        streams.replaced(stream.withTopics(stream.topics().plus(topic))),
        groups,
        users,
        Math.max(nextIncarnation, it.firstIncarnation() + it.partitions()));
  }

  private CatalogState with(PartitionsAdded it) {
    TopicEntry topic = present(present(it.stream()), it.topic());
    List<PartitionEntry> more =
        added(topic.partitions(), it.count(), it.createdAtMicros(), it.firstIncarnation());
    return new CatalogState(
        with(it.stream(), topic.with(more)).streams,
        groups,
        users,
        Math.max(nextIncarnation, it.firstIncarnation() + it.count()));
  }

  private CatalogState with(PartitionsRemoved it) {
    TopicEntry topic = present(present(it.stream()), it.topic());
    int left = topic.partitions().size() - it.count();
    if (it.count() < 0 || left < 0) {
      throw new IllegalArgumentException(
          it.count() + " of " + topic.partitions().size() + " partitions can't be removed");
    }
    return with(it.stream(), topic.with(topic.partitions().subList(0, left)));
  }

  private CatalogState with(PartitionsAre it) {
    TopicEntry topic = present(present(it.stream()), it.topic());
    long highest = 0;
    for (int id = 0; id < it.partitions().size(); id++) {
      PartitionEntry partition = it.partitions().get(id);
      if (partition.id() != id) {
        throw new IllegalArgumentException("partition " + partition.id() + " in the place " + id);
      }
      highest = Math.max(highest, partition.incarnation());
    }
    return new CatalogState(
        with(it.stream(), topic.with(it.partitions())).streams,
        groups,
        users,
        Math.max(nextIncarnation, highest + 1));
  }

  private static List<PartitionEntry> added(
      List<PartitionEntry> before, int count, long createdAtMicros, long firstIncarnation) {
    List<PartitionEntry> all = new ArrayList<>(before.size() + count);
    all.addAll(before);
    for (int i = 0; i < count; i++) {
      all.add(new PartitionEntry(all.size(), createdAtMicros, firstIncarnation + i));
    }
    return all;
  }

  private CatalogState with(int streamId, TopicEntry topic) {
    StreamEntry stream = present(streamId);
    return with(streams.replaced(stream.withTopics(stream.topics().replaced(topic))));
  }

  private CatalogState withGroup(GroupChange change) {
    if (change instanceof GroupChange.GroupCreated it
        && present(it.stream()).topics().get(it.topic()) == null) {
      throw new IllegalArgumentException("no topic " + it.topic() + " for a group");
    }
    return with(groups.with(change));
  }

  private CatalogState with(Slots<StreamEntry> changed) {
    return new CatalogState(changed, groups, users, nextIncarnation);
  }

  private CatalogState with(GroupDirectory changed) {
    return new CatalogState(streams, changed, users, nextIncarnation);
  }

  private StreamEntry present(int id) {
    StreamEntry stream = streams.get(id);
    if (stream == null) {
      throw new IllegalArgumentException("no stream " + id);
    }
    return stream;
  }

  private static TopicEntry present(StreamEntry stream, int id) {
    TopicEntry topic = stream.topics().get(id);
    if (topic == null) {
      throw new IllegalArgumentException("no topic " + id + " in stream " + stream.id());
    }
    return topic;
  }
}

package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import java.util.List;

/**
 * One durable fact of the catalog: an entry of the journal, and a step from one {@link
 * CatalogState} to the next. The orders of free slots only stand in the journal's snapshots.
 */
public sealed interface CatalogChange
    permits CatalogChange.StreamCreated,
        CatalogChange.StreamDeleted,
        CatalogChange.TopicCreated,
        CatalogChange.TopicDeleted,
        CatalogChange.StreamRenamed,
        CatalogChange.TopicUpdated,
        CatalogChange.PartitionsAdded,
        CatalogChange.PartitionsRemoved,
        CatalogChange.PartitionsAre,
        CatalogChange.TopicIs,
        CatalogChange.StreamSlotsFree,
        CatalogChange.TopicSlotsFree,
        CatalogChange.IncarnationFloor,
        CatalogChange.GroupChange,
        UserChange {

  /** A stream in its slot. */
  record StreamCreated(int id, long createdAtMicros, String name) implements CatalogChange {}

  /** The stream and its topics are gone; its slot is the next to be used. */
  record StreamDeleted(int id) implements CatalogChange {}

  /** A topic in its slot; its partitions have the incarnations from {@code firstIncarnation} up. */
  record TopicCreated(
      int stream,
      int id,
      long createdAtMicros,
      String name,
      Settings settings,
      int partitions,
      long firstIncarnation)
      implements CatalogChange {}

  /** The topic is gone; its slot is the next to be used. */
  record TopicDeleted(int stream, int id) implements CatalogChange {}

  /** The stream has another name, maybe its own. */
  record StreamRenamed(int id, String name) implements CatalogChange {}

  /** The topic has another name, maybe its own, and other settings. */
  record TopicUpdated(int stream, int id, String name, Settings settings)
      implements CatalogChange {}

  /** More partitions at the end, with the incarnations from {@code firstIncarnation} up. */
  record PartitionsAdded(
      int stream, int topic, long createdAtMicros, int count, long firstIncarnation)
      implements CatalogChange {}

  /** The last partitions of the topic are gone. */
  record PartitionsRemoved(int stream, int topic, int count) implements CatalogChange {}

  /** The topic's partitions are these and no others: a purge. */
  record PartitionsAre(int stream, int topic, List<PartitionEntry> partitions)
      implements CatalogChange {
    public PartitionsAre {
      partitions = List.copyOf(partitions);
    }

    /** Without the list: it may be long. */
    @Override
    public String toString() {
      return "PartitionsAre[stream="
          + stream
          + ", topic="
          + topic
          + ", count="
          + partitions.size()
          + "]";
    }
  }

  /** A topic and all of its partitions, in one entry: a snapshot. {@code topic} creates none. */
  record TopicIs(TopicCreated topic, List<PartitionEntry> partitions) implements CatalogChange {
    public TopicIs {
      partitions = List.copyOf(partitions);
    }
  }

  /** The order of free stream slots. */
  record StreamSlotsFree(int[] ids) implements CatalogChange {}

  /** The order of a stream's free topic slots. */
  record TopicSlotsFree(int stream, int[] ids) implements CatalogChange {}

  /** Incarnations below this one have been used. */
  record IncarnationFloor(long next) implements CatalogChange {}

  /** Facts about consumer groups. The last two only stand in the journal's snapshots. */
  sealed interface GroupChange extends CatalogChange {

    /** A group in its slot of a topic. */
    record GroupCreated(int stream, int topic, int id, int serial, String name)
        implements GroupChange {}

    /** The group is gone, and its offsets; its slot is the next to be used. */
    record GroupDeleted(int stream, int topic, int id) implements GroupChange {}

    /** The order of a topic's free group slots. */
    record GroupSlotsFree(int stream, int topic, int[] ids) implements GroupChange {}

    /** Serials below this one have been used. */
    record GroupSerialFloor(int next) implements GroupChange {}
  }
}

package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupSerialFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupSlotsFree;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * The consumer groups of all topics at one moment, immutable; a part of {@link CatalogState}.
 *
 * <p>A topic's groups are numbered like topics (iggy-classic.md 6.1). Besides, each has a serial
 * that no later group gets: offsets stored under it are void as soon as the group is deleted.
 */
public final class GroupDirectory {

  static final GroupDirectory EMPTY = new GroupDirectory(Map.of(), 0, 1);

  private static final Slots<GroupEntry> NONE = Slots.empty();

  private final Map<Integer, Map<Integer, Slots<GroupEntry>>> byStream;
  private final int size;
  private final int nextSerial;

  private GroupDirectory(
      Map<Integer, Map<Integer, Slots<GroupEntry>>> byStream, int size, int nextSerial) {
    this.byStream = byStream;
    this.size = size;
    this.nextSerial = nextSerial;
  }

  /** The groups of a topic. */
  public Slots<GroupEntry> of(int stream, int topic) {
    return byStream.getOrDefault(stream, Map.of()).getOrDefault(topic, NONE);
  }

  /** The groups of all topics of a stream. */
  public List<GroupEntry> of(int stream) {
    List<GroupEntry> all = new ArrayList<>();
    byStream.getOrDefault(stream, Map.of()).values().forEach(slots -> all.addAll(slots.all()));
    return all;
  }

  /** Groups of all topics. */
  public int size() {
    return size;
  }

  /** The group with that serial, or {@code null}; looks at all. */
  public GroupEntry find(int serial) {
    GroupEntry[] found = new GroupEntry[1];
    forEach(group -> found[0] = group.serial() == serial ? group : found[0]);
    return found[0];
  }

  /** Visits every group. */
  public void forEach(Consumer<GroupEntry> visitor) {
    byStream
        .values()
        .forEach(ofTopics -> ofTopics.values().forEach(slots -> slots.all().forEach(visitor)));
  }

  /** The change that would create a group; the name must be free in the topic. */
  public GroupCreated newGroup(int stream, int topic, String name) {
    return new GroupCreated(stream, topic, of(stream, topic).nextId(), nextSerial, name);
  }

  GroupDirectory with(GroupChange change) {
    if (change instanceof GroupCreated it) {
      GroupEntry group = new GroupEntry(it.stream(), it.topic(), it.id(), it.serial(), it.name());
      Slots<GroupEntry> slots = of(it.stream(), it.topic()).plus(group);
      return with(it.stream(), it.topic(), slots).withFloor(it.serial() + 1);
    }
    if (change instanceof GroupDeleted it) {
      return with(it.stream(), it.topic(), of(it.stream(), it.topic()).minus(it.id()));
    }
    if (change instanceof GroupSlotsFree it) {
      return with(it.stream(), it.topic(), of(it.stream(), it.topic()).withFree(it.ids()));
    }
    return withFloor(((GroupSerialFloor) change).next());
  }

  GroupDirectory withoutTopic(int stream, int topic) {
    if (!byStream.containsKey(stream)) {
      return this;
    }
    Map<Integer, Slots<GroupEntry>> ofTopics = new HashMap<>(byStream.get(stream));
    Slots<GroupEntry> gone = ofTopics.remove(topic);
    return gone == null ? this : with(stream, ofTopics, -gone.size());
  }

  GroupDirectory withoutStream(int stream) {
    int gone = 0;
    for (Slots<GroupEntry> slots : byStream.getOrDefault(stream, Map.of()).values()) {
      gone += slots.size();
    }
    return with(stream, Map.of(), -gone);
  }

  /** The shortest list of changes that leads from {@link #EMPTY} to this. */
  List<CatalogChange> asChanges() {
    List<CatalogChange> changes = new ArrayList<>();
    new TreeMap<>(byStream)
        .forEach(
            (stream, ofTopics) ->
                new TreeMap<>(ofTopics)
                    .forEach((topic, slots) -> addChanges(stream, topic, slots, changes)));
    changes.add(new GroupSerialFloor(nextSerial));
    return changes;
  }

  private static void addChanges(
      int stream, int topic, Slots<GroupEntry> slots, List<CatalogChange> changes) {
    for (GroupEntry group : slots.all()) {
      changes.add(new GroupCreated(stream, topic, group.id(), group.serial(), group.name()));
    }
    changes.add(new GroupSlotsFree(stream, topic, slots.free()));
  }

  private GroupDirectory with(int stream, int topic, Slots<GroupEntry> slots) {
    Map<Integer, Slots<GroupEntry>> ofTopics =
        new HashMap<>(byStream.getOrDefault(stream, Map.of()));
    ofTopics.put(topic, slots);
    return with(stream, ofTopics, slots.size() - of(stream, topic).size());
  }

  private GroupDirectory with(
      int stream, Map<Integer, Slots<GroupEntry>> ofTopics, int difference) {
    Map<Integer, Map<Integer, Slots<GroupEntry>>> changed = new HashMap<>(byStream);
    if (ofTopics.isEmpty()) {
      changed.remove(stream);
    } else {
      changed.put(stream, ofTopics);
    }
    return new GroupDirectory(changed, size + difference, nextSerial);
  }

  private GroupDirectory withFloor(int next) {
    boolean higher = Integer.compareUnsigned(next, nextSerial) > 0;
    return new GroupDirectory(byStream, size, higher ? next : nextSerial);
  }
}

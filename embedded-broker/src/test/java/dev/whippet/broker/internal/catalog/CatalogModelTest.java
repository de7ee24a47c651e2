package dev.whippet.broker.internal.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.ConsumerOffsets.Owner;
import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.broker.internal.log.engine.LogCallback;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random changes against a model of plain maps, on real journals, with restarts in between: after
 * each, everything that was acknowledged is there, ids go on as 6.1 says, and no incarnation ever
 * comes back.
 */
final class CatalogModelTest {

  private static final int STEPS = 1_500;
  private static final int STEPS_BETWEEN_RESTARTS = 150;
  private static final Runnable NOTHING = () -> {};

  @TempDir Path directory;

  private final long seed = Long.getLong("whippet.seed", 4);
  private final Random random = new Random(seed);
  private final Slot<Slot<List<Long>>> model = new Slot<>();
  private final Map<Place, Slot<Integer>> groups = new HashMap<>();
  private final Set<Integer> serialsSeen = new HashSet<>();
  private final Map<Long, Map<Owner, Long>> offsets = new HashMap<>();
  private final Map<ProducerKey, Opening> producers = new HashMap<>();
  private final Set<Long> incarnationsSeen = new HashSet<>();
  private JournaledCatalog subject;

  /** A topic. */
  private record Place(int stream, int topic) {}

  /** A table with id reuse, the obvious way: entries by id, a stack of freed ids. */
  private static final class Slot<T> {
    final TreeMap<Integer, String> names = new TreeMap<>();
    final TreeMap<Integer, T> values = new TreeMap<>();
    final Deque<Integer> freed = new ArrayDeque<>();
    int end;

    int add(String name, T value) {
      int id = freed.isEmpty() ? end++ : freed.pop();
      names.put(id, name);
      values.put(id, value);
      return id;
    }

    void remove(int id) {
      names.remove(id);
      values.remove(id);
      freed.push(id);
    }

    Integer any(Random random) {
      List<Integer> ids = new ArrayList<>(values.keySet());
      return ids.isEmpty() ? null : ids.get(random.nextInt(ids.size()));
    }
  }

  @Test
  void everyAcknowledgedChangeSurvivesRestarts() throws Exception {
    System.out.println("CatalogModelTest seed " + seed);
    Files.createDirectories(directory.resolve("catalog"));
    Files.createDirectories(directory.resolve("offsets"));
    subject = new JournaledCatalog(directory, random);

    for (int step = 1; step <= STEPS; step++) {
      switch (random.nextInt(12)) {
        case 0, 1 -> createStream();
        case 2 -> deleteStream();
        case 3, 4 -> createTopic();
        case 5 -> deleteTopic();
        case 6 -> greet();
        case 7, 8 -> store();
        case 9, 10 -> createOrDeleteGroup();
        default -> deleteOffset();
      }
      if (step % STEPS_BETWEEN_RESTARTS == 0) {
        compare();
        subject.close();
        subject = new JournaledCatalog(directory, random);
        compare();
      }
    }

    subject.close();
  }

  private void createStream() {
    String name = "s" + random.nextInt(1000);
    if (model.names.containsValue(name) || model.values.size() >= 40) {
      return;
    }
    StreamCreated change = subject.onLoop(() -> subject.catalog.latest().newStream(name, 7));
    this.<Void>await(done -> subject.catalog.commit(change, NOTHING, done));
    assertThat(change.id()).isEqualTo(model.add(name, new Slot<>()));
  }

  private void deleteStream() {
    Integer id = model.any(random);
    if (id == null) {
      return;
    }
    model.values.get(id).values.values().forEach(this::forget);
    model.remove(id);
    groups.keySet().removeIf(place -> place.stream == id);
    this.<Void>await(done -> subject.catalog.commit(new StreamDeleted(id), NOTHING, done));
  }

  private void createTopic() {
    Integer stream = model.any(random);
    if (stream == null) {
      return;
    }
    String name = "t" + random.nextInt(50);
    Slot<List<Long>> topics = model.values.get(stream);
    if (topics.names.containsValue(name)) {
      return;
    }
    int count = random.nextInt(4);
    CatalogState latest = subject.onLoop(subject.catalog::latest);
    TopicCreated change =
        latest.newTopic(
            latest.streams().get(stream), name, new Settings(1, -1, 1L << 30, 1), count, 9);
    this.<Void>await(
        done ->
            subject.catalog.commit(
                change,
                () -> {
                  for (int i = 0; i < count; i++) {
                    subject.offsets.admit(change.firstIncarnation() + i);
                  }
                },
                done));
    List<Long> incarnations = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      incarnations.add(change.firstIncarnation() + i);
      assertThat(incarnationsSeen.add(change.firstIncarnation() + i)).as("never again").isTrue();
    }
    assertThat(change.id()).isEqualTo(topics.add(name, incarnations));
  }

  private void deleteTopic() {
    Integer stream = model.any(random);
    Integer topic = stream == null ? null : model.values.get(stream).any(random);
    if (topic == null) {
      return;
    }
    forget(model.values.get(stream).values.get(topic));
    model.values.get(stream).remove(topic);
    groups.remove(new Place(stream, topic));
    this.<Void>await(
        done -> subject.catalog.commit(new TopicDeleted(stream, topic), NOTHING, done));
  }

  private void createOrDeleteGroup() {
    Integer stream = model.any(random);
    Integer topic = stream == null ? null : model.values.get(stream).any(random);
    if (topic == null) {
      return;
    }
    Slot<Integer> ofTopic = groups.computeIfAbsent(new Place(stream, topic), none -> new Slot<>());
    String name = "g" + random.nextInt(8);
    if (ofTopic.names.containsValue(name)) {
      deleteGroup(stream, topic, ofTopic.any(random));
      return;
    }
    GroupCreated change =
        subject.onLoop(() -> subject.catalog.latest().groups().newGroup(stream, topic, name));
    this.<Void>await(
        done ->
            subject.catalog.commit(
                change, () -> subject.offsets.admitGroup(change.serial()), done));
    assertThat(serialsSeen.add(change.serial())).as("never again").isTrue();
    assertThat(change.id()).isEqualTo(ofTopic.add(name, change.serial()));
  }

  private void deleteGroup(int stream, int topic, int id) {
    int serial = groups.get(new Place(stream, topic)).values.get(id);
    groups.get(new Place(stream, topic)).remove(id);
    this.<Void>await(
        done -> subject.catalog.commit(new GroupDeleted(stream, topic, id), NOTHING, done));
    subject.onLoop(
        () -> {
          TopicEntry entry = subject.catalog.visible().streams().get(stream).topics().get(topic);
          subject.offsets.forgetGroup(serial, entry.partitions());
          return null;
        });
    offsets.values().forEach(stored -> stored.remove(new Owner(true, serial)));
  }

  private void forget(List<Long> incarnations) {
    for (long incarnation : incarnations) {
      offsets.remove(incarnation);
      subject.onLoop(
          () -> {
            subject.offsets.forget(incarnation);
            return null;
          });
    }
  }

  private void greet() {
    ProducerKey producer = new ProducerKey(0, random.nextInt(5), 1);
    Opening opening = new Opening(random.nextInt(6), 0, random.nextInt(2));
    Opening highest = producers.get(producer);
    boolean welcome =
        highest == null || opening.epoch() > highest.epoch() || opening.equals(highest);

    boolean answer = this.<Boolean>await(done -> subject.catalog.greet(producer, opening, done));

    assertThat(answer).isEqualTo(welcome);
    if (welcome) {
      producers.put(producer, opening);
    }
  }

  private void store() {
    Long incarnation = anyPartition();
    if (incarnation == null) {
      return;
    }
    Owner owner = anyOwner(incarnation);
    long offset = random.nextInt(100_000);
    this.<Void>await(done -> subject.offsets.store(incarnation, owner, offset, done));
    offsets.computeIfAbsent(incarnation, absent -> new HashMap<>()).put(owner, offset);
  }

  private void deleteOffset() {
    Long incarnation = anyPartition();
    if (incarnation == null) {
      return;
    }
    Owner owner = anyOwner(incarnation);
    Map<Owner, Long> stored = offsets.getOrDefault(incarnation, new HashMap<>());

    boolean existed = this.<Boolean>await(done -> subject.offsets.delete(incarnation, owner, done));

    assertThat(existed).isEqualTo(stored.remove(owner) != null);
  }

  /** A consumer, or a group of the partition's topic. */
  private Owner anyOwner(long incarnation) {
    List<Integer> serials = new ArrayList<>();
    groups.forEach(
        (place, ofTopic) -> {
          if (model.values.get(place.stream).values.get(place.topic).contains(incarnation)) {
            serials.addAll(ofTopic.values.values());
          }
        });
    return serials.isEmpty() || random.nextBoolean()
        ? new Owner(false, random.nextInt(3))
        : new Owner(true, serials.get(random.nextInt(serials.size())));
  }

  private Long anyPartition() {
    List<Long> all = new ArrayList<>();
    model.values.values().forEach(topics -> topics.values.values().forEach(all::addAll));
    return all.isEmpty() ? null : all.get(random.nextInt(all.size()));
  }

  private <T> T await(Consumer<LogCallback<T>> operation) {
    return subject.complete(operation);
  }

  private void compare() {
    assertThat(subject.findings).isEmpty();
    assertThat(subject.damage).isEmpty();
    CatalogState state = subject.catalog.visible();
    assertThat(state.streams().all())
        .extracting(StreamEntry::id)
        .containsExactlyElementsOf(model.values.keySet());
    assertThat(state.streams().nextId())
        .isEqualTo(model.freed.isEmpty() ? model.end : model.freed.peek());
    for (StreamEntry stream : state.streams().all()) {
      assertThat(stream.name()).isEqualTo(model.names.get(stream.id()));
      compare(stream, model.values.get(stream.id()));
    }
    assertThat(state.groups().size())
        .isEqualTo(groups.values().stream().mapToInt(ofTopic -> ofTopic.values.size()).sum());
    producers.forEach(
        (producer, highest) -> {
          assertThat(subject.catalog.producers().fenced(producer, highest)).isFalse();
          Opening other = new Opening(highest.epoch(), 99, 99);
          assertThat(subject.catalog.producers().fenced(producer, other)).isTrue();
        });
  }

  private void compare(StreamEntry stream, Slot<List<Long>> topics) {
    assertThat(stream.topics().nextId())
        .isEqualTo(topics.freed.isEmpty() ? topics.end : topics.freed.peek());
    assertThat(stream.topics().all())
        .extracting(TopicEntry::id)
        .containsExactlyElementsOf(topics.values.keySet());
    for (TopicEntry topic : stream.topics().all()) {
      assertThat(topic.name()).isEqualTo(topics.names.get(topic.id()));
      compareGroups(stream.id(), topic.id());
      assertThat(topic.partitions())
          .extracting(PartitionEntry::incarnation)
          .containsExactlyElementsOf(topics.values.get(topic.id()));
      for (PartitionEntry partition : topic.partitions()) {
        Map<Owner, Long> stored = offsets.getOrDefault(partition.incarnation(), Map.of());
        Map<Owner, Long> found = new HashMap<>();
        subject.offsets.forEach(partition.incarnation(), found::put);
        assertThat(found).isEqualTo(stored);
      }
    }
  }

  private void compareGroups(int stream, int topic) {
    Slot<Integer> expected = groups.getOrDefault(new Place(stream, topic), new Slot<>());
    Slots<GroupEntry> found = subject.catalog.visible().groups().of(stream, topic);
    assertThat(found.nextId())
        .isEqualTo(expected.freed.isEmpty() ? expected.end : expected.freed.peek());
    assertThat(found.all())
        .extracting(GroupEntry::serial)
        .containsExactlyElementsOf(expected.values.values());
    assertThat(found.all())
        .extracting(GroupEntry::name)
        .containsExactlyElementsOf(expected.names.values());
  }
}

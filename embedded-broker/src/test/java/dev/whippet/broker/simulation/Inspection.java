package dev.whippet.broker.simulation;

import dev.whippet.broker.Health;
import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.simulation.PartitionModel.StoredOffset;
import dev.whippet.broker.simulation.PartitionModel.Track;
import dev.whippet.broker.simulation.Requests.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Reads everything that a broker serves and compares it with what the clients know. What was in
 * doubt is settled by that: the world says afterwards what was found, and nothing of it may ever be
 * otherwise.
 *
 * <ul>
 *   <li>streams and topics: as acknowledged, the change in doubt whole or not at all
 *   <li>every acknowledged batch whole, once, in the order of its sender; every published sequence
 *       once, in order, without a gap; offsets without a gap, from 0 or from where retention has
 *       cut; nothing that nobody sent
 *   <li>what a poll ever showed stands where it stood
 *   <li>stored offsets as acknowledged or in doubt, never above the last message
 *   <li>figures as counted; nothing to complain about
 * </ul>
 *
 * Where messages are synced late ({@link #lostSince}), those that were acknowledged lately may be
 * missing after a power cut, and nothing else.
 */
final class Inspection {
  private static final int READER = 9_999;
  private static final long NOTHING_LOST = Long.MAX_VALUE;

  private final SimulatedBroker broker;
  private final World world;
  private final SimulatedClient client;
  private final int pollCount;

  /** Segments may have been dropped. */
  private boolean retention;

  /** The disk gave wrong bytes, or lost some. */
  private boolean lossy;

  /** Messages that were acknowledged after this time may be missing. */
  private long lostSinceMicros = NOTHING_LOST;

  /** Behind the last offset that was read. */
  private long lastEnd;

  Inspection(SimulatedBroker broker, World world, int pollCount) {
    this.broker = broker;
    this.world = world;
    this.pollCount = pollCount;
    this.client = new SimulatedClient(broker, pollCount);
  }

  /** Something may be missing, and is told by health; nothing may be wrong. */
  Inspection lossy(boolean lossy) {
    this.lossy = lossy;
    return this;
  }

  /** Messages that were acknowledged later than this may be missing. */
  Inspection lostSince(long micros) {
    lostSinceMicros = micros;
    return this;
  }

  private boolean tailsLost() {
    return lossy || lostSinceMicros != NOTHING_LOST;
  }

  /** The oldest segments may be gone. */
  Inspection withRetention(boolean retention) {
    this.retention = retention;
    return this;
  }

  /** On a disk that never failed: the broker has nothing to complain about. */
  void run() {
    served();
    Health health = broker.health();
    check(health.problems().stream().allMatch(Inspection::isLeftOver), "health: " + health);
  }

  /** A deleted partition whose directory was there still when the catalog's end was torn. */
  private static boolean isLeftOver(Health.Problem problem) {
    return problem.reason().startsWith("unknown to the catalog, set aside");
  }

  /** Everything but health. */
  void served() {
    catalog();
    for (World.Topic topic : world.topics.values()) {
      long messages = 0;
      for (int id = 0; id < topic.partitions().size(); id++) {
        messages += partition(new Place(topic.stream(), topic.name(), id), topic);
      }
      figures(topic, messages);
    }
  }

  // --- streams and topics -----------------------------------------------------------------------

  private void catalog() {
    Set<String> found = new TreeSet<>();
    for (Reply.Stream stream : ((Reply.Streams) client.ask(new Request.GetStreams())).streams()) {
      found.add(stream.name());
      Identifier name = new Identifier.Named(stream.name());
      if (client.ask(new Request.GetTopics(name)) instanceof Reply.Topics topics) {
        topics
            .topics()
            .forEach(one -> found.add(stream.name() + "/" + one.name() + ":" + one.partitions()));
      }
    }
    Set<String> expected = names(world);
    if (world.inDoubt != null && (!found.equals(expected) || isPurged(world.inDoubt))) {
      world.apply(world.inDoubt);
      expected = names(world);
    }
    world.inDoubt = null;
    if (lossy) {
      Set<String> all = expected;
      check(
          found.stream().allMatch(one -> isPartOf(one, all)),
          "catalog " + found + ", expected " + expected);
      world.streams.keySet().retainAll(found);
      world.topics.values().removeIf(topic -> !found.contains(nameOf(topic)));
      return;
    }
    check(found.equals(expected), "catalog " + found + ", expected " + expected);
  }

  /** With damage a topic may have lost partitions, but gained none. */
  private static boolean isPartOf(String found, Set<String> expected) {
    int colon = found.indexOf(':');
    String name = found.substring(0, colon + 1);
    return expected.contains(found)
        || colon >= 0
            && expected.stream()
                .anyMatch(
                    one ->
                        one.startsWith(name)
                            && Integer.parseInt(one.substring(colon + 1))
                                >= Integer.parseInt(found.substring(colon + 1)));
  }

  /** A purge that is in doubt has happened when nothing is there; all of it or nothing. */
  private boolean isPurged(World.Change change) {
    return change.kind() == World.Kind.PURGE
        && world.topics.values().stream()
            .filter(change::concerns)
            .allMatch(topic -> details(topic).messages() == 0);
  }

  private Reply.Topic details(World.Topic topic) {
    Identifier stream = new Identifier.Named(topic.stream());
    Identifier name = new Identifier.Named(topic.name());
    return ((Reply.TopicDetails) client.ask(new Request.GetTopic(stream, name))).topic();
  }

  private static Set<String> names(World world) {
    Set<String> names = new TreeSet<>(world.streams.keySet());
    world.topics.values().forEach(topic -> names.add(nameOf(topic)));
    return names;
  }

  private static String nameOf(World.Topic topic) {
    return topic.key() + ":" + topic.partitions().size();
  }

  private void figures(World.Topic topic, long messages) {
    long said = details(topic).messages();
    check(
        tailsLost() || said == messages,
        topic.key() + " says it has " + said + " messages: " + messages);
  }

  // --- messages ---------------------------------------------------------------------------------

  private long partition(Place place, World.Topic topic) {
    PartitionModel model = topic.partitions().get(place.partition());
    try {
      Map<Long, Long> found = readAll(place);
      long end = lastEnd;
      long first = found.isEmpty() ? end : found.keySet().iterator().next();
      check(first == 0 || retention || tailsLost(), "the log begins at offset " + first);
      boolean dropped = first > 0 && (retention || lossy);
      sent(model, found, dropped);
      published(model, found, dropped);
      model.seen.forEach(
          (offset, tag) ->
              check(
                  tag.equals(found.get(offset))
                      || (tailsLost() || offset < first) && !found.containsKey(offset),
                  "what offset " + offset + " showed is gone"));
      found.forEach(model::saw);
      for (Map.Entry<Integer, StoredOffset> one : model.offsets.entrySet()) {
        offset(place, one.getKey(), one.getValue(), end);
      }
      return found.size();
    } catch (AssertionError e) {
      throw new AssertionError(place + ": " + e.getMessage(), e);
    }
  }

  /** Tags by offset. */
  private Map<Long, Long> readAll(Place place) {
    Map<Long, Long> found = new LinkedHashMap<>();
    lastEnd = 0;
    while (true) {
      Strategy strategy = new Strategy(Strategy.Kind.OFFSET, lastEnd);
      Reply reply = client.ask(Requests.poll(place, READER, strategy, pollCount, false));
      check(reply instanceof Reply.Polled, "poll from " + lastEnd + " answered " + reply);
      Reply.Polled polled = (Reply.Polled) reply;
      Polled.each(
          polled,
          (offset, tag) -> {
            check(
                found.isEmpty() || offset == lastEnd || tailsLost() && offset > lastEnd,
                "offset " + offset + " after " + lastEnd);
            found.put(offset, tag);
            lastEnd = offset + 1;
          });
      long last = Math.max(0, lastEnd - 1);
      if (polled.count() == 0) {
        check(
            tailsLost() || polled.currentOffset() == last,
            "end " + last + ", says " + polled.currentOffset());
        return found;
      }
      check(polled.currentOffset() >= last, "polled beyond the end");
    }
  }

  private void sent(PartitionModel model, Map<Long, Long> records, boolean dropped) {
    Map<Integer, Long> newest = new LinkedHashMap<>();
    Map<Integer, Long> oldest = new LinkedHashMap<>();
    Set<Long> complete = new HashSet<>();
    long expected = -1;
    for (long tag : records.values()) {
      if (Tags.isPublished(tag)) {
        check(expected < 0, "a batch is interrupted by a published record");
        continue;
      }
      long number = Tags.batchOf(tag);
      SentBatch batch = model.sent.get(number);
      check(batch != null, "batch " + number + " was not sent here, or was gone before");
      check(expected < 0 ? tag == Tags.sent(number, 0) : tag == expected, "a batch in pieces");
      check(!complete.contains(number), "batch " + number + " stands there twice");
      expected = tag == Tags.sent(number, batch.count - 1) ? -1 : tag + 1;
      if (expected < 0) {
        complete.add(number);
        long before = newest.getOrDefault(batch.sender, 0L);
        check(before < number, "batch " + number + " after " + before);
        newest.put(batch.sender, number);
        oldest.putIfAbsent(batch.sender, number);
      }
    }
    check(expected < 0, "the last batch is cut");
    for (SentBatch batch : List.copyOf(model.sent.values())) {
      boolean gone = dropped && batch.number < oldest.getOrDefault(batch.sender, Long.MAX_VALUE);
      boolean found = complete.contains(batch.number);
      check(
          !batch.acknowledged || lossy || batch.acknowledgedAt > lostSinceMicros || found || gone,
          "batch " + batch.number + " was acknowledged and is lost");
      if (found) {
        batch.acknowledge(world.time.micros());
      } else if (!gone) { // a power cut may bring a dropped segment back
        model.sent.remove(batch.number);
      }
    }
  }

  private void published(PartitionModel model, Map<Long, Long> found, boolean dropped) {
    Map<Integer, List<Long>> byProducer = new LinkedHashMap<>();
    for (long tag : found.values()) {
      if (Tags.isPublished(tag)) {
        check(
            tag == Tags.published(Tags.producerOf(tag), model.number, Tags.sequenceOf(tag)),
            "published to another partition");
        byProducer
            .computeIfAbsent(Tags.producerOf(tag), first -> new ArrayList<>())
            .add(Tags.sequenceOf(tag));
      }
    }
    byProducer.keySet().forEach(model::track);
    for (Map.Entry<Integer, Track> one : model.tracks.entrySet()) {
      Track track = one.getValue();
      List<Long> own = byProducer.getOrDefault(one.getKey(), List.of());
      if (own.isEmpty() && dropped) {
        continue;
      }
      List<Long> retained = track.retained();
      long last = own.isEmpty() ? track.purged : own.get(own.size() - 1);
      if (tailsLost()) {
        check(retained.containsAll(own), "sequences that were not published: " + own);
        check(own.stream().sorted().distinct().toList().equals(own), "not in order: " + own);
        long durable = lossy ? 0 : track.acknowledgedBy(lostSinceMicros);
        long first = dropped ? own.get(0) : 0;
        List<Long> missing =
            retained.stream().filter(each -> first <= each && each <= durable).toList();
        check(own.containsAll(missing), "of " + missing + " only " + own + " are there");
        track.acknowledged = last;
        continue;
      }
      int from = own.isEmpty() || !dropped ? 0 : retained.indexOf(own.get(0));
      check(
          from >= 0 && from + own.size() <= retained.size(),
          "sequences that were not published: " + own);
      List<Long> expected = retained.subList(from, from + own.size());
      check(own.equals(expected), "sequences " + own + ", expected " + expected);
      check(last >= track.acknowledged, track.acknowledged + " was acknowledged, last is " + last);
      track.acknowledged(last, world.time.micros());
    }
  }

  private void offset(Place place, int consumer, StoredOffset stored, long end) {
    Reply reply = client.ask(Requests.getOffset(place, consumer));
    long value = StoredOffset.NOTHING;
    if (reply instanceof Reply.OffsetInfo info) {
      value = info.storedOffset();
      check(lossy || value <= info.currentOffset(), "beyond the end: " + info);
    } else {
      check(reply instanceof Reply.Empty, "offset of consumer " + consumer + ": " + reply);
    }
    check(tailsLost() || value < end, "offset " + value + " is stored, the log ends at " + end);
    check(lossy || stored.allows(value), "stored offset " + value + ", expected " + stored);
    stored.settle(value);
  }

  static void check(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }
}

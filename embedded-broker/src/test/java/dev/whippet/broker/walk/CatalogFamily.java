package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.TopicSettings;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;

/** Streams, topics, partitions, purges. */
final class CatalogFamily implements Family {
  private static final int NAMES = 5;
  private static final int PARTITIONS_MAX = 4;

  @Override
  public int weight() {
    return 30;
  }

  @Override
  public void step(Walk walk) {
    switch (walk.random.nextInt(24)) {
      case 0, 1 -> createStream(walk);
      case 2 -> updateStream(walk);
      case 3 -> deleteStream(walk);
      case 4 -> purgeStream(walk);
      case 5, 6, 7, 8 -> createTopic(walk);
      case 9, 10 -> updateTopic(walk);
      case 11 -> deleteTopic(walk);
      case 12, 13 -> purgeTopic(walk);
      case 14, 15 -> createPartitions(walk);
      case 16, 17 -> deletePartitions(walk);
      case 18, 19 -> getStream(walk);
      case 20 -> getStreams(walk);
      case 21 -> getTopics(walk);
      case 22 -> {
        if (walk.chance(8)) { // it asks the machine
          getStats(walk);
        }
      }
      default -> getTopic(walk);
    }
  }

  // --- streams ----------------------------------------------------------------------------------

  private static Identifier anyStream(Walk walk) {
    return walk.identifier(walk.model.streams, walk.name("s", NAMES));
  }

  private static void createStream(Walk walk) {
    String name = walk.name("s", NAMES);
    long now = walk.micros();
    Reply reply = walk.ask(new Request.CreateStream(name));
    if (walk.model.streams.idOf(name) >= 0) {
      walk.expect(Status.STREAM_NAME_ALREADY_EXISTS, reply);
      return;
    }
    int id = walk.model.streams.add(new Model.Stream(name, now));
    walk.expect(new Reply.StreamDetails(walk.model.stream(id), List.of()), reply);
  }

  private static void updateStream(Walk walk) {
    Identifier stream = anyStream(walk);
    String name = walk.name("s", NAMES);
    Reply reply = walk.ask(new Request.UpdateStream(stream, name));
    int id = Walk.resolve(walk.model.streams, stream);
    int named = walk.model.streams.idOf(name);
    if (id < 0) {
      walk.expect(Status.STREAM_NOT_FOUND, reply);
    } else if (named >= 0 && named != id) {
      walk.expect(Status.STREAM_NAME_ALREADY_EXISTS, reply);
    } else {
      walk.expect(Status.OK, reply);
      walk.model.streams.get(id).name = name;
    }
  }

  private static void deleteStream(Walk walk) {
    Identifier stream = anyStream(walk);
    Reply reply = walk.ask(new Request.DeleteStream(stream));
    int id = Walk.resolve(walk.model.streams, stream);
    walk.expect(id < 0 ? Status.STREAM_NOT_FOUND : Status.OK, reply);
    if (id >= 0) {
      walk.model.removeStream(id);
    }
  }

  private static void purgeStream(Walk walk) {
    Identifier stream = anyStream(walk);
    Reply reply = walk.ask(new Request.PurgeStream(stream));
    int id = Walk.resolve(walk.model.streams, stream);
    walk.expect(id < 0 ? Status.STREAM_NOT_FOUND : Status.OK, reply);
    if (id >= 0) {
      IdSlots<Model.Topic> topics = walk.model.streams.get(id).topics;
      topics.ids().forEach(topic -> topics.get(topic).purge());
    }
  }

  private static void getStream(Walk walk) {
    Identifier stream = anyStream(walk);
    Reply reply = walk.ask(new Request.GetStream(stream));
    int id = Walk.resolve(walk.model.streams, stream);
    walk.expect(
        id < 0
            ? new Reply.Empty()
            : new Reply.StreamDetails(walk.model.stream(id), walk.model.topics(id)),
        reply);
  }

  private static void getStreams(Walk walk) {
    List<Reply.Stream> all = new ArrayList<>();
    walk.model.streams.ids().forEach(id -> all.add(walk.model.stream(id)));
    walk.expect(new Reply.Streams(all), walk.ask(new Request.GetStreams()));
  }

  // --- topics -----------------------------------------------------------------------------------

  private static TopicSettings anySettings(Walk walk) {
    return new TopicSettings(
        1 + walk.random.nextInt(2),
        walk.chance(2) ? 0 : Model.WITHOUT_LIMIT,
        walk.chance(2) ? 0 : 1L << (30 + walk.random.nextInt(10)),
        walk.random.nextInt(3));
  }

  /** What 0 stands for at a creation. */
  private static TopicSettings resolved(TopicSettings asked) {
    return new TopicSettings(
        asked.compression(),
        asked.messageExpiryMicros() == 0 ? Model.WITHOUT_LIMIT : asked.messageExpiryMicros(),
        asked.maxSizeBytes() == 0 ? Model.WITHOUT_LIMIT : asked.maxSizeBytes(),
        Math.max(1, asked.replicationFactor()));
  }

  private static void createTopic(Walk walk) {
    Identifier stream = anyStream(walk);
    String name = walk.name("t", NAMES);
    int partitions = walk.chance(20) ? 1001 : walk.random.nextInt(PARTITIONS_MAX);
    TopicSettings settings = anySettings(walk);
    long now = walk.micros();
    Reply reply = walk.ask(new Request.CreateTopic(stream, name, partitions, settings));
    int id = Walk.resolve(walk.model.streams, stream);
    if (partitions > 1000) {
      walk.expect(Status.TOO_MANY_PARTITIONS, reply);
    } else if (id < 0) {
      walk.expect(Status.STREAM_NOT_FOUND, reply);
    } else if (walk.model.streams.get(id).topics.idOf(name) >= 0) {
      walk.expect(Status.TOPIC_NAME_ALREADY_EXISTS, reply);
    } else {
      Model.Topic topic = new Model.Topic(name, now, resolved(settings));
      for (int i = 0; i < partitions; i++) {
        topic.partitions.add(new Model.Partition(now));
      }
      int topicId = walk.model.streams.get(id).topics.add(topic);
      walk.expect(walk.model.topicDetails(id, topicId), reply);
    }
  }

  private static void updateTopic(Walk walk) {
    Place place = Place.any(walk);
    String name = walk.name("t", NAMES);
    TopicSettings settings = anySettings(walk);
    Reply reply = walk.ask(new Request.UpdateTopic(place.stream(), place.topic(), name, settings));
    if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
      return;
    }
    int named = walk.model.streams.get(place.streamId()).topics.idOf(name);
    if (named >= 0 && named != place.topicId()) {
      walk.expect(Status.TOPIC_NAME_ALREADY_EXISTS, reply);
    } else {
      walk.expect(Status.OK, reply);
      place.found().name = name;
      place.found().settings =
          new TopicSettings(
              settings.compression(),
              settings.messageExpiryMicros(),
              settings.maxSizeBytes(),
              Math.max(1, settings.replicationFactor()));
    }
  }

  private static void deleteTopic(Walk walk) {
    Place place = Place.any(walk);
    Reply reply = walk.ask(new Request.DeleteTopic(place.stream(), place.topic()));
    walk.expect(place.missing(), reply);
    if (place.found() != null) {
      walk.model.streams.get(place.streamId()).topics.remove(place.topicId());
    }
  }

  private static void purgeTopic(Walk walk) {
    Place place = Place.any(walk);
    Reply reply = walk.ask(new Request.PurgeTopic(place.stream(), place.topic()));
    walk.expect(place.missing(), reply);
    if (place.found() != null) {
      place.found().purge();
    }
  }

  private static void getTopic(Walk walk) {
    Place place = Place.any(walk);
    Reply reply = walk.ask(new Request.GetTopic(place.stream(), place.topic()));
    walk.expect(
        place.found() == null
            ? new Reply.Empty()
            : walk.model.topicDetails(place.streamId(), place.topicId()),
        withoutSegments(reply));
  }

  private static void getTopics(Walk walk) {
    Identifier stream = anyStream(walk);
    Reply reply = walk.ask(new Request.GetTopics(stream));
    int id = Walk.resolve(walk.model.streams, stream);
    walk.expect(id < 0 ? new Reply.Empty() : new Reply.Topics(walk.model.topics(id)), reply);
  }

  /** Each partition has one at least; how many is the log's business. */
  private static Reply withoutSegments(Reply reply) {
    if (!(reply instanceof Reply.TopicDetails details)) {
      return reply;
    }
    List<Reply.Partition> partitions = new ArrayList<>();
    for (Reply.Partition one : details.partitions()) {
      Walk.check(one.segments() > 0, "no segment: " + one);
      partitions.add(
          new Reply.Partition(
              one.id(),
              one.createdAtMicros(),
              0,
              one.currentOffset(),
              one.sizeBytes(),
              one.messages()));
    }
    return new Reply.TopicDetails(details.topic(), partitions);
  }

  // --- partitions -------------------------------------------------------------------------------

  private static void createPartitions(Walk walk) {
    Place place = Place.any(walk);
    int count = walk.chance(8) ? 1001 * walk.random.nextInt(2) : 1 + walk.random.nextInt(3);
    boolean room = place.found() == null || place.found().partitions.size() < 2 * PARTITIONS_MAX;
    long now = walk.micros();
    if (!room) {
      return;
    }
    Reply reply = walk.ask(new Request.CreatePartitions(place.stream(), place.topic(), count));
    if (count == 0 || count > 1000) {
      walk.expect(Status.TOO_MANY_PARTITIONS, reply);
      return;
    }
    walk.expect(place.missing(), reply);
    for (int i = 0; place.found() != null && i < count; i++) {
      place.found().partitions.add(new Model.Partition(now));
    }
    if (place.found() != null) {
      place.found().resized();
    }
  }

  private static void deletePartitions(Walk walk) {
    Place place = Place.any(walk);
    int count = walk.random.nextInt(4);
    Reply reply = walk.ask(new Request.DeletePartitions(place.stream(), place.topic(), count));
    if (count == 0) {
      walk.expect(Status.TOO_MANY_PARTITIONS, reply);
    } else if (place.missing() != Status.OK) {
      walk.expect(place.missing(), reply);
    } else if (count > place.found().partitions.size()) {
      walk.expect(Status.INVALID_PARTITIONS_COUNT, reply);
    } else {
      walk.expect(Status.OK, reply);
      List<Model.Partition> all = place.found().partitions;
      all.subList(all.size() - count, all.size()).clear();
      place.found().resized();
    }
  }

  // --- the whole --------------------------------------------------------------------------------

  private static void getStats(Walk walk) {
    Reply.Stats stats = (Reply.Stats) walk.ask(new Request.GetStats());
    int topics = 0;
    int partitions = 0;
    long messages = 0;
    long bytes = 0;
    for (Reply.TopicDetails one : walk.model.everything().values()) {
      topics++;
      partitions += one.partitions().size();
      messages += one.topic().messages();
      bytes += one.topic().sizeBytes();
    }
    Walk.check(
        stats.streams() == walk.model.streams.size()
            && stats.topics() == topics
            && stats.partitions() == partitions
            && stats.messages() == messages
            && stats.messagesSizeBytes() == bytes
            && stats.consumerGroups() == walk.model.groups()
            && stats.segments() >= partitions,
        "other sums: " + stats);
  }

  @Override
  public void compare(Walk walk) {
    getStreams(walk);
    for (int stream : walk.model.streams.ids()) {
      for (int topic : walk.model.streams.get(stream).topics.ids()) {
        Reply reply =
            walk.ask(
                new Request.GetTopic(
                    new Identifier.Numeric(stream), new Identifier.Numeric(topic)));
        walk.expect(walk.model.topicDetails(stream, topic), withoutSegments(reply));
      }
    }
  }
}

package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request.TopicSettings;
import dev.whippet.broker.internal.command.group.GroupModel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What the rules of iggy-classic.md say there is: plain lists and maps. */
final class Model {
  static final long WITHOUT_LIMIT = -1;
  private static final int MESSAGE_HEADER_BYTES = 64;

  /** A message that was acknowledged. */
  record Message(long tag, int payloadBytes, long timestamp) {
    long bytes() {
      return MESSAGE_HEADER_BYTES + payloadBytes;
    }
  }

  static final class Partition {
    final long createdAt;

    /** By offset, from 0; those before {@code first} are gone. */
    final List<Message> messages = new ArrayList<>();

    final Map<Integer, Long> offsets = new HashMap<>();

    int first;

    Partition(long createdAt) {
      this.createdAt = createdAt;
    }

    long current() {
      return Math.max(0, messages.size() - 1);
    }

    long count() {
      return messages.size() - first;
    }

    long bytes() {
      return messages.subList(first, messages.size()).stream().mapToLong(Message::bytes).sum();
    }

    void purge() {
      messages.clear();
      offsets.clear();
      first = 0;
    }
  }

  static final class Topic {
    String name;
    final long createdAt;
    TopicSettings settings;
    final List<Partition> partitions = new ArrayList<>();
    long balanced;

    final IdSlots<Group> groups = new IdSlots<>(group -> group.name);

    Topic(String name, long createdAt, TopicSettings settings) {
      this.name = name;
      this.createdAt = createdAt;
      this.settings = settings;
    }

    void purge() {
      partitions.forEach(Partition::purge);
      groups.ids().forEach(id -> groups.get(id).live.purge());
    }

    /** Partitions came or went. */
    void resized() {
      groups.ids().forEach(id -> groups.get(id).live.resize(partitions.size()));
    }

    long bytes() {
      return partitions.stream().mapToLong(Partition::bytes).sum();
    }

    long messages() {
      return partitions.stream().mapToLong(Partition::count).sum();
    }
  }

  /** A consumer group, its members known by the numbers of their connections. */
  static final class Group {
    final String name;
    GroupModel live;

    Group(String name, int partitions) {
      this.name = name;
      this.live = new GroupModel(partitions);
    }

    /** Without members, and with what it has stored. */
    void restart(int partitions) {
      GroupModel again = new GroupModel(partitions);
      again.stored.putAll(live.stored);
      live = again;
    }
  }

  static final class Stream {
    String name;
    final long createdAt;
    final IdSlots<Topic> topics = new IdSlots<>(topic -> topic.name);

    Stream(String name, long createdAt) {
      this.name = name;
      this.createdAt = createdAt;
    }
  }

  /** What a login may show instead of a password; it ends at a time, or (0) never. */
  record Token(byte[] raw, long expiresAt) {
    boolean expired(long now) {
      return expiresAt != 0 && expiresAt <= now;
    }
  }

  static final class User {
    String name;
    final long createdAt;
    boolean active;
    byte[] password;
    GrantModel grants;
    final Map<String, Token> tokens = new LinkedHashMap<>();

    User(String name, long createdAt) {
      this.name = name;
      this.createdAt = createdAt;
    }
  }

  final IdSlots<User> users = new IdSlots<>(user -> user.name);
  final IdSlots<Stream> streams = new IdSlots<>(stream -> stream.name);

  /** The process ended: what it kept in memory only is gone. */
  void restarted() {
    for (int stream : streams.ids()) {
      for (int topic : streams.get(stream).topics.ids()) {
        Topic one = streams.get(stream).topics.get(topic);
        one.balanced = 0;
        one.groups.ids().forEach(id -> one.groups.get(id).restart(one.partitions.size()));
      }
    }
  }

  /** The stream is gone, and what users may do there. */
  void removeStream(int id) {
    streams.remove(id);
    for (int user : users.ids()) {
      if (users.get(user).grants != null) {
        users.get(user).grants.end(id);
      }
    }
  }

  /** Consumer groups of all topics. */
  int groups() {
    int count = 0;
    for (int stream : streams.ids()) {
      IdSlots<Topic> topics = streams.get(stream).topics;
      count += topics.ids().stream().mapToInt(topic -> topics.get(topic).groups.size()).sum();
    }
    return count;
  }

  // --- as replies -------------------------------------------------------------------------------

  Reply.Stream stream(int id) {
    Stream stream = streams.get(id);
    long bytes = 0;
    long messages = 0;
    for (int topic : stream.topics.ids()) {
      bytes += stream.topics.get(topic).bytes();
      messages += stream.topics.get(topic).messages();
    }
    return new Reply.Stream(
        id, stream.createdAt, stream.topics.size(), bytes, messages, stream.name);
  }

  List<Reply.Topic> topics(int stream) {
    List<Reply.Topic> topics = new ArrayList<>();
    streams.get(stream).topics.ids().forEach(topic -> topics.add(topic(stream, topic)));
    return topics;
  }

  Reply.Topic topic(int stream, int id) {
    Topic topic = streams.get(stream).topics.get(id);
    return new Reply.Topic(
        id,
        topic.createdAt,
        topic.partitions.size(),
        topic.settings.messageExpiryMicros(),
        topic.settings.compression(),
        topic.settings.maxSizeBytes(),
        topic.settings.replicationFactor(),
        topic.bytes(),
        topic.messages(),
        topic.name);
  }

  /** Segments are not modelled: 0. */
  Reply.TopicDetails topicDetails(int stream, int id) {
    List<Reply.Partition> partitions = new ArrayList<>();
    for (Partition one : streams.get(stream).topics.get(id).partitions) {
      partitions.add(
          new Reply.Partition(
              partitions.size(), one.createdAt, 0, one.current(), one.bytes(), one.count()));
    }
    return new Reply.TopicDetails(topic(stream, id), partitions);
  }

  /** Everything, by name, for a look at the whole. */
  Map<String, Reply.TopicDetails> everything() {
    Map<String, Reply.TopicDetails> all = new TreeMap<>();
    for (int stream : streams.ids()) {
      for (int topic : streams.get(stream).topics.ids()) {
        all.put(stream + "/" + topic, topicDetails(stream, topic));
      }
    }
    return all;
  }
}

package dev.whippet;

import dev.whippet.internal.call.Call;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.check.Check;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.TopicSettings;
import java.util.ArrayList;
import java.util.List;
import okio.Buffer;

/**
 * Streams, topics, consumer groups, offsets. Every call may block: it waits for the connection and
 * for the answer, both within the client's request time-out, and throws {@link WhippetException}
 * with {@link WhippetException.Code#TIMEOUT} after that. A call whose connection breaks is sent
 * again. Safe for any thread but the client's own.
 */
public final class Admin {
  private final Connection connection;
  private final long timeoutMillis;

  Admin(Connection connection, long timeoutMillis) {
    this.connection = connection;
    this.timeoutMillis = timeoutMillis;
  }

  /** A stream as the server describes it. Immutable. */
  public static final class Stream {
    private final int id;
    private final String name;
    private final int topics;
    private final long messages;
    private final long bytes;

    Stream(int id, String name, int topics, long messages, long bytes) {
      this.id = id;
      this.name = name;
      this.topics = topics;
      this.messages = messages;
      this.bytes = bytes;
    }

    /**
     * The server's number of the stream.
     *
     * @return at least 0
     */
    public int id() {
      return id;
    }

    /**
     * The name.
     *
     * @return never empty
     */
    public String name() {
      return name;
    }

    /**
     * How many topics it has.
     *
     * @return at least 0
     */
    public int topics() {
      return topics;
    }

    /**
     * How many messages it holds.
     *
     * @return at least 0
     */
    public long messages() {
      return messages;
    }

    /**
     * How many bytes it holds.
     *
     * @return at least 0
     */
    public long bytes() {
      return bytes;
    }

    @Override
    public String toString() {
      return "Stream{" + id + ", " + name + ", " + topics + " topics, " + messages + " messages}";
    }
  }

  /** A topic as the server describes it. Immutable. */
  public static final class Topic {
    private final int id;
    private final String name;
    private final int partitions;
    private final long messages;
    private final long bytes;

    Topic(int id, String name, int partitions, long messages, long bytes) {
      this.id = id;
      this.name = name;
      this.partitions = partitions;
      this.messages = messages;
      this.bytes = bytes;
    }

    /**
     * The server's number of the topic within its stream.
     *
     * @return at least 0
     */
    public int id() {
      return id;
    }

    /**
     * The name.
     *
     * @return never empty
     */
    public String name() {
      return name;
    }

    /**
     * How many partitions it has, numbered from 0.
     *
     * @return at least 0
     */
    public int partitions() {
      return partitions;
    }

    /**
     * How many messages it holds.
     *
     * @return at least 0
     */
    public long messages() {
      return messages;
    }

    /**
     * How many bytes it holds.
     *
     * @return at least 0
     */
    public long bytes() {
      return bytes;
    }

    @Override
    public String toString() {
      return "Topic{" + id + ", " + name + ", " + partitions + " partitions, " + messages + "}";
    }
  }

  /**
   * All streams that the user may see.
   *
   * @return in the order of their ids
   */
  public List<Stream> streams() {
    Reply reply =
        ask(
            "get_streams",
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getStreams(out);
              }
            });
    List<Stream> streams = new ArrayList<>();
    try {
      if (reply.payload().size() > 0) {
        for (Replies.Stream stream : Replies.streams(reply.payload())) {
          streams.add(stream(stream));
        }
      }
    } catch (ProtocolException e) {
      throw malformed("get_streams", e);
    }
    return streams;
  }

  /**
   * One stream.
   *
   * @param name of the stream
   * @return null if there is none of that name
   */
  public Stream stream(String name) {
    final Identifier stream = identifier("stream", name);
    return stream(
        "get_stream " + name,
        ask(
            "get_stream " + name,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getStream(out, stream);
              }
            }));
  }

  /**
   * Makes a stream unless it exists.
   *
   * @param name 1 to 255 bytes of UTF-8
   * @return the new or the existing stream
   */
  public Stream createStream(final String name) {
    identifier("stream", name);
    Reply reply =
        answer(
            "create_stream " + name,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.createStream(out, name);
              }
            });
    Stream made =
        created("create_stream " + name, reply, Status.STREAM_NAME_ALREADY_EXISTS)
            ? stream("create_stream " + name, reply)
            : null;
    return made == null ? stream(name) : made;
  }

  /**
   * Deletes a stream with everything in it.
   *
   * @param name of the stream
   * @return false if there was none
   */
  public boolean deleteStream(String name) {
    final Identifier stream = identifier("stream", name);
    return deleted(
        "delete_stream " + name,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.deleteStream(out, stream);
          }
        });
  }

  /**
   * All topics of a stream.
   *
   * @param stream its name
   * @return in the order of their ids; empty if the stream does not exist
   */
  public List<Topic> topics(String stream) {
    final Identifier in = identifier("stream", stream);
    Reply reply =
        ask(
            "get_topics " + stream,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getTopics(out, in);
              }
            });
    List<Topic> topics = new ArrayList<>();
    try {
      if (reply.payload().size() > 0) {
        for (Replies.Topic topic : Replies.topics(reply.payload())) {
          topics.add(topic(topic));
        }
      }
    } catch (ProtocolException e) {
      throw malformed("get_topics " + stream, e);
    }
    return topics;
  }

  /**
   * One topic.
   *
   * @param stream its stream's name
   * @param name of the topic
   * @return null if there is none of that name
   */
  public Topic topic(String stream, String name) {
    final Identifier in = identifier("stream", stream);
    final Identifier topic = identifier("topic", name);
    String what = "get_topic " + stream + "/" + name;
    return topic(
        what,
        ask(
            what,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getTopic(out, in, topic);
              }
            }));
  }

  /**
   * Makes a topic unless it exists; its stream must exist.
   *
   * @param stream its stream's name
   * @param name 1 to 255 bytes of UTF-8
   * @param partitions 1 to 1,000; an existing topic keeps what it has
   * @return the new or the existing topic
   */
  public Topic createTopic(String stream, final String name, final int partitions) {
    final Identifier in = identifier("stream", stream);
    identifier("topic", name);
    Check.range("partitions", partitions, 1, 1_000);
    String what = "create_topic " + stream + "/" + name;
    Reply reply =
        answer(
            what,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.createTopic(out, in, name, partitions, TopicSettings.DEFAULT);
              }
            });
    Topic made = created(what, reply, Status.TOPIC_NAME_ALREADY_EXISTS) ? topic(what, reply) : null;
    return made == null ? topic(stream, name) : made;
  }

  /**
   * Adds partitions to a topic. A call whose connection breaks is sent again, and may then add them
   * twice: look at {@link #topic} when that matters.
   *
   * @param stream its stream's name
   * @param name of the topic
   * @param count 1 to 1,000
   */
  public void addPartitions(String stream, String name, final int count) {
    final Identifier in = identifier("stream", stream);
    final Identifier topic = identifier("topic", name);
    Check.range("count", count, 1, 1_000);
    ask(
        "create_partitions of " + stream + "/" + name,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.createPartitions(out, in, topic, count);
          }
        });
  }

  /**
   * Deletes a topic with everything in it.
   *
   * @param stream its stream's name
   * @param name of the topic
   * @return false if there was none
   */
  public boolean deleteTopic(String stream, String name) {
    final Identifier in = identifier("stream", stream);
    final Identifier topic = identifier("topic", name);
    return deleted(
        "delete_topic " + stream + "/" + name,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.deleteTopic(out, in, topic);
          }
        });
  }

  // --- consumer groups and offsets --------------------------------------------------------------

  /** A consumer group as the server describes it. Immutable. */
  public static final class Group {
    private final String name;
    private final int members;
    private final int partitions;

    Group(Replies.Group from) {
      this.name = from.name;
      this.members = from.membersCount;
      this.partitions = from.partitionsCount;
    }

    /**
     * The name.
     *
     * @return never empty
     */
    public String name() {
      return name;
    }

    /**
     * How many members it has now.
     *
     * @return at least 0
     */
    public int members() {
      return members;
    }

    /**
     * How many partitions they share.
     *
     * @return at least 0
     */
    public int partitions() {
      return partitions;
    }

    @Override
    public String toString() {
      return "Group{" + name + ", " + members + " members, " + partitions + " partitions}";
    }
  }

  /**
   * All consumer groups of a topic.
   *
   * @param stream its stream's name
   * @param topic its name
   * @return in the order of their ids
   */
  public List<Group> groups(String stream, String topic) {
    final Identifier in = identifier("stream", stream);
    final Identifier of = identifier("topic", topic);
    String what = "get_consumer_groups " + stream + "/" + topic;
    Reply reply =
        ask(
            what,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getGroups(out, in, of);
              }
            });
    List<Group> groups = new ArrayList<>();
    try {
      for (Replies.Group group : Replies.groups(reply.payload())) {
        groups.add(new Group(group));
      }
    } catch (ProtocolException e) {
      throw malformed(what, e);
    }
    return groups;
  }

  /**
   * Makes a consumer group unless it exists.
   *
   * @param stream its stream's name
   * @param topic its topic's name
   * @param name 1 to 255 bytes of UTF-8
   */
  public void createGroup(String stream, String topic, final String name) {
    final Identifier in = identifier("stream", stream);
    final Identifier of = identifier("topic", topic);
    identifier("group", name);
    String what = "create_consumer_group " + name + " of " + stream + "/" + topic;
    Reply reply =
        answer(
            what,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.createGroup(out, in, of, name);
              }
            });
    created(what, reply, Status.CONSUMER_GROUP_NAME_ALREADY_EXISTS);
  }

  /**
   * Deletes a consumer group with its offsets.
   *
   * @param stream its stream's name
   * @param topic its topic's name
   * @param name of the group
   * @return false if there was none
   */
  public boolean deleteGroup(String stream, String topic, String name) {
    final Identifier in = identifier("stream", stream);
    final Identifier of = identifier("topic", topic);
    final Identifier group = identifier("group", name);
    return deleted(
        "delete_consumer_group " + name + " of " + stream + "/" + topic,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.deleteGroup(out, in, of, group);
          }
        });
  }

  /**
   * What a consumer committed last.
   *
   * @param stream its stream's name
   * @param topic its topic's name
   * @param consumer the name that it commits under
   * @param partition at least 0
   * @return -1 if it committed nothing there
   */
  public long offset(String stream, String topic, String consumer, int partition) {
    return offset(stream, topic, ConsumerId.consumer(identifier("consumer", consumer)), partition);
  }

  /**
   * What a consumer group committed last.
   *
   * @param stream its stream's name
   * @param topic its topic's name
   * @param group its name
   * @param partition at least 0
   * @return -1 if it committed nothing there
   */
  public long groupOffset(String stream, String topic, String group, int partition) {
    return offset(stream, topic, ConsumerId.group(identifier("group", group)), partition);
  }

  private long offset(String stream, String topic, final ConsumerId who, final int partition) {
    final Identifier in = identifier("stream", stream);
    final Identifier of = identifier("topic", topic);
    Check.range("partition", partition, 0, Integer.MAX_VALUE);
    String what = "get_consumer_offset of " + stream + "/" + topic + ", partition " + partition;
    Reply reply =
        ask(
            what,
            new Call.Request() {
              @Override
              public void encode(Buffer out) {
                Requests.getOffset(out, who, in, of, partition);
              }
            });
    try {
      Replies.OffsetInfo info = Replies.offsetInfo(reply.payload());
      return info == null ? -1 : info.storedOffset;
    } catch (ProtocolException e) {
      throw malformed(what, e);
    }
  }

  /**
   * Forgets what a consumer committed: it begins at the first message again.
   *
   * @param stream its stream's name
   * @param topic its topic's name
   * @param consumer the name that it commits under
   * @param partition at least 0
   * @return false if there was nothing
   */
  public boolean deleteOffset(String stream, String topic, String consumer, final int partition) {
    final Identifier in = identifier("stream", stream);
    final Identifier of = identifier("topic", topic);
    final ConsumerId who = ConsumerId.consumer(identifier("consumer", consumer));
    Check.range("partition", partition, 0, Integer.MAX_VALUE);
    return deleted(
        "delete_consumer_offset of " + stream + "/" + topic + ", partition " + partition,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.deleteOffset(out, who, in, of, partition);
          }
        });
  }

  // --- asking -----------------------------------------------------------------------------------

  private static Identifier identifier(String what, String name) {
    return Identifier.named(Check.utf8Length(what, name, 1, 255));
  }

  /** The server's answer, whatever its status. */
  private Reply answer(String what, Call.Request request) {
    try {
      return connection.call(what, request, timeoutMillis);
    } catch (InterruptedException e) {
      throw WhippetException.interrupted(what);
    } catch (Call.RefusedException e) {
      throw WhippetException.of(e.refusal());
    }
  }

  private Reply ask(String what, Call.Request request) {
    Reply reply = answer(what, request);
    if (!reply.ok()) {
      throw WhippetException.of(Refusal.of(reply.status(), what));
    }
    return reply;
  }

  /** False if it existed, which may be our own doing before a connection broke. */
  private static boolean created(String what, Reply reply, int existsStatus) {
    if (!reply.ok() && reply.status() != existsStatus) {
      throw WhippetException.of(Refusal.of(reply.status(), what));
    }
    return reply.ok();
  }

  private boolean deleted(String what, Call.Request request) {
    Reply reply = answer(what, request);
    switch (reply.status()) {
      case Status.STREAM_NOT_FOUND:
      case Status.TOPIC_NOT_FOUND:
      case Status.CONSUMER_GROUP_NOT_FOUND:
      case Status.CONSUMER_OFFSET_NOT_FOUND:
        return false;
      default:
        break;
    }
    if (!reply.ok()) {
      throw WhippetException.of(Refusal.of(reply.status(), what));
    }
    return true;
  }

  private static Stream stream(String what, Reply reply) {
    try {
      return reply.payload().size() == 0 ? null : stream(Replies.stream(reply.payload()));
    } catch (ProtocolException e) {
      throw malformed(what, e);
    }
  }

  private static Stream stream(Replies.Stream from) {
    return new Stream(from.id, from.name, from.topicsCount, from.messagesCount, from.sizeBytes);
  }

  private static Topic topic(String what, Reply reply) {
    try {
      return reply.payload().size() == 0 ? null : topic(Replies.topic(reply.payload()));
    } catch (ProtocolException e) {
      throw malformed(what, e);
    }
  }

  private static Topic topic(Replies.Topic from) {
    return new Topic(from.id, from.name, from.partitionsCount, from.messagesCount, from.sizeBytes);
  }

  private static WhippetException malformed(String what, ProtocolException cause) {
    return new WhippetException(
        WhippetException.Code.INTERNAL, 0, what + ": " + cause.getMessage(), cause);
  }
}

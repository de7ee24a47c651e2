package dev.whippet;

import dev.whippet.internal.call.Call;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.check.Check;
import dev.whippet.internal.session.Connection;
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
 * Streams and topics. Every call may block: it waits for the connection and for the answer, both
 * within the client's request time-out, and throws {@link WhippetException} with {@link
 * WhippetException.Code#TIMEOUT} after that. A call whose connection breaks is sent again. Safe for
 * any thread but the client's own.
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
    if (reply.status() == Status.STREAM_NOT_FOUND || reply.status() == Status.TOPIC_NOT_FOUND) {
      return false;
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

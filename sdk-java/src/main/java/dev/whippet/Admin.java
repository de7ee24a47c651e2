package dev.whippet;

import java.util.List;

/**
 * Streams and topics. Every call may block: it waits for the connection and for the answer, both
 * within the client's request time-out, and throws {@link WhippetException} with {@link
 * WhippetException.Code#TIMEOUT} after that. A call whose connection breaks is sent again. Safe for
 * any thread but the client's own.
 */
public final class Admin {
  Admin() {}

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
    throw new UnsupportedOperationException();
  }

  /**
   * One stream.
   *
   * @param name of the stream
   * @return null if there is none of that name
   */
  public Stream stream(String name) {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a stream unless it exists.
   *
   * @param name 1 to 255 bytes of UTF-8
   * @return the new or the existing stream
   */
  public Stream createStream(String name) {
    throw new UnsupportedOperationException();
  }

  /**
   * Deletes a stream with everything in it.
   *
   * @param name of the stream
   * @return false if there was none
   */
  public boolean deleteStream(String name) {
    throw new UnsupportedOperationException();
  }

  /**
   * All topics of a stream.
   *
   * @param stream its name
   * @return in the order of their ids; empty if the stream does not exist
   */
  public List<Topic> topics(String stream) {
    throw new UnsupportedOperationException();
  }

  /**
   * One topic.
   *
   * @param stream its stream's name
   * @param name of the topic
   * @return null if there is none of that name
   */
  public Topic topic(String stream, String name) {
    throw new UnsupportedOperationException();
  }

  /**
   * Makes a topic unless it exists; its stream must exist.
   *
   * @param stream its stream's name
   * @param name 1 to 255 bytes of UTF-8
   * @param partitions 1 to 1,000; an existing topic keeps what it has
   * @return the new or the existing topic
   */
  public Topic createTopic(String stream, String name, int partitions) {
    throw new UnsupportedOperationException();
  }

  /**
   * Deletes a topic with everything in it.
   *
   * @param stream its stream's name
   * @param name of the topic
   * @return false if there was none
   */
  public boolean deleteTopic(String stream, String name) {
    throw new UnsupportedOperationException();
  }
}

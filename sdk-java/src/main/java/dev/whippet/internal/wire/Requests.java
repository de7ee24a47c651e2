package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * Encodes requests. Each method appends one complete classic frame to {@code out}.
 *
 * <pre>
 * u32 length = 4 + N | u32 code | N bytes payload     (iggy-classic.md 1.1; payloads: 3.2)
 * </pre>
 *
 * <p>Stateless; {@code out} belongs to the caller's thread. Arguments are checked before the first
 * byte is written; a fault is a programmer's error and throws IllegalArgumentException.
 */
public final class Requests {
  private Requests() {}

  // --- system -----------------------------------------------------------------------------------

  public static void ping(Buffer out) {
    frame(out, Command.PING, new Buffer());
  }

  public static void getStats(Buffer out) {
    frame(out, Command.GET_STATS, new Buffer());
  }

  public static void getClusterMetadata(Buffer out) {
    frame(out, Command.GET_CLUSTER_METADATA, new Buffer());
  }

  public static void getMe(Buffer out) {
    frame(out, Command.GET_ME, new Buffer());
  }

  /** {@code version} and {@code context} describe the client; null = absent. */
  public static void login(
      Buffer out, String user, String password, String version, String context) {
    Buffer payload = new Buffer();
    writeName(payload, user);
    byte[] secret = password.getBytes(Identifier.UTF_8);
    if (secret.length > Limits.NAME_BYTES_MAX) {
      throw new IllegalArgumentException(
          "password has " + secret.length + " bytes, limit is " + Limits.NAME_BYTES_MAX);
    }
    payload.writeByte(secret.length).write(secret);
    writeText(payload, version);
    writeText(payload, context);
    if (payload.size() > Limits.LOGIN_PAYLOAD_BYTES_MAX) {
      throw new IllegalArgumentException(
          "login has " + payload.size() + " bytes, limit is " + Limits.LOGIN_PAYLOAD_BYTES_MAX);
    }
    frame(out, Command.LOGIN_USER, payload);
  }

  public static void loginWithToken(Buffer out, String token) {
    Buffer payload = new Buffer();
    writeName(payload, token);
    frame(out, Command.LOGIN_WITH_TOKEN, payload);
  }

  public static void logout(Buffer out) {
    frame(out, Command.LOGOUT_USER, new Buffer());
  }

  // --- streams and topics -----------------------------------------------------------------------

  public static void getStream(Buffer out, Identifier stream) {
    frame(out, Command.GET_STREAM, identifiers(stream));
  }

  public static void getStreams(Buffer out) {
    frame(out, Command.GET_STREAMS, new Buffer());
  }

  public static void createStream(Buffer out, String name) {
    Buffer payload = new Buffer();
    writeName(payload, name);
    frame(out, Command.CREATE_STREAM, payload);
  }

  public static void deleteStream(Buffer out, Identifier stream) {
    frame(out, Command.DELETE_STREAM, identifiers(stream));
  }

  public static void getTopic(Buffer out, Identifier stream, Identifier topic) {
    frame(out, Command.GET_TOPIC, identifiers(stream, topic));
  }

  public static void getTopics(Buffer out, Identifier stream) {
    frame(out, Command.GET_TOPICS, identifiers(stream));
  }

  /**
   * Creates a topic; for the meaning of the settings see {@link TopicSettings}.
   *
   * @param partitions 0 to 1000
   */
  public static void createTopic(
      Buffer out, Identifier stream, String name, int partitions, TopicSettings settings) {
    if (partitions < 0 || partitions > Limits.PARTITIONS_PER_REQUEST_MAX) {
      throw new IllegalArgumentException("partitions: " + partitions + ", expected 0 to 1000");
    }
    Buffer payload = identifiers(stream);
    payload.writeIntLe(partitions);
    settings.writeTo(payload);
    writeName(payload, name);
    frame(out, Command.CREATE_TOPIC, payload);
  }

  /** Adds {@code count} partitions (iggy-classic.md 3.3). */
  public static void createPartitions(Buffer out, Identifier stream, Identifier topic, int count) {
    Buffer payload = identifiers(stream, topic);
    payload.writeIntLe(count);
    frame(out, Command.CREATE_PARTITIONS, payload);
  }

  public static void deleteTopic(Buffer out, Identifier stream, Identifier topic) {
    frame(out, Command.DELETE_TOPIC, identifiers(stream, topic));
  }

  // --- messages and offsets ---------------------------------------------------------------------

  /** Moves the records into the frame: {@code records} is empty afterwards. */
  public static void sendMessages(
      Buffer out,
      Identifier stream,
      Identifier topic,
      Partitioning partitioning,
      MessageRecords records) {
    requireRecords(records);
    int metadataBytes =
        stream.byteCount() + topic.byteCount() + partitioning.byteCount() + Integer.BYTES;
    long indexBytes = (long) records.count() * Limits.INDEX_ENTRY_BYTES;
    writeHeader(
        out,
        Command.SEND_MESSAGES,
        Integer.BYTES + metadataBytes + indexBytes + records.byteCount());
    out.writeIntLe(metadataBytes);
    stream.writeTo(out);
    topic.writeTo(out);
    partitioning.writeTo(out);
    out.writeIntLe(records.count());
    records.writeIndexTo(out);
    records.moveTo(out);
  }

  /**
   * Asks for up to {@code count} messages.
   *
   * @param partitionOrMinus1 -1 = absent: partition 0 for a consumer, the member's own for a group
   * @param autoCommit the server stores the offset of the last message before it answers
   */
  public static void poll(
      Buffer out,
      ConsumerId consumer,
      Identifier stream,
      Identifier topic,
      int partitionOrMinus1,
      PollStrategy strategy,
      int count,
      boolean autoCommit) {
    if (count < 0) {
      throw new IllegalArgumentException("count < 0: " + count);
    }
    Buffer payload = consumerAndPlace(consumer, stream, topic, partitionOrMinus1);
    strategy.writeTo(payload);
    payload.writeIntLe(count).writeByte(autoCommit ? 1 : 0);
    frame(out, Command.POLL_MESSAGES, payload);
  }

  /** {@code offset} is that of the last message that was processed. */
  public static void storeOffset(
      Buffer out,
      ConsumerId consumer,
      Identifier stream,
      Identifier topic,
      int partitionOrMinus1,
      long offset) {
    Buffer payload = consumerAndPlace(consumer, stream, topic, partitionOrMinus1);
    payload.writeLongLe(offset);
    frame(out, Command.STORE_CONSUMER_OFFSET, payload);
  }

  public static void getOffset(
      Buffer out, ConsumerId consumer, Identifier stream, Identifier topic, int partitionOrMinus1) {
    Buffer payload = consumerAndPlace(consumer, stream, topic, partitionOrMinus1);
    frame(out, Command.GET_CONSUMER_OFFSET, payload);
  }

  public static void deleteOffset(
      Buffer out, ConsumerId consumer, Identifier stream, Identifier topic, int partitionOrMinus1) {
    Buffer payload = consumerAndPlace(consumer, stream, topic, partitionOrMinus1);
    frame(out, Command.DELETE_CONSUMER_OFFSET, payload);
  }

  // --- consumer groups --------------------------------------------------------------------------

  public static void getGroup(Buffer out, Identifier stream, Identifier topic, Identifier group) {
    frame(out, Command.GET_CONSUMER_GROUP, identifiers(stream, topic, group));
  }

  public static void getGroups(Buffer out, Identifier stream, Identifier topic) {
    frame(out, Command.GET_CONSUMER_GROUPS, identifiers(stream, topic));
  }

  public static void createGroup(Buffer out, Identifier stream, Identifier topic, String name) {
    Buffer payload = identifiers(stream, topic);
    writeName(payload, name);
    frame(out, Command.CREATE_CONSUMER_GROUP, payload);
  }

  public static void deleteGroup(
      Buffer out, Identifier stream, Identifier topic, Identifier group) {
    frame(out, Command.DELETE_CONSUMER_GROUP, identifiers(stream, topic, group));
  }

  public static void joinGroup(Buffer out, Identifier stream, Identifier topic, Identifier group) {
    frame(out, Command.JOIN_CONSUMER_GROUP, identifiers(stream, topic, group));
  }

  public static void leaveGroup(Buffer out, Identifier stream, Identifier topic, Identifier group) {
    frame(out, Command.LEAVE_CONSUMER_GROUP, identifiers(stream, topic, group));
  }

  // --- Whippet extension ------------------------------------------------------------------------

  /**
   * The first command after login (whippet-extension.md 2).
   *
   * <pre>
   * u16 version | u16 0 | u64 features | 16 bytes producer | u32 epoch | 16 bytes instance
   * </pre>
   *
   * @param producer 16 bytes; all zero = this connection publishes nothing
   * @param instance 16 bytes
   */
  public static void hello(Buffer out, long features, byte[] producer, int epoch, byte[] instance) {
    requireLength("producer", producer, Limits.PRODUCER_ID_BYTES);
    requireLength("instance", instance, Limits.INSTANCE_BYTES);
    Buffer payload = new Buffer();
    payload.writeShortLe(Limits.EXTENSION_VERSION).writeShortLe(0).writeLongLe(features);
    payload.write(producer).writeIntLe(epoch).write(instance);
    frame(out, Command.HELLO, payload);
  }

  /**
   * A batch with producer sequences (whippet-extension.md 3.1). Moves the records into the frame:
   * {@code records} is empty afterwards.
   *
   * <pre>
   * ident stream | ident topic | u32 partition | u16 channel | u16 0 | u64 previous
   * u64 first sequence | u32 count | records
   * </pre>
   *
   * @param previous highest sequence of this channel sent to this partition before; 0 = none
   * @param firstSequence sequence of the first record, above {@code previous}
   */
  public static void publish(
      Buffer out, Place place, long previous, long firstSequence, MessageRecords records) {
    requireRecords(records);
    if (previous < 0 || firstSequence <= previous) {
      throw new IllegalArgumentException(
          "first sequence " + firstSequence + " is not above previous " + previous);
    }
    writeHeader(
        out,
        Command.PUBLISH,
        (long) place.byteCount() + 2 + 2 * Long.BYTES + Integer.BYTES + records.byteCount());
    place.writeTo(out);
    out.writeShortLe(0).writeLongLe(previous).writeLongLe(firstSequence);
    out.writeIntLe(records.count());
    records.moveTo(out);
  }

  /** Asks what the partition holds of this producer's channel (whippet-extension.md 3.4). */
  public static void producerState(Buffer out, Place place) {
    Buffer payload = new Buffer();
    place.writeTo(payload);
    frame(out, Command.PRODUCER_STATE, payload);
  }

  // --- parts ------------------------------------------------------------------------------------

  private static void frame(Buffer out, int code, Buffer payload) {
    writeHeader(out, code, payload.size());
    out.write(payload, payload.size());
  }

  private static void writeHeader(Buffer out, int code, long payloadBytes) {
    out.writeIntLe((int) (Integer.BYTES + payloadBytes)).writeIntLe(code);
  }

  private static Buffer identifiers(Identifier... identifiers) {
    Buffer payload = new Buffer();
    for (Identifier identifier : identifiers) {
      identifier.writeTo(payload);
    }
    return payload;
  }

  /** {@code consumer}, stream, topic, {@code opt_partition} (iggy-classic.md 0). */
  private static Buffer consumerAndPlace(
      ConsumerId consumer, Identifier stream, Identifier topic, int partitionOrMinus1) {
    if (partitionOrMinus1 < -1) {
      throw new IllegalArgumentException("partition: " + partitionOrMinus1);
    }
    Buffer payload = new Buffer();
    consumer.writeTo(payload);
    stream.writeTo(payload);
    topic.writeTo(payload);
    boolean present = partitionOrMinus1 >= 0;
    payload.writeByte(present ? 1 : 0).writeIntLe(present ? partitionOrMinus1 : 0);
    return payload;
  }

  private static void writeName(Buffer out, String name) {
    byte[] bytes = Identifier.nameBytes(name);
    out.writeByte(bytes.length).write(bytes);
  }

  private static void writeText(Buffer out, String textOrNull) {
    byte[] bytes = textOrNull == null ? new byte[0] : textOrNull.getBytes(Identifier.UTF_8);
    out.writeIntLe(bytes.length).write(bytes);
  }

  private static void requireRecords(MessageRecords records) {
    if (records.count() == 0) {
      throw new IllegalArgumentException("no messages in the batch");
    }
  }

  private static void requireLength(String what, byte[] bytes, int expected) {
    if (bytes.length != expected) {
      throw new IllegalArgumentException(
          what + " has " + bytes.length + " bytes, expected " + expected);
    }
  }
}

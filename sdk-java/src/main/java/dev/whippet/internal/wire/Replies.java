package dev.whippet.internal.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import okio.Buffer;

/**
 * Decodes the payloads of successful replies (iggy-classic.md 3.4, 5.4; whippet-extension.md 2, 3).
 * Each method consumes the payload. Single reads return null for an empty payload, which is how the
 * wire says "not found"; lists are empty then.
 *
 * <p>Everything malformed ends in a {@link ProtocolException}: a field cut off, a count larger than
 * the bytes left allow, bytes after the end. Values are immutable. Stateless; any thread.
 */
public final class Replies {
  private static final int STREAM_BYTES_MIN = 34;
  private static final int TOPIC_BYTES_MIN = 52;
  private static final int PARTITION_BYTES = 40;
  private static final int GROUP_BYTES_MIN = 14;
  private static final int MEMBER_BYTES_MIN = 8;
  private static final int MEMBERSHIP_BYTES = 12;
  private static final int NODE_BYTES_MIN = 18;

  private Replies() {}

  /** After login and login with a token. */
  public static int userId(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "user id");
    int id = in.u32();
    in.expectEnd();
    return id;
  }

  // --- system -----------------------------------------------------------------------------------

  /** iggy-classic.md 3.4.2. */
  public static Cluster cluster(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "cluster");
    String name = in.text32();
    int count = in.count(NODE_BYTES_MIN);
    List<Node> nodes = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      nodes.add(new Node(in));
    }
    in.expectEnd();
    return new Cluster(name, nodes);
  }

  /** iggy-classic.md 3.4.3; null = not found. */
  public static ClientDetails client(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "client");
    if (in.atEnd()) {
      return null;
    }
    ClientDetails client = new ClientDetails(in);
    in.expectEnd();
    return client;
  }

  // --- streams and topics -----------------------------------------------------------------------

  /** A stream with its topics, if any; null = not found. */
  public static Stream stream(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "stream");
    if (in.atEnd()) {
      return null;
    }
    Stream stream = new Stream(in);
    while (!in.atEnd()) {
      stream.found.add(new Topic(in));
    }
    if (stream.topics.size() != stream.topicsCount) {
      throw in.fault(stream.topicsCount + " topics announced, found " + stream.topics.size());
    }
    return stream;
  }

  /** Streams without their topics. */
  public static List<Stream> streams(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "streams");
    List<Stream> streams = new ArrayList<>((int) (in.remaining() / STREAM_BYTES_MIN));
    while (!in.atEnd()) {
      streams.add(new Stream(in));
    }
    return Collections.unmodifiableList(streams);
  }

  /** A topic with its partitions; null = not found. */
  public static Topic topic(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "topic");
    if (in.atEnd()) {
      return null;
    }
    Topic topic = new Topic(in);
    if ((long) topic.partitionsCount * PARTITION_BYTES != in.remaining()) {
      throw in.fault(
          topic.partitionsCount + " partitions announced in " + in.remaining() + " bytes");
    }
    for (int i = 0; i < topic.partitionsCount; i++) {
      topic.found.add(new Partition(in));
    }
    return topic;
  }

  /** Topics without their partitions. */
  public static List<Topic> topics(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "topics");
    List<Topic> topics = new ArrayList<>((int) (in.remaining() / TOPIC_BYTES_MIN));
    while (!in.atEnd()) {
      topics.add(new Topic(in));
    }
    return Collections.unmodifiableList(topics);
  }

  // --- messages and offsets ---------------------------------------------------------------------

  /** iggy-classic.md 5.4. */
  public static Polled polled(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "polled");
    int partitionId = in.u32();
    long currentOffset = in.u64();
    int count = in.count(Limits.MESSAGE_HEADER_BYTES);
    List<PolledMessage> messages = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      messages.add(new PolledMessage(in));
    }
    in.expectEnd();
    return new Polled(partitionId, currentOffset, messages);
  }

  /** iggy-classic.md 3.4.5; null = nothing stored, or no such stream, topic or partition. */
  public static OffsetInfo offsetInfo(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "offset");
    if (in.atEnd()) {
      return null;
    }
    OffsetInfo info = new OffsetInfo(in);
    in.expectEnd();
    return info;
  }

  // --- consumer groups --------------------------------------------------------------------------

  /** iggy-classic.md 3.4.8; null = not found. */
  public static Group group(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "group");
    if (in.atEnd()) {
      return null;
    }
    Group group = new Group(in);
    if ((long) group.membersCount * MEMBER_BYTES_MIN > in.remaining()) {
      throw in.fault(group.membersCount + " members announced in " + in.remaining() + " bytes");
    }
    for (int i = 0; i < group.membersCount; i++) {
      group.found.add(new Member(in));
    }
    in.expectEnd();
    return group;
  }

  /** Groups without their members. */
  public static List<Group> groups(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "groups");
    List<Group> groups = new ArrayList<>((int) (in.remaining() / GROUP_BYTES_MIN));
    while (!in.atEnd()) {
      groups.add(new Group(in));
    }
    return Collections.unmodifiableList(groups);
  }

  // --- Whippet extension ------------------------------------------------------------------------

  /** whippet-extension.md 2. */
  public static Hello hello(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "hello");
    Hello hello = new Hello(in);
    in.expectEnd();
    return hello;
  }

  /** whippet-extension.md 3.1. */
  public static Published publish(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "publish");
    Published published = new Published(in);
    in.expectEnd();
    return published;
  }

  /** whippet-extension.md 3.4. */
  public static ProducerState producerState(Buffer payload) throws ProtocolException {
    Fields in = new Fields(payload, "producer state");
    ProducerState state = new ProducerState(in);
    in.expectEnd();
    return state;
  }

  /** What comes with status RETRY_LATER: {@code u32} milliseconds, or nothing (0). */
  public static long retryAfterMillis(Buffer payload) throws ProtocolException {
    return payload.size() == 0 ? 0 : new Fields(payload, "retry later").u32() & 0xFFFFFFFFL;
  }

  // --- values -----------------------------------------------------------------------------------

  public static final class Cluster {
    public final String name;
    public final List<Node> nodes;

    Cluster(String name, List<Node> nodes) {
      this.name = name;
      this.nodes = Collections.unmodifiableList(nodes);
    }
  }

  public static final class Node {
    public final String name;
    public final String ip;
    public final int tcpPort;
    public final int quicPort;
    public final int httpPort;
    public final int webSocketPort;

    /** 0 leader, 1 follower. */
    public final int role;

    /** 0 healthy; see iggy-classic.md 3.4.2. */
    public final int status;

    Node(Fields in) throws ProtocolException {
      name = in.text32();
      ip = in.text32();
      tcpPort = in.u16();
      quicPort = in.u16();
      httpPort = in.u16();
      webSocketPort = in.u16();
      role = in.u8();
      status = in.u8();
    }
  }

  public static final class ClientDetails {
    public final int clientId;

    /** -1 (all ones) = not logged in. */
    public final int userId;

    /** 1 TCP, 2 QUIC, 3 HTTP, 4 WebSocket. */
    public final int transport;

    public final String address;
    public final List<Membership> memberships;

    ClientDetails(Fields in) throws ProtocolException {
      clientId = in.u32();
      userId = in.u32();
      transport = in.u8();
      address = in.text32();
      int count = in.count(MEMBERSHIP_BYTES);
      List<Membership> found = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        found.add(new Membership(in));
      }
      memberships = Collections.unmodifiableList(found);
    }
  }

  public static final class Membership {
    public final int streamId;
    public final int topicId;
    public final int groupId;

    Membership(Fields in) throws ProtocolException {
      streamId = in.u32();
      topicId = in.u32();
      groupId = in.u32();
    }
  }

  public static final class Stream {
    public final int id;
    public final long createdAtMicros;
    public final int topicsCount;
    public final long sizeBytes;
    public final long messagesCount;
    public final String name;

    /** Filled by {@link Replies#stream} only. */
    public final List<Topic> topics;

    private final List<Topic> found = new ArrayList<>();

    Stream(Fields in) throws ProtocolException {
      id = in.u32();
      createdAtMicros = in.u64();
      topicsCount = in.size32();
      sizeBytes = in.u64();
      messagesCount = in.u64();
      name = in.name();
      topics = Collections.unmodifiableList(found);
    }
  }

  public static final class Topic {
    public final int id;
    public final long createdAtMicros;
    public final int partitionsCount;

    /** All ones = never. */
    public final long messageExpiryMicros;

    public final int compression;

    /** All ones = unlimited. */
    public final long maxSizeBytes;

    public final int replicationFactor;
    public final long sizeBytes;
    public final long messagesCount;
    public final String name;

    /** Filled by {@link Replies#topic} only. */
    public final List<Partition> partitions;

    private final List<Partition> found = new ArrayList<>();

    Topic(Fields in) throws ProtocolException {
      id = in.u32();
      createdAtMicros = in.u64();
      partitionsCount = in.size32();
      messageExpiryMicros = in.u64();
      compression = in.u8();
      maxSizeBytes = in.u64();
      replicationFactor = in.u8();
      sizeBytes = in.u64();
      messagesCount = in.u64();
      name = in.name();
      partitions = Collections.unmodifiableList(found);
    }
  }

  public static final class Partition {
    public final int id;
    public final long createdAtMicros;
    public final int segmentsCount;
    public final long currentOffset;
    public final long sizeBytes;
    public final long messagesCount;

    Partition(Fields in) throws ProtocolException {
      id = in.u32();
      createdAtMicros = in.u64();
      segmentsCount = in.u32();
      currentOffset = in.u64();
      sizeBytes = in.u64();
      messagesCount = in.u64();
    }
  }

  public static final class Polled {
    /** The partition that was polled. */
    public final int partitionId;

    /** Offset of the newest message in the partition; 0 if empty. */
    public final long currentOffset;

    public final List<PolledMessage> messages;

    Polled(int partitionId, long currentOffset, List<PolledMessage> messages) {
      this.partitionId = partitionId;
      this.currentOffset = currentOffset;
      this.messages = Collections.unmodifiableList(messages);
    }
  }

  /** The record of iggy-classic.md 5.1. */
  public static final class PolledMessage {
    public final long checksum;
    public final long idLow;
    public final long idHigh;
    public final long offset;
    public final long timestampMicros;
    public final long originTimestampMicros;
    public final byte[] payload;

    /** Encoded user headers (5.6), empty when there are none. */
    public final byte[] headers;

    PolledMessage(Fields in) throws ProtocolException {
      checksum = in.u64();
      idLow = in.u64();
      idHigh = in.u64();
      offset = in.u64();
      timestampMicros = in.u64();
      originTimestampMicros = in.u64();
      int headersBytes = in.size32();
      int payloadBytes = in.size32();
      in.u64();
      if (payloadBytes > Limits.MESSAGE_PAYLOAD_BYTES_MAX) {
        throw in.fault("message payload of " + payloadBytes + " bytes");
      }
      if (headersBytes > Limits.USER_HEADERS_BYTES_MAX) {
        throw in.fault("user headers of " + headersBytes + " bytes");
      }
      payload = in.bytes(payloadBytes);
      headers = in.bytes(headersBytes);
    }
  }

  public static final class OffsetInfo {
    public final int partitionId;
    public final long currentOffset;
    public final long storedOffset;

    OffsetInfo(Fields in) throws ProtocolException {
      partitionId = in.u32();
      currentOffset = in.u64();
      storedOffset = in.u64();
    }
  }

  public static final class Group {
    public final int id;
    public final int partitionsCount;
    public final int membersCount;
    public final String name;

    /** Filled by {@link Replies#group} only. */
    public final List<Member> members;

    private final List<Member> found = new ArrayList<>();

    Group(Fields in) throws ProtocolException {
      id = in.u32();
      partitionsCount = in.size32();
      membersCount = in.size32();
      name = in.name();
      members = Collections.unmodifiableList(found);
    }
  }

  public static final class Member {
    public final int id;
    public final List<Integer> partitions;

    Member(Fields in) throws ProtocolException {
      id = in.u32();
      int count = in.count(Integer.BYTES);
      List<Integer> found = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        found.add(in.u32());
      }
      partitions = Collections.unmodifiableList(found);
    }
  }

  public static final class Hello {
    public final int version;
    public final long features;
    public final byte[] brokerId;
    public final long requestBytesMax;
    public final long publishesInFlightMax;
    public final long publishBytesInFlightMax;

    /** 0 = the broker does not ping. */
    public final long pingIntervalMillis;

    Hello(Fields in) throws ProtocolException {
      version = in.u16();
      in.u16();
      features = in.u64();
      brokerId = in.bytes(Limits.BROKER_ID_BYTES);
      requestBytesMax = in.u32() & 0xFFFFFFFFL;
      publishesInFlightMax = in.u32() & 0xFFFFFFFFL;
      publishBytesInFlightMax = in.u32() & 0xFFFFFFFFL;
      pingIntervalMillis = in.u32() & 0xFFFFFFFFL;
    }
  }

  public static final class Published {
    public static final int STORED = 0;
    public static final int ALL_KNOWN = 1;
    public static final int KNOWN_PART_SKIPPED = 2;

    /** One of the three constants. */
    public final int outcome;

    public final int partition;

    /** Offset of the first message stored now; -1 (all ones) when all were known. */
    public final long baseOffset;

    public final long highestDurableSequence;

    Published(Fields in) throws ProtocolException {
      outcome = in.u8();
      in.u8();
      in.u16();
      partition = in.u32();
      baseOffset = in.u64();
      highestDurableSequence = in.u64();
      if (outcome > KNOWN_PART_SKIPPED) {
        throw in.fault("outcome " + outcome);
      }
    }
  }

  public static final class ProducerState {
    public final boolean known;
    public final long incarnation;
    public final long highestDurableSequence;

    ProducerState(Fields in) throws ProtocolException {
      known = in.u8() != 0;
      incarnation = in.u64();
      highestDurableSequence = in.u64();
    }
  }
}

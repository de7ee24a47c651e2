package dev.whippet.broker.internal.command;

import io.netty.buffer.ByteBuf;
import java.util.List;

/**
 * What the broker answers, independent of the wire's generation. A dialect encodes it. Only {@link
 * Polled} holds references to buffers; encoding takes them over.
 */
public sealed interface Reply {

  /** A refusal: a status of iggy-classic.md section 7 or of the extension; never 0. */
  record Failure(int status) implements Reply {}

  /** Done, nothing to return; also "not found" of single reads and the empty list. */
  record Empty() implements Reply {}

  /** The answer to a login. */
  record LoggedIn(int userId) implements Reply {}

  /** iggy-classic.md 3.4.1. */
  record Stats(
      int processId,
      float cpuUsage,
      float totalCpuUsage,
      long memoryUsage,
      long totalMemory,
      long availableMemory,
      long runTimeMicros,
      long startTimeMicros,
      long readBytes,
      long writtenBytes,
      long messagesSizeBytes,
      int streams,
      int topics,
      int partitions,
      int segments,
      long messages,
      int clients,
      int consumerGroups,
      String hostname,
      String osName,
      String osVersion,
      String kernelVersion,
      String serverVersion,
      int serverSemver,
      int threads,
      long freeDiskBytes,
      long totalDiskBytes)
      implements Reply {}

  /** A ZIP archive, as it is. */
  record Snapshot(byte[] zip) implements Reply {}

  /** iggy-classic.md 3.4.2, always one node. */
  record Cluster(
      String cluster, String node, String ip, int tcpPort, int quicPort, int httpPort, int wsPort)
      implements Reply {}

  /** iggy-classic.md 3.4.3 with its groups. */
  record ClientDetails(Client client, List<Membership> memberships) implements Reply {}

  record Clients(List<Client> clients) implements Reply {}

  record Client(int clientId, int userId, int transport, String address, int consumerGroups) {}

  record Membership(int streamId, int topicId, int groupId) {}

  /** iggy-classic.md 3.4.4; {@code permissions} is the block of 4.9, {@code null} for none. */
  record UserDetails(User user, byte[] permissions) implements Reply {}

  record Users(List<User> users) implements Reply {}

  record User(int id, long createdAtMicros, boolean active, String name) {}

  /** Names and expiries of a user's tokens; 0 is never. */
  record Tokens(List<Token> tokens) implements Reply {}

  record Token(String name, long expiresAtMicros) {}

  /** The one time that a token itself is told; bytes, so that no text of it is ever printed. */
  record RawToken(byte[] token) implements Reply {}

  /** iggy-classic.md 3.4.6 followed by its topics; {@code topics} is empty after a create. */
  record StreamDetails(Stream stream, List<Topic> topics) implements Reply {}

  record Streams(List<Stream> streams) implements Reply {}

  record Stream(
      int id, long createdAtMicros, int topics, long sizeBytes, long messages, String name) {}

  /** iggy-classic.md 3.4.7. */
  record TopicDetails(Topic topic, List<Partition> partitions) implements Reply {}

  record Topics(List<Topic> topics) implements Reply {}

  record Topic(
      int id,
      long createdAtMicros,
      int partitions,
      long messageExpiryMicros,
      int compression,
      long maxSizeBytes,
      int replicationFactor,
      long sizeBytes,
      long messages,
      String name) {}

  record Partition(
      int id,
      long createdAtMicros,
      int segments,
      long currentOffset,
      long sizeBytes,
      long messages) {}

  /**
   * iggy-classic.md 5.4. {@code records} are retained slices of message records, in order; encoding
   * takes over their references.
   *
   * @param heldBytes memory that the slices keep alive
   */
  record Polled(
      int partitionId, long currentOffset, int count, List<ByteBuf> records, long heldBytes)
      implements Reply {

    /** With slices that fill their memory. */
    public Polled(int partitionId, long currentOffset, int count, List<ByteBuf> records) {
      this(partitionId, currentOffset, count, records, bytes(records));
    }

    private static long bytes(List<ByteBuf> records) {
      return records.stream().mapToLong(ByteBuf::readableBytes).sum();
    }
  }

  /** iggy-classic.md 3.4.5. */
  record OffsetInfo(int partitionId, long currentOffset, long storedOffset) implements Reply {}

  /** iggy-classic.md 3.4.8; {@code members} is empty after a create. */
  record ConsumerGroupDetails(ConsumerGroup group, List<GroupMember> members) implements Reply {}

  record ConsumerGroups(List<ConsumerGroup> groups) implements Reply {}

  record ConsumerGroup(int id, int partitions, int members, String name) {}

  record GroupMember(int id, int[] partitions) {}

  /** whippet-extension.md section 2. */
  record HelloAccepted(
      int version,
      long features,
      byte[] brokerId,
      int requestBytesMax,
      int publishesInFlightMax,
      int publishBytesInFlightMax,
      int pingIntervalMillis)
      implements Reply {}

  /** whippet-extension.md section 3.1. */
  record Published(Outcome outcome, int partition, long baseOffset, long highestDurableSequence)
      implements Reply {
    public enum Outcome {
      STORED,
      ALL_KNOWN,
      KNOWN_PART_SKIPPED
    }
  }

  /** whippet-extension.md section 3.4. */
  record ProducerStateIs(boolean known, long incarnation, long highestDurableSequence)
      implements Reply {}
}

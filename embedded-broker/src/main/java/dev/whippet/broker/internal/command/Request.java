package dev.whippet.broker.internal.command;

import io.netty.buffer.ByteBuf;
import java.util.List;
import java.util.OptionalInt;

/**
 * What a peer may ask, independent of the wire's generation. A dialect ({@code internal.wire})
 * decodes bytes to one of these; decoding has already checked everything that can be checked
 * without knowing the catalog (lengths, enum values, batch layout).
 *
 * <p>Immutable, except that a {@link Batch} holds one reference to its buffer: whoever takes the
 * request releases it exactly once, through the log's append or {@link Batch#release()}.
 */
public sealed interface Request {

  // --- system -----------------------------------------------------------------------------------

  record Ping() implements Request {}

  record GetStats() implements Request {}

  record GetSnapshot(int compression, List<Integer> types) implements Request {}

  record GetClusterMetadata() implements Request {}

  record GetMe() implements Request {}

  record GetClient(long clientId) implements Request {}

  record GetClients() implements Request {}

  // --- users and tokens -------------------------------------------------------------------------

  record GetUser(Identifier user) implements Request {}

  record GetUsers() implements Request {}

  record CreateUser(String username, byte[] password, int status, Permissions permissions)
      implements Request {}

  record DeleteUser(Identifier user) implements Request {}

  /** Absent members are {@code null}. */
  record UpdateUser(Identifier user, String username, Integer status) implements Request {}

  record UpdatePermissions(Identifier user, Permissions permissions) implements Request {}

  record ChangePassword(Identifier user, byte[] current, byte[] replacement) implements Request {}

  record Login(String username, byte[] password, String version, String context)
      implements Request {}

  record Logout() implements Request {}

  record GetTokens() implements Request {}

  record CreateToken(String name, long expiryMicros) implements Request {}

  record DeleteToken(String name) implements Request {}

  record LoginWithToken(byte[] token) implements Request {}

  // --- messages and offsets ---------------------------------------------------------------------

  record Poll(
      ConsumerId consumer,
      Identifier stream,
      Identifier topic,
      OptionalInt partition,
      Strategy strategy,
      long count,
      boolean autoCommit)
      implements Request {}

  record SendMessages(Identifier stream, Identifier topic, Partitioning partitioning, Batch batch)
      implements Request {}

  record FlushUnsavedBuffer(Identifier stream, Identifier topic, int partition, boolean fsync)
      implements Request {}

  record GetConsumerOffset(
      ConsumerId consumer, Identifier stream, Identifier topic, OptionalInt partition)
      implements Request {}

  record StoreConsumerOffset(
      ConsumerId consumer, Identifier stream, Identifier topic, OptionalInt partition, long offset)
      implements Request {}

  record DeleteConsumerOffset(
      ConsumerId consumer, Identifier stream, Identifier topic, OptionalInt partition)
      implements Request {}

  // --- streams, topics, partitions, segments ----------------------------------------------------

  record GetStream(Identifier stream) implements Request {}

  record GetStreams() implements Request {}

  record CreateStream(String name) implements Request {}

  record DeleteStream(Identifier stream) implements Request {}

  record UpdateStream(Identifier stream, String name) implements Request {}

  record PurgeStream(Identifier stream) implements Request {}

  record GetTopic(Identifier stream, Identifier topic) implements Request {}

  record GetTopics(Identifier stream) implements Request {}

  /** {@code partitionsCount} is an unsigned 32-bit value; limits are the catalog's to check. */
  record CreateTopic(Identifier stream, String name, long partitionsCount, TopicSettings settings)
      implements Request {}

  record DeleteTopic(Identifier stream, Identifier topic) implements Request {}

  record UpdateTopic(Identifier stream, Identifier topic, String name, TopicSettings settings)
      implements Request {}

  record PurgeTopic(Identifier stream, Identifier topic) implements Request {}

  record CreatePartitions(Identifier stream, Identifier topic, long count) implements Request {}

  record DeletePartitions(Identifier stream, Identifier topic, long count) implements Request {}

  record DeleteSegments(Identifier stream, Identifier topic, int partition, long count)
      implements Request {}

  // --- consumer groups --------------------------------------------------------------------------

  record GetConsumerGroup(Identifier stream, Identifier topic, Identifier group)
      implements Request {}

  record GetConsumerGroups(Identifier stream, Identifier topic) implements Request {}

  record CreateConsumerGroup(Identifier stream, Identifier topic, String name) implements Request {}

  record DeleteConsumerGroup(Identifier stream, Identifier topic, Identifier group)
      implements Request {}

  record JoinConsumerGroup(Identifier stream, Identifier topic, Identifier group)
      implements Request {}

  record LeaveConsumerGroup(Identifier stream, Identifier topic, Identifier group)
      implements Request {}

  // --- Whippet extension (whippet-extension.md) -------------------------------------------------

  /** {@code producer} and {@code instance} are 16 bytes each; all zero = not a producer. */
  record Hello(int version, long features, byte[] producer, int epoch, byte[] instance)
      implements Request {}

  /** Message i of the batch has sequence {@code firstSequence + i}. */
  record Publish(
      Identifier stream,
      Identifier topic,
      int partition,
      int channel,
      long previous,
      long firstSequence,
      Batch batch)
      implements Request {}

  record ProducerState(Identifier stream, Identifier topic, int partition, int channel)
      implements Request {}

  // --- parts ------------------------------------------------------------------------------------

  /** Names an entity by number or by name; exactly one of the two. */
  sealed interface Identifier {
    /** An unsigned 32-bit id. */
    record Numeric(int id) implements Identifier {}

    record Named(String name) implements Identifier {}
  }

  /**
   * Who stores offsets. For a plain consumer {@code key} is the unsigned 32-bit number under which
   * offsets are kept (a name is hashed by XXH32, iggy-classic.md 4.2); for a group it is 0 and
   * {@code identifier} names the group.
   */
  record ConsumerId(boolean group, Identifier identifier, int key) {}

  /** Where a poll starts (iggy-classic.md 4.3); {@code value} is an offset or microseconds. */
  record Strategy(Kind kind, long value) {
    public enum Kind {
      OFFSET,
      TIMESTAMP,
      FIRST,
      LAST,
      NEXT
    }
  }

  /** Which partition a batch goes to (iggy-classic.md 4.4). */
  sealed interface Partitioning {
    record Balanced() implements Partitioning {}

    record PartitionId(int id) implements Partitioning {}

    /** {@code hash} is XXH32 (seed 0) of the key bytes, as an unsigned 32-bit number. */
    record Key(int hash) implements Partitioning {}
  }

  /** As requested: 0 and 0xFFFF_FFFF_FFFF_FFFF keep their wire meaning (iggy-classic.md 4.6). */
  record TopicSettings(
      int compression, long messageExpiryMicros, long maxSizeBytes, int replicationFactor) {}

  /** The raw, validated permission block of iggy-classic.md 4.9; {@code null} stands for none. */
  record Permissions(byte[] encoded) {}

  /**
   * Message records back to back, exactly as the wire carries them (iggy-classic.md 5.1), already
   * validated: {@code count >= 1} records fill {@code records} to its last readable byte. What
   * stands before and behind them in their buffer belongs to nobody else: whoever takes the batch
   * may write there.
   */
  record Batch(ByteBuf records, int count) {

    /** So much room before the records lets a log write to a file from where they are. */
    public static final int ROOM_BYTES = 128;

    public void release() {
      records.release();
    }
  }
}

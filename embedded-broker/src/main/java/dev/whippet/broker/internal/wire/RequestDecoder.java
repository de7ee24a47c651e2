package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Strategy;
import dev.whippet.broker.internal.command.Request.TopicSettings;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.XxHash32;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * Payloads to requests, one method per family of codes; the field orders are the table of
 * iggy-classic.md 3.2. Users are in {@link UserDecoder}, batches in {@link BatchDecoder}. Bytes
 * after the last field are ignored (section 0).
 *
 * <p>Stateless; any thread.
 */
final class RequestDecoder {
  private static final int EXTENSION = 0x5748;
  private static final int COMPRESSION_FIRST = 1;
  private static final int COMPRESSION_LAST = 2;
  private static final int SNAPSHOT_COMPRESSION_LAST = 6;
  private static final int SNAPSHOT_TYPE_LAST = 6;
  private static final int SNAPSHOT_TYPE_ALL = 100;

  private RequestDecoder() {}

  static Request decode(int code, ByteBuf payload) throws Refusal {
    PayloadReader in = new PayloadReader(payload);
    if (code >>> Short.SIZE == EXTENSION) {
      return extension(code, in, payload);
    }
    return switch (code / 100) {
      case 0 -> code < Command.GET_USER ? system(code, in) : UserDecoder.decode(code, in);
      case 1 -> messages(code, in, payload);
      case 2 -> streams(code, in);
      case 3, 4, 5 -> topics(code, in);
      case 6 -> groups(code, in);
      default -> throw unknown();
    };
  }

  private static Request system(int code, PayloadReader in) throws Refusal {
    return switch (code) {
      case Command.PING -> new Request.Ping();
      case Command.GET_STATS -> new Request.GetStats();
      case Command.GET_SNAPSHOT -> snapshot(in);
      case Command.GET_CLUSTER_METADATA -> new Request.GetClusterMetadata();
      case Command.GET_ME -> new Request.GetMe();
      case Command.GET_CLIENT -> new Request.GetClient(in.count32());
      case Command.GET_CLIENTS -> new Request.GetClients();
      default -> throw unknown();
    };
  }

  /** {@code u8} compression, {@code u8} count, types; "all" stands alone (3.3). */
  private static Request snapshot(PayloadReader in) throws Refusal {
    int compression = in.u8();
    int count = in.u8();
    List<Integer> types = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      types.add(in.u8());
    }
    if (compression < 1 || compression > SNAPSHOT_COMPRESSION_LAST) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    for (int type : types) {
      boolean known = type >= 1 && type <= SNAPSHOT_TYPE_LAST;
      if (!known && !(type == SNAPSHOT_TYPE_ALL && count == 1)) {
        throw new Refusal(Status.INVALID_COMMAND);
      }
    }
    return new Request.GetSnapshot(compression, List.copyOf(types));
  }

  private static Request messages(int code, PayloadReader in, ByteBuf payload) throws Refusal {
    return switch (code) {
      case Command.POLL_MESSAGES -> poll(in);
      case Command.SEND_MESSAGES -> BatchDecoder.sendMessages(payload);
      case Command.FLUSH_UNSAVED_BUFFER ->
          new Request.FlushUnsavedBuffer(in.identifier(), in.identifier(), in.u32(), in.flag());
      case Command.GET_CONSUMER_OFFSET ->
          new Request.GetConsumerOffset(
              consumer(in), in.identifier(), in.identifier(), partition(in));
      case Command.STORE_CONSUMER_OFFSET ->
          new Request.StoreConsumerOffset(
              consumer(in), in.identifier(), in.identifier(), partition(in), in.u64());
      case Command.DELETE_CONSUMER_OFFSET ->
          new Request.DeleteConsumerOffset(
              consumer(in), in.identifier(), in.identifier(), partition(in));
      default -> throw unknown();
    };
  }

  private static Request poll(PayloadReader in) throws Refusal {
    return new Request.Poll(
        consumer(in),
        in.identifier(),
        in.identifier(),
        partition(in),
        strategy(in),
        in.count32(),
        in.flag());
  }

  private static Request streams(int code, PayloadReader in) throws Refusal {
    return switch (code) {
      case Command.GET_STREAM -> new Request.GetStream(in.identifier());
      case Command.GET_STREAMS -> new Request.GetStreams();
      case Command.CREATE_STREAM -> new Request.CreateStream(in.name());
      case Command.DELETE_STREAM -> new Request.DeleteStream(in.identifier());
      case Command.UPDATE_STREAM -> new Request.UpdateStream(in.identifier(), in.name());
      case Command.PURGE_STREAM -> new Request.PurgeStream(in.identifier());
      default -> throw unknown();
    };
  }

  private static Request topics(int code, PayloadReader in) throws Refusal {
    return switch (code) {
      case Command.GET_TOPIC -> new Request.GetTopic(in.identifier(), in.identifier());
      case Command.GET_TOPICS -> new Request.GetTopics(in.identifier());
      case Command.CREATE_TOPIC -> createTopic(in);
      case Command.DELETE_TOPIC -> new Request.DeleteTopic(in.identifier(), in.identifier());
      case Command.UPDATE_TOPIC -> updateTopic(in);
      case Command.PURGE_TOPIC -> new Request.PurgeTopic(in.identifier(), in.identifier());
      case Command.CREATE_PARTITIONS ->
          new Request.CreatePartitions(in.identifier(), in.identifier(), in.count32());
      case Command.DELETE_PARTITIONS ->
          new Request.DeletePartitions(in.identifier(), in.identifier(), in.count32());
      case Command.DELETE_SEGMENTS ->
          new Request.DeleteSegments(in.identifier(), in.identifier(), in.u32(), in.count32());
      default -> throw unknown();
    };
  }

  /** Too many partitions come before an unknown compression (3.3): the catalog answers 2015. */
  private static Request createTopic(PayloadReader in) throws Refusal {
    Identifier stream = in.identifier();
    long partitionsCount = in.count32();
    TopicSettings settings = settings(in);
    String name = in.name();
    if (partitionsCount <= Limits.PARTITIONS_PER_REQUEST_MAX) {
      requireKnownCompression(settings);
    }
    return new Request.CreateTopic(stream, name, partitionsCount, settings);
  }

  private static Request updateTopic(PayloadReader in) throws Refusal {
    Identifier stream = in.identifier();
    Identifier topic = in.identifier();
    TopicSettings settings = settings(in);
    String name = in.name();
    requireKnownCompression(settings);
    return new Request.UpdateTopic(stream, topic, name, settings);
  }

  private static void requireKnownCompression(TopicSettings settings) throws Refusal {
    int compression = settings.compression();
    if (compression < COMPRESSION_FIRST || compression > COMPRESSION_LAST) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
  }

  private static Request groups(int code, PayloadReader in) throws Refusal {
    return switch (code) {
      case Command.GET_CONSUMER_GROUP ->
          new Request.GetConsumerGroup(in.identifier(), in.identifier(), in.identifier());
      case Command.GET_CONSUMER_GROUPS ->
          new Request.GetConsumerGroups(in.identifier(), in.identifier());
      case Command.CREATE_CONSUMER_GROUP ->
          new Request.CreateConsumerGroup(in.identifier(), in.identifier(), in.name());
      case Command.DELETE_CONSUMER_GROUP ->
          new Request.DeleteConsumerGroup(in.identifier(), in.identifier(), in.identifier());
      case Command.JOIN_CONSUMER_GROUP ->
          new Request.JoinConsumerGroup(in.identifier(), in.identifier(), in.identifier());
      case Command.LEAVE_CONSUMER_GROUP ->
          new Request.LeaveConsumerGroup(in.identifier(), in.identifier(), in.identifier());
      default -> throw unknown();
    };
  }

  private static Request extension(int code, PayloadReader in, ByteBuf payload) throws Refusal {
    return switch (code) {
      case Command.HELLO -> hello(in);
      case Command.PUBLISH -> BatchDecoder.publish(in, payload);
      case Command.PRODUCER_STATE ->
          new Request.ProducerState(in.identifier(), in.identifier(), in.u32(), in.u16());
      default -> throw unknown();
    };
  }

  /** whippet-extension.md 2. Version 0 and a used reserved field are not ours to guess at. */
  private static Request hello(PayloadReader in) throws Refusal {
    int version = in.u16();
    int reserved = in.u16();
    long features = in.u64();
    byte[] producer = in.bytes(Limits.PRODUCER_ID_BYTES);
    int epoch = in.u32();
    byte[] instance = in.bytes(Limits.INSTANCE_BYTES);
    if (version == 0 || reserved != 0) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    return new Request.Hello(version, features, producer, epoch, instance);
  }

  // --- parts ------------------------------------------------------------------------------------

  /** iggy-classic.md 4.2. */
  private static ConsumerId consumer(PayloadReader in) throws Refusal {
    int kind = in.u8();
    if (kind != 1 && kind != 2) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    Identifier identifier = in.identifier();
    boolean group = kind == 2;
    return new ConsumerId(group, identifier, group ? 0 : offsetKey(identifier));
  }

  private static int offsetKey(Identifier identifier) {
    if (identifier instanceof Identifier.Numeric numeric) {
      return numeric.id();
    }
    byte[] name = ((Identifier.Named) identifier).name().getBytes(StandardCharsets.UTF_8);
    return XxHash32.hash(name, 0, name.length);
  }

  /** {@code opt_partition}: five bytes, present or not. */
  private static OptionalInt partition(PayloadReader in) throws Refusal {
    boolean present = in.present();
    int id = in.u32();
    return present ? OptionalInt.of(id) : OptionalInt.empty();
  }

  /** iggy-classic.md 4.3. */
  private static Strategy strategy(PayloadReader in) throws Refusal {
    int kind = in.u8();
    long value = in.u64();
    return switch (kind) {
      case 1 -> new Strategy(Strategy.Kind.OFFSET, value);
      case 2 -> new Strategy(Strategy.Kind.TIMESTAMP, value);
      case 3 -> new Strategy(Strategy.Kind.FIRST, 0);
      case 4 -> new Strategy(Strategy.Kind.LAST, 0);
      case 5 -> new Strategy(Strategy.Kind.NEXT, 0);
      default -> throw new Refusal(Status.INVALID_COMMAND);
    };
  }

  private static TopicSettings settings(PayloadReader in) throws Refusal {
    return new TopicSettings(in.u8(), in.u64(), in.u64(), in.u8());
  }

  private static Refusal unknown() {
    return new Refusal(Status.INVALID_COMMAND);
  }
}

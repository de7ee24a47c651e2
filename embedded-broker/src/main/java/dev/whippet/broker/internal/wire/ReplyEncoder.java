package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Replies to response frames: {@code u32} status, {@code u32} length, payload (iggy-classic.md 1.2,
 * 3.4, 5.4; whippet-extension.md 2, 3). A refusal never has a payload, and no payload has one byte.
 *
 * <p>A reply that the wire can't carry (a name of 256 bytes, a count that is not that of the list)
 * is a programmer's error: IllegalArgumentException, and everything is released. Stateless; any
 * thread.
 */
final class ReplyEncoder {
  private static final int FRAME_BYTES_INITIAL = 256;
  private static final int LENGTH_AT = 4;
  private static final long NO_OFFSET = -1;

  private ReplyEncoder() {}

  static List<ByteBuf> encode(Reply reply, ByteBufAllocator allocator) {
    if (reply instanceof Reply.Polled polled) {
      return polled(polled, allocator);
    }
    if (reply instanceof Reply.Empty) {
      return List.of(header(Status.OK, 0, allocator.buffer(Limits.FRAME_HEADER_BYTES)));
    }
    if (reply instanceof Reply.Failure failure) {
      require(failure.status() != Status.OK, "failure with status 0");
      return List.of(header(failure.status(), 0, allocator.buffer(Limits.FRAME_HEADER_BYTES)));
    }
    ByteBuf out = header(Status.OK, 0, allocator.buffer(FRAME_BYTES_INITIAL));
    try {
      write(reply, out);
      out.setIntLE(LENGTH_AT, out.readableBytes() - Limits.FRAME_HEADER_BYTES);
      return List.of(out);
    } catch (RuntimeException e) {
      out.release();
      throw e;
    }
  }

  /** The 16-byte poll header, then the records as they are. */
  private static List<ByteBuf> polled(Reply.Polled reply, ByteBufAllocator allocator) {
    List<ByteBuf> frame = new ArrayList<>(1 + reply.records().size());
    long payloadBytes = Limits.POLLED_HEADER_BYTES;
    for (ByteBuf records : reply.records()) {
      payloadBytes += records.readableBytes();
    }
    if (payloadBytes > 0xFFFF_FFFFL) {
      reply.records().forEach(ByteBuf::release);
      throw new IllegalArgumentException("poll reply of " + payloadBytes + " bytes");
    }
    ByteBuf out = allocator.buffer(Limits.FRAME_HEADER_BYTES + Limits.POLLED_HEADER_BYTES);
    header(Status.OK, (int) payloadBytes, out);
    out.writeIntLE(reply.partitionId());
    out.writeLongLE(reply.currentOffset());
    out.writeIntLE(reply.count());
    frame.add(out);
    frame.addAll(reply.records());
    return frame;
  }

  private static ByteBuf header(int status, int payloadBytes, ByteBuf out) {
    return out.writeIntLE(status).writeIntLE(payloadBytes);
  }

  private static void write(Reply reply, ByteBuf out) {
    if (reply instanceof Reply.Published published) {
      published(published, out);
    } else if (reply instanceof Reply.LoggedIn loggedIn) {
      out.writeIntLE(loggedIn.userId());
    } else if (reply instanceof Reply.OffsetInfo info) {
      offsetInfo(info, out);
    } else if (reply instanceof Reply.ProducerStateIs state) {
      producerState(state, out);
    } else if (reply instanceof Reply.HelloAccepted hello) {
      hello(hello, out);
    } else if (reply instanceof Reply.StreamDetails details) {
      streamDetails(details, out);
    } else if (reply instanceof Reply.Streams streams) {
      streams.streams().forEach(each -> stream(each, out));
    } else if (reply instanceof Reply.TopicDetails details) {
      topicDetails(details, out);
    } else if (reply instanceof Reply.Topics topics) {
      topics.topics().forEach(each -> topic(each, out));
    } else if (reply instanceof Reply.ConsumerGroupDetails details) {
      groupDetails(details, out);
    } else if (reply instanceof Reply.ConsumerGroups groups) {
      groups.groups().forEach(each -> group(each, out));
    } else if (reply instanceof Reply.ClientDetails details) {
      clientDetails(details, out);
    } else if (reply instanceof Reply.UserDetails details) {
      userDetails(details, out);
    } else if (reply instanceof Reply.Users users) {
      users.users().forEach(each -> user(each, out));
    } else if (reply instanceof Reply.Tokens tokens) {
      tokens.tokens().forEach(each -> token(each, out));
    } else if (reply instanceof Reply.RawToken token) {
      name(token.token(), out);
    } else if (reply instanceof Reply.Clients clients) {
      clients.clients().forEach(each -> client(each, out));
    } else if (reply instanceof Reply.Cluster cluster) {
      cluster(cluster, out);
    } else if (reply instanceof Reply.Stats stats) {
      stats(stats, out);
    } else if (reply instanceof Reply.Snapshot snapshot) {
      out.writeBytes(snapshot.zip());
    } else {
      throw new IllegalArgumentException("no classic form of " + reply.getClass().getName());
    }
  }

  // --- system: iggy-classic.md 3.4.1 to 3.4.3 ---------------------------------------------------

  private static void stats(Reply.Stats stats, ByteBuf out) {
    out.writeIntLE(stats.processId());
    out.writeFloatLE(stats.cpuUsage());
    out.writeFloatLE(stats.totalCpuUsage());
    out.writeLongLE(stats.memoryUsage());
    out.writeLongLE(stats.totalMemory());
    out.writeLongLE(stats.availableMemory());
    out.writeLongLE(stats.runTimeMicros());
    out.writeLongLE(stats.startTimeMicros());
    out.writeLongLE(stats.readBytes());
    out.writeLongLE(stats.writtenBytes());
    out.writeLongLE(stats.messagesSizeBytes());
    out.writeIntLE(stats.streams());
    out.writeIntLE(stats.topics());
    out.writeIntLE(stats.partitions());
    out.writeIntLE(stats.segments());
    out.writeLongLE(stats.messages());
    out.writeIntLE(stats.clients());
    out.writeIntLE(stats.consumerGroups());
    text32(stats.hostname(), out);
    text32(stats.osName(), out);
    text32(stats.osVersion(), out);
    text32(stats.kernelVersion(), out);
    text32(stats.serverVersion(), out);
    out.writeIntLE(stats.serverSemver());
    out.writeIntLE(0); // cache metrics: we have none
    out.writeIntLE(stats.threads());
    out.writeLongLE(stats.freeDiskBytes());
    out.writeLongLE(stats.totalDiskBytes());
  }

  private static void cluster(Reply.Cluster cluster, ByteBuf out) {
    text32(cluster.cluster(), out);
    out.writeIntLE(1); // nodes: with one, clients do not look for a leader (11.1)
    text32(cluster.node(), out);
    text32(cluster.ip(), out);
    out.writeShortLE(cluster.tcpPort());
    out.writeShortLE(cluster.quicPort());
    out.writeShortLE(cluster.httpPort());
    out.writeShortLE(cluster.wsPort());
    out.writeByte(0); // role: leader
    out.writeByte(0); // status: healthy
  }

  private static void clientDetails(Reply.ClientDetails details, ByteBuf out) {
    requireCount(details.client().consumerGroups(), details.memberships(), "memberships");
    client(details.client(), out);
    for (Reply.Membership membership : details.memberships()) {
      out.writeIntLE(membership.streamId());
      out.writeIntLE(membership.topicId());
      out.writeIntLE(membership.groupId());
    }
  }

  private static void client(Reply.Client client, ByteBuf out) {
    out.writeIntLE(client.clientId());
    out.writeIntLE(client.userId());
    out.writeByte(client.transport());
    text32(client.address(), out);
    out.writeIntLE(client.consumerGroups());
  }

  // --- users and tokens: 3.4.4, 3.2 -------------------------------------------------------------

  private static void userDetails(Reply.UserDetails details, ByteBuf out) {
    user(details.user(), out);
    if (details.permissions() == null) {
      out.writeIntLE(0); // not the one zero byte of requests
    } else {
      out.writeByte(1).writeIntLE(details.permissions().length);
      out.writeBytes(details.permissions());
    }
  }

  private static void user(Reply.User user, ByteBuf out) {
    out.writeIntLE(user.id());
    out.writeLongLE(user.createdAtMicros());
    out.writeByte(user.active() ? 1 : 2);
    name(user.name(), out);
  }

  private static void token(Reply.Token token, ByteBuf out) {
    name(token.name(), out);
    out.writeLongLE(token.expiresAtMicros());
  }

  // --- streams, topics, offsets: 3.4.5 to 3.4.7 -------------------------------------------------

  private static void offsetInfo(Reply.OffsetInfo info, ByteBuf out) {
    out.writeIntLE(info.partitionId());
    out.writeLongLE(info.currentOffset());
    out.writeLongLE(info.storedOffset());
  }

  private static void streamDetails(Reply.StreamDetails details, ByteBuf out) {
    requireCount(details.stream().topics(), details.topics(), "topics");
    stream(details.stream(), out);
    details.topics().forEach(each -> topic(each, out));
  }

  private static void stream(Reply.Stream stream, ByteBuf out) {
    out.writeIntLE(stream.id());
    out.writeLongLE(stream.createdAtMicros());
    out.writeIntLE(stream.topics());
    out.writeLongLE(stream.sizeBytes());
    out.writeLongLE(stream.messages());
    name(stream.name(), out);
  }

  private static void topicDetails(Reply.TopicDetails details, ByteBuf out) {
    requireCount(details.topic().partitions(), details.partitions(), "partitions");
    topic(details.topic(), out);
    details.partitions().forEach(each -> partition(each, out));
  }

  private static void topic(Reply.Topic topic, ByteBuf out) {
    out.writeIntLE(topic.id());
    out.writeLongLE(topic.createdAtMicros());
    out.writeIntLE(topic.partitions());
    out.writeLongLE(topic.messageExpiryMicros());
    out.writeByte(topic.compression());
    out.writeLongLE(topic.maxSizeBytes());
    out.writeByte(topic.replicationFactor());
    out.writeLongLE(topic.sizeBytes());
    out.writeLongLE(topic.messages());
    name(topic.name(), out);
  }

  private static void partition(Reply.Partition partition, ByteBuf out) {
    out.writeIntLE(partition.id());
    out.writeLongLE(partition.createdAtMicros());
    out.writeIntLE(partition.segments());
    out.writeLongLE(partition.currentOffset());
    out.writeLongLE(partition.sizeBytes());
    out.writeLongLE(partition.messages());
  }

  // --- groups: 3.4.8 ----------------------------------------------------------------------------

  private static void groupDetails(Reply.ConsumerGroupDetails details, ByteBuf out) {
    requireCount(details.group().members(), details.members(), "members");
    group(details.group(), out);
    for (Reply.GroupMember member : details.members()) {
      out.writeIntLE(member.id());
      out.writeIntLE(member.partitions().length);
      for (int partition : member.partitions()) {
        out.writeIntLE(partition);
      }
    }
  }

  private static void group(Reply.ConsumerGroup group, ByteBuf out) {
    out.writeIntLE(group.id());
    out.writeIntLE(group.partitions());
    out.writeIntLE(group.members());
    name(group.name(), out);
  }

  // --- Whippet extension ------------------------------------------------------------------------

  private static void hello(Reply.HelloAccepted hello, ByteBuf out) {
    require(
        hello.brokerId().length == Limits.BROKER_ID_BYTES,
        "broker id of " + hello.brokerId().length + " bytes");
    out.writeShortLE(hello.version());
    out.writeShortLE(0);
    out.writeLongLE(hello.features());
    out.writeBytes(hello.brokerId());
    out.writeIntLE(hello.requestBytesMax());
    out.writeIntLE(hello.publishesInFlightMax());
    out.writeIntLE(hello.publishBytesInFlightMax());
    out.writeIntLE(hello.pingIntervalMillis());
  }

  private static void published(Reply.Published published, ByteBuf out) {
    int outcome =
        switch (published.outcome()) {
          case STORED -> 0;
          case ALL_KNOWN -> 1;
          case KNOWN_PART_SKIPPED -> 2;
        };
    boolean nothingStored = published.outcome() == Reply.Published.Outcome.ALL_KNOWN;
    out.writeByte(outcome).writeZero(3);
    out.writeIntLE(published.partition());
    out.writeLongLE(nothingStored ? NO_OFFSET : published.baseOffset());
    out.writeLongLE(published.highestDurableSequence());
  }

  private static void producerState(Reply.ProducerStateIs state, ByteBuf out) {
    out.writeByte(state.known() ? 1 : 0);
    out.writeLongLE(state.incarnation());
    out.writeLongLE(state.highestDurableSequence());
  }

  // --- parts ------------------------------------------------------------------------------------

  private static void name(String name, ByteBuf out) {
    name(name.getBytes(StandardCharsets.UTF_8), out);
  }

  private static void name(byte[] bytes, ByteBuf out) {
    require(
        bytes.length >= 1 && bytes.length <= Limits.NAME_BYTES_MAX,
        "name of " + bytes.length + " bytes");
    out.writeByte(bytes.length).writeBytes(bytes);
  }

  private static void text32(String text, ByteBuf out) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    out.writeIntLE(bytes.length).writeBytes(bytes);
  }

  private static void requireCount(int announced, List<?> elements, String what) {
    require(
        announced == elements.size(),
        announced + " " + what + " announced, " + elements.size() + " given");
  }

  private static void require(boolean condition, String fault) {
    if (!condition) {
      throw new IllegalArgumentException(fault);
    }
  }
}

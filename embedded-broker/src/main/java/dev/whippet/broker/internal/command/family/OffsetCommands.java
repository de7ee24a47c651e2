package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.ConsumerOffsets.Owner;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.command.group.Assignment;
import dev.whippet.broker.internal.command.group.Member;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.internal.wire.Status;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Stored consumer offsets (iggy-classic.md 3.3, 6.5). Reads are answered at once and never refuse
 * for what is missing; changes go to loop 0 and are durable before they are answered.
 */
final class OffsetCommands {

  private final Services services;
  private final ConsumerOffsets offsets;

  OffsetCommands(Services services) {
    this.services = services;
    this.offsets = services.offsets();
  }

  void register(Commands table) {
    table.on(Request.GetConsumerOffset.class, this::get);
    table.on(Request.StoreConsumerOffset.class, this::store);
    table.on(Request.DeleteConsumerOffset.class, this::delete);
  }

  /** What an offset is stored for; {@code group} is {@code null} for a plain consumer. */
  private record Target(PartitionEntry partition, Owner owner, GroupEntry group) {}

  /** A group's offset may be read by anyone who may poll, member or not (6.6). */
  private void get(Exchange<Request.GetConsumerOffset> x) {
    Request.GetConsumerOffset get = x.request;
    CatalogState state = services.catalog().visible();
    StreamEntry stream = Lookup.find(state, get.stream());
    TopicEntry topic = Lookup.find(stream, get.topic());
    Owner owner = topic == null ? null : owner(state, stream, topic, get.consumer());
    if (owner == null) {
      x.done();
      return;
    }
    services.access().require(x.session, Right.POLL, stream, topic);
    PartitionEntry partition = topic.partition(get.partition().orElse(0));
    PartitionLog log = partition == null ? null : services.partitions().find(partition);
    if (log == null) {
      x.done();
      return;
    }
    long stored = offsets.stored(partition.incarnation(), owner);
    if (stored == ConsumerOffsets.NOTHING_STORED) {
      x.done();
    } else {
      x.reply(new Reply.OffsetInfo(partition.id(), log.currentOffset(), stored));
    }
  }

  /** {@code null} when the group is missing. */
  private static Owner owner(
      CatalogState state, StreamEntry stream, TopicEntry topic, ConsumerId consumer) {
    if (!consumer.group()) {
      return new Owner(false, consumer.key());
    }
    GroupEntry group = Lookup.find(state, stream, topic, consumer.identifier());
    return group == null ? null : GroupCommands.owner(group);
  }

  private void store(Exchange<Request.StoreConsumerOffset> x) {
    Request.StoreConsumerOffset store = x.request;
    withTarget(
        x,
        store.consumer(),
        () -> target(x, store.stream(), store.topic(), store.consumer(), store.partition()),
        target -> store(x, target));
  }

  private void store(Exchange<Request.StoreConsumerOffset> x, Target target) {
    long offset = x.request.offset();
    PartitionLog log = services.partitions().log(target.partition);
    if (Long.compareUnsigned(offset, log.endOffset()) >= 0) {
      throw new Exchange.Refused(Status.INVALID_OFFSET);
    }
    offsets.store(
        target.partition.incarnation(),
        target.owner,
        offset,
        (nothing, failure) -> {
          if (failure != null) {
            x.refuse(failure);
            return;
          }
          if (target.group != null) {
            services.groups().committed(target.group, target.partition.id(), offset);
          }
          x.done();
        });
  }

  private void delete(Exchange<Request.DeleteConsumerOffset> x) {
    Request.DeleteConsumerOffset delete = x.request;
    withTarget(
        x,
        delete.consumer(),
        () -> target(x, delete.stream(), delete.topic(), delete.consumer(), delete.partition()),
        target -> delete(x, target));
  }

  private void delete(Exchange<Request.DeleteConsumerOffset> x, Target target) {
    offsets.delete(
        target.partition.incarnation(),
        target.owner,
        (existed, failure) -> {
          if (failure != null) {
            x.refuse(failure);
          } else if (existed) {
            x.done();
          } else {
            x.refuse(Status.CONSUMER_OFFSET_NOT_FOUND);
          }
        });
  }

  /**
   * Finds the target and works on it on loop 0. A member's target is found there, too: in between
   * the partition could move.
   */
  private void withTarget(
      Exchange<?> x, ConsumerId consumer, Supplier<Target> finding, Consumer<Target> work) {
    if (consumer.group()) {
      services.hops().onLoopZero(x, () -> work.accept(finding.get()));
    } else {
      Target target = finding.get();
      services.hops().onLoopZero(x, () -> work.accept(target));
    }
  }

  /** 1009, 2010, 5000, 41, 5006, 3022, 3007: in this order. */
  private Target target(
      Exchange<?> x,
      Identifier streamName,
      Identifier topicName,
      ConsumerId consumer,
      OptionalInt partition) {
    CatalogState state = services.catalog().visible();
    StreamEntry stream = Lookup.stream(state, streamName);
    TopicEntry topic = Lookup.topic(stream, topicName);
    if (!consumer.group()) {
      services.access().require(x.session, Right.POLL, stream, topic);
      return new Target(Lookup.partition(topic, partition), new Owner(false, consumer.key()), null);
    }
    GroupEntry group = Lookup.group(state, stream, topic, consumer.identifier());
    services.access().require(x.session, Right.POLL, stream, topic);
    Member member = services.groups().member(x.session, group);
    if (member == null) {
      throw new Exchange.Refused(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND);
    }
    int id = services.groups().resolve(member, partition);
    if (id == Assignment.NONE) {
      throw new Exchange.Refused(Status.NOT_RESOLVED_CONSUMER);
    }
    return new Target(Lookup.partition(topic, id), GroupCommands.owner(group), group);
  }
}

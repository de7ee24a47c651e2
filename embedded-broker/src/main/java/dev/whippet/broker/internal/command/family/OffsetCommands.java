package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.ConsumerOffsets.Owner;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.internal.wire.Status;
import java.util.OptionalInt;

/**
 * Stored consumer offsets (iggy-classic.md 3.3, 6.5). Reads are answered at once and never refuse
 * for what is missing; changes go to loop 0 and are durable before they are answered.
 */
final class OffsetCommands {

  private static final int LOOP_ZERO = 0;

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

  private void get(Exchange<Request.GetConsumerOffset> x) {
    Request.GetConsumerOffset get = x.request;
    StreamEntry stream = Lookup.find(services.catalog().visible(), get.stream());
    TopicEntry topic = Lookup.find(stream, get.topic());
    if (topic == null || get.consumer().group()) {
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
    long stored = offsets.stored(partition.incarnation(), owner(get.consumer()));
    if (stored == ConsumerOffsets.NOTHING_STORED) {
      x.done();
    } else {
      x.reply(new Reply.OffsetInfo(partition.id(), log.currentOffset(), stored));
    }
  }

  private void store(Exchange<Request.StoreConsumerOffset> x) {
    Request.StoreConsumerOffset store = x.request;
    PartitionEntry partition =
        partition(x.session, store.stream(), store.topic(), store.consumer(), store.partition());
    PartitionLog log = services.partitions().log(partition);
    if (Long.compareUnsigned(store.offset(), log.endOffset()) >= 0) {
      throw new Exchange.Refused(Status.INVALID_OFFSET);
    }
    Owner owner = owner(store.consumer());
    onLoopZero(
        x,
        () ->
            offsets.store(
                partition.incarnation(),
                owner,
                store.offset(),
                (nothing, failure) -> {
                  if (failure == null) {
                    x.done();
                  } else {
                    x.refuse(failure);
                  }
                }));
  }

  private void delete(Exchange<Request.DeleteConsumerOffset> x) {
    Request.DeleteConsumerOffset delete = x.request;
    PartitionEntry partition =
        partition(
            x.session, delete.stream(), delete.topic(), delete.consumer(), delete.partition());
    Owner owner = owner(delete.consumer());
    onLoopZero(
        x,
        () ->
            offsets.delete(
                partition.incarnation(),
                owner,
                (existed, failure) -> {
                  if (failure != null) {
                    x.refuse(failure);
                  } else if (existed) {
                    x.done();
                  } else {
                    x.refuse(Status.CONSUMER_OFFSET_NOT_FOUND);
                  }
                }));
  }

  /** 1009, 2010, 5000, 41, 3007: in this order. */
  private PartitionEntry partition(
      ClientSession session,
      Identifier streamName,
      Identifier topicName,
      ConsumerId consumer,
      OptionalInt partition) {
    StreamEntry stream = Lookup.stream(services.catalog().visible(), streamName);
    TopicEntry topic = Lookup.topic(stream, topicName);
    if (consumer.group()) {
      throw new Exchange.Refused(Status.CONSUMER_GROUP_NOT_FOUND);
    }
    services.access().require(session, Right.POLL, stream, topic);
    return Lookup.partition(topic, partition);
  }

  private void onLoopZero(Exchange<?> x, Runnable work) {
    services.hops().run(x.session.loop(), LOOP_ZERO, x, work);
  }

  private static Owner owner(ConsumerId consumer) {
    return new Owner(consumer.group(), consumer.key());
  }
}

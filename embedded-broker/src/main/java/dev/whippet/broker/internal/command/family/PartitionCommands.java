package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAdded;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsRemoved;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.PartitionLife;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.util.List;

/**
 * Partitions, their segments, and the flush (iggy-classic.md 3.3, 6.8). Partitions come and go at
 * the end, on loop 0; segments and flushes are the owner loop's.
 */
final class PartitionCommands {

  private final Services services;
  private final Catalog catalog;
  private final PartitionLife life;

  PartitionCommands(Services services, PartitionLife life) {
    this.services = services;
    this.catalog = services.catalog();
    this.life = life;
  }

  void register(Commands table) {
    table.on(Request.CreatePartitions.class, this::checkThenCreate);
    table.on(Request.DeletePartitions.class, this::checkThenDelete);
    table.on(Request.DeleteSegments.class, this::deleteSegments);
    table.on(Request.FlushUnsavedBuffer.class, this::flush);
  }

  private void checkThenCreate(Exchange<Request.CreatePartitions> x) {
    long count = x.request.count();
    if (count == 0 || Long.compareUnsigned(count, Limits.PARTITIONS_PER_REQUEST_MAX) > 0) {
      throw new Exchange.Refused(Status.TOO_MANY_PARTITIONS);
    }
    services.changes().run(x, () -> create(x));
  }

  private void create(Exchange<Request.CreatePartitions> x) {
    CatalogState latest = catalog.latest();
    StreamEntry stream = Lookup.stream(latest, x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    services.access().require(x.session, Right.TOPIC, stream, topic);
    int count = (int) x.request.count();
    if (!life.hasRoom(count)) {
      throw new Exchange.Refused(Status.TOO_MANY_PARTITIONS);
    }
    PartitionsAdded change =
        latest.morePartitions(stream, topic, count, services.clockMicros().getAsLong());
    services
        .changes()
        .commit(
            x,
            change,
            () ->
                life.create(
                    stream.name(),
                    topic.name(),
                    life.retention(topic),
                    change.firstIncarnation(),
                    count),
            () -> {
              deal(stream.id(), topic.id());
              x.done();
            });
  }

  private void checkThenDelete(Exchange<Request.DeletePartitions> x) {
    if (x.request.count() == 0) {
      throw new Exchange.Refused(Status.TOO_MANY_PARTITIONS);
    }
    services.changes().run(x, () -> delete(x));
  }

  private void delete(Exchange<Request.DeletePartitions> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    services.access().require(x.session, Right.TOPIC, stream, topic);
    List<PartitionEntry> all = topic.partitions();
    if (Long.compareUnsigned(x.request.count(), all.size()) > 0) {
      throw new Exchange.Refused(Status.INVALID_PARTITIONS_COUNT);
    }
    int count = (int) x.request.count();
    life.remove(
        x,
        new PartitionsRemoved(stream.id(), topic.id(), count),
        all.subList(all.size() - count, all.size()),
        () -> {
          deal(stream.id(), topic.id());
          x.done();
        });
  }

  /** The groups of the topic share what it has now (6.6). */
  private void deal(int stream, int topic) {
    CatalogState now = catalog.visible();
    services
        .groups()
        .repartitioned(
            now.groups().of(stream, topic).all(),
            now.streams().get(stream).topics().get(topic).partitions().size());
  }

  /** The oldest sealed ones, as far as everybody who stores offsets has read them. */
  private void deleteSegments(Exchange<Request.DeleteSegments> x) {
    Request.DeleteSegments asked = x.request;
    StreamEntry stream = Lookup.stream(catalog.visible(), asked.stream());
    TopicEntry topic = Lookup.topic(stream, asked.topic());
    services.access().require(x.session, Right.TOPIC, stream, topic);
    services.onOwner(
        x,
        Lookup.partition(topic, asked.partition()),
        log ->
            log.dropOldest(
                asked.count(),
                services.offsets().consumedTo(log.incarnation()),
                (nothing, failure) -> end(x, failure)));
  }

  /** What was answered is as durable as its level says already; now it is on stable storage. */
  private void flush(Exchange<Request.FlushUnsavedBuffer> x) {
    Request.FlushUnsavedBuffer asked = x.request;
    StreamEntry stream = Lookup.stream(catalog.visible(), asked.stream());
    TopicEntry topic = Lookup.topic(stream, asked.topic());
    services.access().require(x.session, Right.SEND, stream, topic);
    services.onOwner(
        x,
        Lookup.partition(topic, asked.partition()),
        log -> {
          if (asked.fsync()) {
            log.flush((nothing, failure) -> end(x, failure));
          } else {
            x.done();
          }
        });
  }

  private static void end(Exchange<?> x, LogFailure failure) {
    if (failure == null) {
      x.done();
    } else {
      x.refuse(MessageCommands.statusOf(failure));
    }
  }
}

package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamRenamed;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Changes;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.PartitionLife;
import dev.whippet.broker.internal.command.exchange.Purge;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;

/**
 * Streams (iggy-classic.md 3.3). Reads are answered at once from the visible catalog; changes are
 * checked and made on loop 0 and answered when they are durable, refusals included.
 */
final class StreamCommands {

  /** Ids that a stock server can address: 12 bits (iggy-classic.md 6.1). */
  static final int STREAMS_MAX = 4096;

  private static final Runnable NOTHING = () -> {};

  private final Services services;
  private final Catalog catalog;
  private final Access access;
  private final Changes changes;
  private final PartitionLife life;
  private final CatalogViews views;

  StreamCommands(Services services, PartitionLife life) {
    this.services = services;
    this.catalog = services.catalog();
    this.access = services.access();
    this.changes = services.changes();
    this.life = life;
    this.views = new CatalogViews(services.partitions());
  }

  void register(Commands table) {
    table.on(Request.GetStream.class, this::get);
    table.on(Request.GetStreams.class, this::list);
    table.on(Request.CreateStream.class, x -> changes.run(x, () -> create(x)));
    table.on(Request.UpdateStream.class, x -> changes.run(x, () -> update(x)));
    table.on(Request.PurgeStream.class, x -> changes.run(x, () -> purge(x)));
    table.on(Request.DeleteStream.class, x -> changes.run(x, () -> delete(x)));
  }

  private void get(Exchange<Request.GetStream> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    if (stream == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.STREAM_READ, stream);
    x.reply(views.streamDetails(stream));
  }

  private void list(Exchange<Request.GetStreams> x) {
    access.require(x.session, Right.STREAMS_READ);
    List<Reply.Stream> streams = new ArrayList<>();
    catalog.visible().streams().all().forEach(stream -> streams.add(views.stream(stream)));
    x.reply(new Reply.Streams(streams));
  }

  private void create(Exchange<Request.CreateStream> x) {
    CatalogState latest = catalog.latest();
    access.require(x.session, Right.STREAM_CREATE);
    if (latest.streams().get(x.request.name()) != null) {
      throw new Exchange.Refused(Status.STREAM_NAME_ALREADY_EXISTS);
    }
    if (latest.streams().size() >= STREAMS_MAX) {
      throw new Exchange.Refused(Status.CANNOT_CREATE_STREAM);
    }
    StreamCreated change = latest.newStream(x.request.name(), services.clockMicros().getAsLong());
    changes.commit(
        x,
        change,
        NOTHING,
        () -> {
          StreamEntry stream = catalog.visible().streams().get(change.id());
          x.reply(new Reply.StreamDetails(views.stream(stream), List.of()));
        });
  }

  private void update(Exchange<Request.UpdateStream> x) {
    CatalogState latest = catalog.latest();
    StreamEntry stream = Lookup.stream(latest, x.request.stream());
    access.require(x.session, Right.STREAM, stream);
    StreamEntry named = latest.streams().get(x.request.name());
    if (named != null && named.id() != stream.id()) {
      throw new Exchange.Refused(Status.STREAM_NAME_ALREADY_EXISTS);
    }
    changes.commit(x, new StreamRenamed(stream.id(), x.request.name()), NOTHING, x::done);
  }

  private void purge(Exchange<Request.PurgeStream> x) {
    Purge.run(
        services,
        x,
        () -> {
          StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
          access.require(x.session, Right.STREAM, stream);
          return new Purge.Target(stream, stream.topics().all());
        });
  }

  private void delete(Exchange<Request.DeleteStream> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    access.require(x.session, Right.STREAM, stream);
    List<GroupEntry> groups = catalog.latest().groups().of(stream.id());
    life.remove(
        x,
        new StreamDeleted(stream.id()),
        stream.topics().all().stream().flatMap(topic -> topic.partitions().stream()).toList(),
        () -> {
          life.deleteGroups(groups);
          x.done();
        });
  }
}

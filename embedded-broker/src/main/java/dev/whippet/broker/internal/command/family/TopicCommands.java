package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicUpdated;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
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
import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.util.List;

/**
 * Topics (iggy-classic.md 3.3). Reads are answered at once from the visible catalog; changes are
 * checked and made on loop 0 and answered when they are durable, refusals included.
 */
final class TopicCommands {

  /** Ids that a stock server can address: 12 bits (iggy-classic.md 6.1). */
  static final int TOPICS_PER_STREAM_MAX = 4096;

  private static final Runnable NOTHING = () -> {};

  private final Services services;
  private final Catalog catalog;
  private final TopicRules rules;
  private final Access access;
  private final Changes changes;
  private final PartitionLife life;
  private final CatalogViews views;

  TopicCommands(Services services, PartitionLife life) {
    this.services = services;
    this.catalog = services.catalog();
    this.rules = services.rules();
    this.access = services.access();
    this.changes = services.changes();
    this.life = life;
    this.views = new CatalogViews(services.partitions());
  }

  void register(Commands table) {
    table.on(Request.GetTopic.class, this::get);
    table.on(Request.GetTopics.class, this::list);
    table.on(Request.CreateTopic.class, this::checkThenCreate);
    table.on(Request.UpdateTopic.class, x -> changes.run(x, () -> update(x)));
    table.on(Request.PurgeTopic.class, x -> changes.run(x, () -> purge(x)));
    table.on(Request.DeleteTopic.class, x -> changes.run(x, () -> delete(x)));
  }

  private void get(Exchange<Request.GetTopic> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    TopicEntry topic = Lookup.find(stream, x.request.topic());
    if (topic == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.TOPIC_READ, stream, topic);
    x.reply(views.topicDetails(topic));
  }

  private void list(Exchange<Request.GetTopics> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    if (stream == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.TOPICS_READ, stream);
    x.reply(new Reply.Topics(views.topics(stream)));
  }

  private void checkThenCreate(Exchange<Request.CreateTopic> x) {
    if (Long.compareUnsigned(x.request.partitionsCount(), Limits.PARTITIONS_PER_REQUEST_MAX) > 0) {
      throw new Exchange.Refused(Status.TOO_MANY_PARTITIONS);
    }
    changes.run(x, () -> create(x));
  }

  private void create(Exchange<Request.CreateTopic> x) {
    CatalogState latest = catalog.latest();
    StreamEntry stream = Lookup.stream(latest, x.request.stream());
    access.require(x.session, Right.TOPIC_CREATE, stream);
    Settings settings = rules.resolve(x.request.settings());
    if (Long.compareUnsigned(settings.maxSizeBytes(), rules.sizeBytesMin()) < 0) {
      throw new Exchange.Refused(Status.INVALID_TOPIC_SIZE);
    }
    if (stream.topics().get(x.request.name()) != null) {
      throw new Exchange.Refused(Status.TOPIC_NAME_ALREADY_EXISTS);
    }
    int count = (int) x.request.partitionsCount();
    if (stream.topics().size() >= TOPICS_PER_STREAM_MAX || !life.hasRoom(count)) {
      throw new Exchange.Refused(Status.CANNOT_CREATE_TOPIC);
    }
    TopicCreated change =
        latest.newTopic(
            stream, x.request.name(), settings, count, services.clockMicros().getAsLong());
    changes.commit(
        x,
        change,
        () ->
            life.create(
                stream.name(),
                change.name(),
                rules.retention(settings),
                change.firstIncarnation(),
                count),
        () -> {
          StreamEntry now = catalog.visible().streams().get(change.stream());
          x.reply(views.created(now.topics().get(change.id())));
        });
  }

  /** 0 ("server default") is stored and shown as it is, and no size is too small (3.3). */
  private void update(Exchange<Request.UpdateTopic> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    access.require(x.session, Right.TOPIC, stream, topic);
    TopicEntry named = stream.topics().get(x.request.name());
    if (named != null && named.id() != topic.id()) {
      throw new Exchange.Refused(Status.TOPIC_NAME_ALREADY_EXISTS);
    }
    Settings settings = rules.literal(x.request.settings());
    changes.commit(
        x,
        new TopicUpdated(stream.id(), topic.id(), x.request.name(), settings),
        NOTHING,
        () -> {
          life.retain(topic.partitions(), settings);
          x.done();
        });
  }

  private void purge(Exchange<Request.PurgeTopic> x) {
    Purge.run(
        services,
        x,
        () -> {
          StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
          TopicEntry topic = Lookup.topic(stream, x.request.topic());
          access.require(x.session, Right.TOPIC, stream, topic);
          return new Purge.Target(stream, List.of(topic));
        });
  }

  private void delete(Exchange<Request.DeleteTopic> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    access.require(x.session, Right.TOPIC, stream, topic);
    List<GroupEntry> groups = catalog.latest().groups().of(stream.id(), topic.id()).all();
    life.remove(
        x,
        new TopicDeleted(stream.id(), topic.id()),
        topic.partitions(),
        () -> {
          life.deleteGroups(groups);
          x.done();
        });
  }
}

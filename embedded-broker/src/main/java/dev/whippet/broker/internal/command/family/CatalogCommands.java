package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Changes;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Hops;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Streams and topics (iggy-classic.md 3.3). Reads are answered at once from the visible catalog;
 * changes are checked and made on loop 0 and answered when they are durable, refusals included.
 */
final class CatalogCommands {

  /** Ids that a stock server can address: 12 bits each (iggy-classic.md 6.1). */
  static final int STREAMS_MAX = 4096;

  static final int TOPICS_PER_STREAM_MAX = 4096;

  /** Partitions in all (about 1 KiB of memory each, without their messages). */
  static final int PARTITIONS_MAX = 100_000;

  private static final Logger LOG = LoggerFactory.getLogger(CatalogCommands.class);
  private static final Runnable NOTHING = () -> {};

  private final Catalog catalog;
  private final ConsumerOffsets offsets;
  private final Partitions partitions;
  private final TopicRules rules;
  private final Access access;
  private final Changes changes;
  private final Hops hops;
  private final LongSupplier clockMicros;
  private final CatalogViews views;

  CatalogCommands(Services services) {
    this.catalog = services.catalog();
    this.offsets = services.offsets();
    this.partitions = services.partitions();
    this.rules = services.rules();
    this.access = services.access();
    this.changes = services.changes();
    this.hops = services.hops();
    this.clockMicros = services.clockMicros();
    this.views = new CatalogViews(partitions);
  }

  void register(Commands table) {
    table.on(Request.GetStream.class, this::getStream);
    table.on(Request.GetStreams.class, this::getStreams);
    table.on(Request.CreateStream.class, x -> changes.run(x, () -> createStream(x)));
    table.on(Request.DeleteStream.class, x -> changes.run(x, () -> deleteStream(x)));
    table.on(Request.GetTopic.class, this::getTopic);
    table.on(Request.GetTopics.class, this::getTopics);
    table.on(Request.CreateTopic.class, this::checkThenCreateTopic);
    table.on(Request.DeleteTopic.class, x -> changes.run(x, () -> deleteTopic(x)));
  }

  private void getStream(Exchange<Request.GetStream> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    if (stream == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.STREAM_READ, stream);
    x.reply(views.streamDetails(stream));
  }

  private void getStreams(Exchange<Request.GetStreams> x) {
    access.require(x.session, Right.STREAMS_READ);
    List<Reply.Stream> streams = new ArrayList<>();
    catalog.visible().streams().all().forEach(stream -> streams.add(views.stream(stream)));
    x.reply(new Reply.Streams(streams));
  }

  private void getTopic(Exchange<Request.GetTopic> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    TopicEntry topic = Lookup.find(stream, x.request.topic());
    if (topic == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.TOPIC_READ, stream, topic);
    x.reply(views.topicDetails(topic));
  }

  private void getTopics(Exchange<Request.GetTopics> x) {
    StreamEntry stream = Lookup.find(catalog.visible(), x.request.stream());
    if (stream == null) {
      x.done();
      return;
    }
    access.require(x.session, Right.TOPICS_READ, stream);
    x.reply(new Reply.Topics(views.topics(stream)));
  }

  private void createStream(Exchange<Request.CreateStream> x) {
    CatalogState latest = catalog.latest();
    access.require(x.session, Right.STREAM_CREATE);
    if (latest.streams().get(x.request.name()) != null) {
      throw new Exchange.Refused(Status.STREAM_NAME_ALREADY_EXISTS);
    }
    if (latest.streams().size() >= STREAMS_MAX) {
      throw new Exchange.Refused(Status.CANNOT_CREATE_STREAM);
    }
    StreamCreated change = latest.newStream(x.request.name(), clockMicros.getAsLong());
    changes.commit(
        x,
        change,
        NOTHING,
        () -> {
          StreamEntry stream = catalog.visible().streams().get(change.id());
          x.reply(new Reply.StreamDetails(views.stream(stream), List.of()));
        });
  }

  private void deleteStream(Exchange<Request.DeleteStream> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    access.require(x.session, Right.STREAM, stream);
    changes.commit(
        x,
        new StreamDeleted(stream.id()),
        NOTHING,
        () -> {
          stream.topics().all().forEach(this::deletePartitions);
          x.done();
        });
  }

  private void checkThenCreateTopic(Exchange<Request.CreateTopic> x) {
    if (Long.compareUnsigned(x.request.partitionsCount(), Limits.PARTITIONS_PER_REQUEST_MAX) > 0) {
      throw new Exchange.Refused(Status.TOO_MANY_PARTITIONS);
    }
    changes.run(x, () -> createTopic(x));
  }

  private void createTopic(Exchange<Request.CreateTopic> x) {
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
    if (stream.topics().size() >= TOPICS_PER_STREAM_MAX
        || partitions.all().size() + count > PARTITIONS_MAX) {
      throw new Exchange.Refused(Status.CANNOT_CREATE_TOPIC);
    }
    TopicCreated change =
        latest.newTopic(stream, x.request.name(), settings, count, clockMicros.getAsLong());
    changes.commit(
        x,
        change,
        () -> createPartitions(stream.name(), change),
        () -> {
          StreamEntry now = catalog.visible().streams().get(change.stream());
          x.reply(views.created(now.topics().get(change.id())));
        });
  }

  private void deleteTopic(Exchange<Request.DeleteTopic> x) {
    StreamEntry stream = Lookup.stream(catalog.latest(), x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    access.require(x.session, Right.TOPIC, stream, topic);
    changes.commit(
        x,
        new TopicDeleted(stream.id(), topic.id()),
        NOTHING,
        () -> {
          deletePartitions(topic);
          x.done();
        });
  }

  /** Loop 0, before the topic is visible. */
  private void createPartitions(String stream, TopicCreated change) {
    long[] incarnations =
        LongStream.range(0, change.partitions())
            .map(id -> change.firstIncarnation() + id)
            .toArray();
    rules
        .partitions(stream, change.name(), change.settings(), incarnations, fresh -> 0)
        .forEach(
            settings -> {
              offsets.admit(settings.incarnation());
              partitions.create(settings);
            });
  }

  /** Loop 0, after the topic was visible. What fails is removed at the next start. */
  private void deletePartitions(TopicEntry topic) {
    for (PartitionEntry partition : topic.partitions()) {
      offsets.forget(partition.incarnation());
      PartitionLog log = partitions.remove(partition.incarnation());
      if (log != null) {
        hops.post(
            partitions.owner(partition.incarnation()),
            () ->
                log.delete(
                    (nothing, failure) -> {
                      if (failure != null) {
                        LOG.warn("partition of a deleted topic stays on disk: {}", failure);
                      }
                    }));
      }
    }
  }
}

package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.ClientSession.Greeting;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.Publication;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.format.Producer;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;

/**
 * hello, publish, producer_state (whippet-extension.md 2, 3). Fencing is looked at on the
 * partition's loop, right before the log: a later opening that has been welcomed is never followed
 * by a record of an earlier one.
 */
final class ExtensionCommands {

  private static final long FEATURES = Limits.FEATURE_PUBLISH;

  private final Services services;
  private final Commands.Grants grants;

  ExtensionCommands(Services services, Commands.Grants grants) {
    this.services = services;
    this.grants = grants;
  }

  void register(Commands table) {
    table.on(Request.Hello.class, this::hello);
    table.on(Request.Publish.class, this::publish);
    table.on(Request.ProducerState.class, this::producerState);
  }

  private void hello(Exchange<Request.Hello> x) {
    Request.Hello hello = x.request;
    if (x.session.saidHello() || hello.version() < Limits.EXTENSION_VERSION) {
      throw new Exchange.Refused(Status.INVALID_COMMAND);
    }
    Greeting greeting =
        new Greeting(x.session.user(), hello.producer(), hello.epoch(), hello.instance());
    if (!greeting.isProducer()) {
      welcome(x, greeting);
      return;
    }
    Runnable greet =
        () ->
            services
                .catalog()
                .greet(
                    ProducerKey.of(greeting.user().id(), greeting.producer()),
                    Opening.of(greeting.epoch(), greeting.instance()),
                    (welcome, failure) -> {
                      if (failure != null) {
                        x.refuse(Status.RETRY_LATER);
                      } else if (welcome) {
                        welcome(x, greeting);
                      } else {
                        x.refuse(Status.FENCED);
                      }
                    });
    services.hops().onLoopZero(x, greet);
  }

  private void welcome(Exchange<Request.Hello> x, Greeting greeting) {
    x.session.greet(greeting);
    x.reply(
        new Reply.HelloAccepted(
            Limits.EXTENSION_VERSION,
            x.request.features() & FEATURES,
            grants.brokerId(),
            grants.requestBytesMax(),
            grants.publishesInFlightMax(),
            grants.publishBytesInFlightMax(),
            grants.pingIntervalMillis()));
  }

  private void publish(Exchange<Request.Publish> x) {
    Request.Publish publish = x.request;
    Greeting greeting = producer(x.session);
    PartitionEntry partition =
        partition(x.session, publish.stream(), publish.topic(), publish.partition());
    services.onOwner(
        x,
        partition,
        log -> {
          refuseFenced(greeting);
          Producer producer =
              Producer.of(greeting.user().id(), greeting.producer(), publish.channel());
          log.publish(
              publish.batch().records(),
              publish.batch().count(),
              new Publication(
                  producer, greeting.epoch(), publish.previous(), publish.firstSequence()),
              (published, failure) -> {
                if (failure == null) {
                  x.reply(reply(partition, published));
                } else {
                  x.refuse(statusOf(failure));
                }
              });
        });
  }

  private void producerState(Exchange<Request.ProducerState> x) {
    Request.ProducerState state = x.request;
    Greeting greeting = producer(x.session);
    PartitionEntry partition =
        partition(x.session, state.stream(), state.topic(), state.partition());
    services.onOwner(
        x,
        partition,
        log -> {
          refuseFenced(greeting);
          log.producerState(
              Producer.of(greeting.user().id(), greeting.producer(), state.channel()),
              (mark, failure) -> {
                if (failure == null) {
                  x.reply(
                      new Reply.ProducerStateIs(
                          mark.known(), partition.identity(), mark.highestDurableSequence()));
                } else {
                  x.refuse(statusOf(failure));
                }
              });
        });
  }

  /** The producer this connection said it is, under the user (serial, too) still logged in. */
  private static Greeting producer(ClientSession session) {
    Greeting greeting = session.greeting();
    if (greeting == null || !greeting.isProducer() || !greeting.user().equals(session.user())) {
      throw new Exchange.Refused(Status.INVALID_COMMAND);
    }
    return greeting;
  }

  private void refuseFenced(Greeting greeting) {
    ProducerKey producer = ProducerKey.of(greeting.user().id(), greeting.producer());
    Opening opening = Opening.of(greeting.epoch(), greeting.instance());
    if (services.catalog().producers().fenced(producer, opening)) {
      throw new Exchange.Refused(Status.FENCED);
    }
  }

  /** 1009, 2010, 41, 3007: in this order. */
  private PartitionEntry partition(
      ClientSession session, Identifier streamName, Identifier topicName, int partition) {
    StreamEntry stream = Lookup.stream(services.catalog().visible(), streamName);
    TopicEntry topic = Lookup.topic(stream, topicName);
    services.access().require(session, Right.SEND, stream, topic);
    return Lookup.partition(topic, partition);
  }

  private static Reply.Published reply(PartitionEntry partition, PartitionLog.Published published) {
    Reply.Published.Outcome outcome =
        switch (published.outcome()) {
          case STORED -> Reply.Published.Outcome.STORED;
          case ALL_KNOWN -> Reply.Published.Outcome.ALL_KNOWN;
          case KNOWN_PART_SKIPPED -> Reply.Published.Outcome.KNOWN_PART_SKIPPED;
        };
    return new Reply.Published(
        outcome, partition.id(), published.baseOffset(), published.highestDurableSequence());
  }

  /** As for a stock client, but what may pass is "retry later": the outbox keeps the records. */
  private static int statusOf(LogFailure failure) {
    return switch (failure.reason()) {
      case READ_ONLY, WRITE_FAILED, NO_SPACE, READ_FAILED, OVERLOADED -> Status.RETRY_LATER;
      default -> MessageCommands.statusOf(failure);
    };
  }
}

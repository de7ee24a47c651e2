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
import dev.whippet.broker.internal.command.Request.Partitioning;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.command.group.Member;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.internal.wire.Status;
import java.util.List;

/**
 * Sending and polling (iggy-classic.md 5, 6.4, 6.5). The connection's loop finds the partition, the
 * partition's loop does the work; an auto-commit and a member's messages pass loop 0 before the
 * answer.
 */
final class MessageCommands {

  /**
   * A poll's records stay below this many bytes, except that one message always fits. Clients go on
   * from the last offset they got.
   */
  static final int POLL_REPLY_BYTES_MAX = 32 << 20;

  /** All zero: the partition is not the member's, or it has none (5.4). */
  private static final Reply.Polled NOT_YOURS = new Reply.Polled(0, 0, 0, List.of(), 0);

  private final Services services;

  MessageCommands(Services services) {
    this.services = services;
  }

  void register(Commands table) {
    table.on(Request.SendMessages.class, this::send);
    table.on(Request.Poll.class, this::poll);
  }

  private void send(Exchange<Request.SendMessages> x) {
    StreamEntry stream = Lookup.stream(services.catalog().visible(), x.request.stream());
    TopicEntry topic = Lookup.topic(stream, x.request.topic());
    services.access().require(x.session, Right.SEND, stream, topic);
    PartitionEntry partition = choose(topic, x.request.partitioning());
    services.onOwner(x, partition, log -> append(x, log));
  }

  /** The partition of a batch (6.4), or the refusal. */
  static PartitionEntry choose(TopicEntry topic, Partitioning partitioning) {
    if (partitioning instanceof Partitioning.PartitionId given) {
      return Lookup.partition(topic, given.id());
    }
    PartitionEntry chosen =
        partitioning instanceof Partitioning.Key key
            ? topic.keyed(key.hash())
            : topic.nextBalanced();
    if (chosen == null) {
      throw new Exchange.Refused(Status.TOPIC_NOT_FOUND);
    }
    return chosen;
  }

  private static void append(Exchange<Request.SendMessages> x, PartitionLog log) {
    Request.Batch batch = x.request.batch();
    log.append(
        batch.records(),
        batch.count(),
        x.session.userId(),
        (baseOffset, failure) -> {
          if (failure == null) {
            x.done();
          } else {
            x.refuse(statusOf(failure));
          }
        });
  }

  private void poll(Exchange<Request.Poll> x) {
    Request.Poll poll = x.request;
    CatalogState state = services.catalog().visible();
    StreamEntry stream = Lookup.stream(state, poll.stream());
    TopicEntry topic = Lookup.topic(stream, poll.topic());
    if (poll.consumer().group()) {
      GroupEntry group = Lookup.group(state, stream, topic, poll.consumer().identifier());
      services.access().require(x.session, Right.POLL, stream, topic);
      pollAsMember(x, topic, group);
      return;
    }
    services.access().require(x.session, Right.POLL, stream, topic);
    PartitionEntry partition = Lookup.partition(topic, poll.partition());
    Owner owner = new Owner(false, poll.consumer().key());
    services.onOwner(x, partition, log -> start(new PollUnderWay(x, partition, log, owner, null)));
  }

  /** The given partition, or the next of the member's round; nothing if it has none (6.5). */
  private void pollAsMember(Exchange<Request.Poll> x, TopicEntry topic, GroupEntry group) {
    Member member = services.groups().member(x.session, group);
    if (member == null) {
      throw new Exchange.Refused(Status.CONSUMER_GROUP_MEMBER_NOT_FOUND);
    }
    int turn = member.turn();
    int id = x.request.partition().orElseGet(member::next);
    PartitionEntry partition = member.assignment().has(id) ? topic.partition(id) : null;
    if (partition == null) {
      x.reply(NOT_YOURS);
      return;
    }
    Polling polling = new Polling(member, turn);
    Owner owner = GroupCommands.owner(group);
    services.onOwner(
        x, partition, log -> start(new PollUnderWay(x, partition, log, owner, polling)));
  }

  /** A member that polls, and where its round stood before. */
  private record Polling(Member member, int turn) {}

  /** One poll on its partition's loop. */
  private final class PollUnderWay {
    final Exchange<Request.Poll> x;
    final PartitionEntry partition;
    final PartitionLog log;
    final Owner owner;
    final Polling polling;
    final int count;

    /** {@code polling} is {@code null} for a plain consumer. */
    PollUnderWay(
        Exchange<Request.Poll> x,
        PartitionEntry partition,
        PartitionLog log,
        Owner owner,
        Polling polling) {
      this.x = x;
      this.partition = partition;
      this.log = log;
      this.owner = owner;
      this.polling = polling;
      this.count = (int) Math.min(x.request.count(), Integer.MAX_VALUE);
    }

    /** It will be handled anew: the member's round does not go on twice. */
    void rewind() {
      if (polling != null) {
        polling.member.turn(polling.turn);
      }
    }

    void nothing() {
      x.reply(new Reply.Polled(partition.id(), log.currentOffset(), 0, List.of(), 0));
    }
  }

  private void start(PollUnderWay poll) {
    PartitionLog log = poll.log;
    long value = poll.x.request.strategy().value();
    switch (poll.x.request.strategy().kind()) {
      case OFFSET -> readFrom(poll, value);
      case FIRST -> readFrom(poll, log.firstOffset());
      case LAST -> readFrom(poll, Math.max(log.firstOffset(), log.endOffset() - poll.count));
      case NEXT -> readFrom(poll, next(poll));
      case TIMESTAMP ->
          log.offsetAtOrAfter(
              value < 0 ? Long.MAX_VALUE : value,
              (offset, failure) -> {
                if (failure == null) {
                  readFrom(poll, offset);
                } else {
                  failed(poll, failure);
                }
              });
    }
  }

  private long next(PollUnderWay poll) {
    long stored = services.offsets().stored(poll.log.incarnation(), poll.owner);
    return stored == ConsumerOffsets.NOTHING_STORED ? poll.log.firstOffset() : stored + 1;
  }

  private void readFrom(PollUnderWay poll, long offset) {
    if (poll.count == 0 || Long.compareUnsigned(offset, poll.log.endOffset()) >= 0) {
      poll.nothing();
      return;
    }
    long bytesMax = poll.x.replyBytesMax();
    poll.log.read(
        offset,
        poll.count,
        (int) Math.min(bytesMax, POLL_REPLY_BYTES_MAX),
        (records, failure) -> {
          if (failure != null) {
            failed(poll, failure);
          } else if (records.heldBytes() > bytesMax) {
            records.release();
            poll.rewind();
            poll.x.again(records.heldBytes());
          } else if (poll.polling != null && records.count() > 0) {
            onLoopZero(poll, records, () -> confirm(poll, records));
          } else if (poll.x.request.autoCommit() && records.count() > 0) {
            onLoopZero(poll, records, () -> commit(poll, records));
          } else {
            poll.x.reply(polled(poll, records));
          }
        });
  }

  /**
   * Records leave for a member only while the partition is its own and was not purged: it may have
   * moved since the poll began. Loop 0.
   */
  private void confirm(PollUnderWay poll, Records records) {
    Member member = poll.polling.member;
    if (!services.partitions().has(poll.log)
        || !services.groups().has(member, poll.partition.id())) {
      records.release();
      poll.x.reply(NOT_YOURS);
      return;
    }
    services.groups().polled(member, poll.partition.id(), records.lastOffset());
    if (poll.x.request.autoCommit()) {
      commit(poll, records);
    } else {
      poll.x.reply(polled(poll, records));
    }
  }

  /** The last offset is stored durably before the records leave (at most once, 6.5). Loop 0. */
  private void commit(PollUnderWay poll, Records records) {
    Reply.Polled reply = polled(poll, records);
    services
        .offsets()
        .store(
            poll.log.incarnation(),
            poll.owner,
            records.lastOffset(),
            (nothing, failure) -> {
              if (failure == null) {
                if (poll.polling != null) {
                  services
                      .groups()
                      .committed(
                          poll.polling.member.group(), poll.partition.id(), records.lastOffset());
                }
                poll.x.reply(reply);
              } else {
                records.release();
                poll.x.refuse(failure);
              }
            });
  }

  /** From the partition's loop. */
  private void onLoopZero(PollUnderWay poll, Records records, Runnable work) {
    int here = services.partitions().owner(poll.log.incarnation());
    if (!services.hops().onLoopZero(here, poll.x, work)) {
      records.release();
    }
  }

  private static Reply.Polled polled(PollUnderWay poll, Records records) {
    return new Reply.Polled(
        poll.partition.id(),
        poll.log.currentOffset(),
        records.count(),
        records.slices(),
        records.heldBytes());
  }

  /** When the log was taken away in between, what the catalog says now counts. */
  private void failed(PollUnderWay poll, LogFailure failure) {
    if (failure.reason() == LogFailure.Reason.CLOSED && !services.partitions().has(poll.log)) {
      int here = services.partitions().owner(poll.log.incarnation());
      poll.rewind();
      services.hops().run(here, poll.x.session.loop(), poll.x, () -> poll(poll.x));
    } else {
      poll.x.refuse(statusOf(failure));
    }
  }

  /** What a stock client learns of a log's failure (iggy-classic.md 7). */
  static int statusOf(LogFailure failure) {
    return switch (failure.reason()) {
      case READ_ONLY -> Status.CANNOT_APPEND_MESSAGE;
      case WRITE_FAILED, NO_SPACE -> Status.CANNOT_SAVE_MESSAGES;
      case READ_FAILED -> Status.CANNOT_READ_FILE;
      case OVERLOADED -> Status.TASK_TIMEOUT;
      case CLOSED -> Status.TOPIC_NOT_FOUND;
      case INVALID -> Status.INVALID_COMMAND;
      case OUT_OF_SEQUENCE -> Status.OUT_OF_SEQUENCE;
      case FENCED -> Status.FENCED;
      case TOO_MANY_PRODUCERS -> Status.TOO_MANY_PRODUCERS;
    };
  }
}

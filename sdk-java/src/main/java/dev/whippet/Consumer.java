package dev.whippet;

import dev.whippet.internal.call.Call;
import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.check.Check;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Replies;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a topic by polling, over the client's one connection.
 *
 * <ul>
 *   <li><b>Within one consumer's life</b> every message of a partition is handed out once, in the
 *       order of offsets, whatever happens to the connection: the position lives here, and a poll
 *       whose answer was lost is asked again from the same position.
 *   <li><b>From one life to the next</b>, starting at {@link Builder#startAtNext}: at least once. A
 *       new consumer of the same name goes on after the last committed message; what was handed out
 *       and not committed is handed out again.
 *   <li><b>Automatic commit</b> (the default) commits a batch when the next {@link #poll} or {@link
 *       #close} begins, that is after the application has dealt with it. With {@link
 *       Builder#commitEvery} or {@link Builder#commitInterval} it does so more rarely: after a
 *       crash as many messages more are handed out again. Manual commit: {@link #commit}.
 *   <li><b>In a group</b> ({@link Builder#group}) the members share the partitions, and the server
 *       holds the position: at least once. A batch that is not committed before its partition moves
 *       to another member is handed out there again; its commit fails then.
 *   <li><b>Idle</b>: between empty polls it waits, from 1 ms doubling up to {@link
 *       Builder#idleInterval}; no spinning.
 *   <li>A partition that ends before this consumer's position was purged or made anew: it is read
 *       from its first message.
 *   <li>Partitions that are added later are found within {@value #LOOK_AGAIN_MILLIS} ms.
 * </ul>
 *
 * <p>One thread at a time; another thread may call {@link #close} to end a poll.
 */
public final class Consumer implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);

  /** A consumer of all partitions asks so often how many there are. */
  private static final int LOOK_AGAIN_MILLIS = 30_000;

  private static final int MESSAGES_MAX = 100_000;

  private static final long NOT_LOOKED = -LOOK_AGAIN_MILLIS;

  private final Builder config;
  private final Connection connection;
  private final Admin admin;
  private final Identifier stream;
  private final Identifier topic;
  private final ConsumerId id;
  private final Clock clock = Clock.SYSTEM;
  private final List<Position> positions = new ArrayList<>();
  private long looked = NOT_LOOKED;
  private int turn;
  private int partitions;
  private long idleMillis = 1;

  /** A poll that outlived the caller's time-out; its answer is taken by the next poll. */
  private Call asked;

  private Position askedOf;

  private volatile boolean closed;

  private Consumer(Builder config) {
    this.config = config;
    this.connection = config.connection;
    this.admin = new Admin(connection, config.defaults.requestTimeoutMillis);
    this.stream = Identifier.named(config.stream);
    this.topic = Identifier.named(config.topic);
    this.id =
        config.group == null
            ? ConsumerId.consumer(Identifier.named(config.name))
            : ConsumerId.group(Identifier.named(config.group));
    this.membership = config.group == null ? null : new Membership(config, connection, admin);
    this.asks =
        config.group == null
            ? positions
            : Collections.singletonList(new Position(-1, PollStrategy.next()));
  }

  /** What {@link #poll} asks for in turns: each partition, or as a member whatever is its own. */
  private final List<Position> asks;

  /** Null unless in a group. */
  private final Membership membership;

  /** Where this consumer stands in one partition. */
  private static final class Position {
    final int partition;
    PollStrategy start;

    /** The next offset; counts once {@link #start} is null. */
    long next;

    /** Offsets of the last message handed out, asked to be committed, known to be; -1: none. */
    long handedOut = -1;

    long committing = -1;
    long committed = -1;
    Call commit;

    /** When it was committed last. */
    long committedMillis;

    /** A reply of more than this many messages was too large to take. */
    int countMax = MESSAGES_MAX;

    Position(int partition, PollStrategy start) {
      this.partition = partition;
      this.start = start;
    }

    PollStrategy strategy() {
      return start == null ? PollStrategy.offset(next) : start;
    }
  }

  /**
   * Waits for messages. May block up to the time-out; a lost connection is waited for within it.
   *
   * @param messagesMax 1 to 100,000
   * @param timeout how long to wait if there is nothing; 0 asks every partition once
   * @param unit of the timeout
   * @return messages of one partition; empty if the time ran out
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the topic or partition does not exist, the user may not read it, or
   *     the client or this consumer is closed
   */
  public Batch poll(int messagesMax, long timeout, TimeUnit unit) throws InterruptedException {
    Check.range("messagesMax", messagesMax, 1, MESSAGES_MAX);
    long deadline = clock.millis() + unit.toMillis(timeout);
    commitHandedOut();
    if (!findPartitions()) {
      return Batch.EMPTY;
    }
    while (true) {
      for (int i = 0; i < partitions; i++) {
        checkOpen();
        long patience = timeout == 0 ? config.defaults.requestTimeoutMillis : left(deadline);
        if (membership != null && asked == null && !membership.join(patience)) {
          return Batch.EMPTY;
        }
        Position position = asked == null ? asks.get(turn % asks.size()) : askedOf;
        Reply reply = ask(position, messagesMax, patience);
        if (reply == null) {
          return Batch.EMPTY;
        }
        turn = (turn + 1) % asks.size();
        if (Membership.isMissing(reply.status())) {
          membership.lost();
          break;
        }
        Batch batch = take(position, reply, messagesMax);
        if (!batch.isEmpty()) {
          idleMillis = 1;
          return batch;
        }
      }
      if (left(deadline) == 0) {
        return Batch.EMPTY;
      }
      idle(deadline);
      if (!findPartitions()) {
        return Batch.EMPTY;
      }
    }
  }

  private long left(long deadline) {
    return Math.max(0, deadline - clock.millis());
  }

  private void checkOpen() {
    if (closed) {
      throw new WhippetException(WhippetException.Code.CLOSED, "the consumer is closed");
    }
  }

  private synchronized void idle(long deadline) throws InterruptedException {
    long wait = Math.min(idleMillis, left(deadline));
    if (!closed && wait > 0) {
      TimeUnit.MILLISECONDS.timedWait(this, wait);
    }
    idleMillis = Math.min(idleMillis * 2, config.idleMillisMax);
  }

  // --- partitions -------------------------------------------------------------------------------

  /** Knows the partitions to read; false if the connection did not answer in time. */
  private boolean findPartitions() {
    checkOpen();
    if (looked != NOT_LOOKED
        && (config.partition >= 0 || clock.millis() - looked < LOOK_AGAIN_MILLIS)) {
      return true;
    }
    int count;
    try {
      int partitions = topic().partitions();
      count = config.partition >= 0 ? 1 : partitions;
    } catch (WhippetException e) {
      if (e.code() == WhippetException.Code.TIMEOUT) {
        return false;
      }
      throw e;
    }
    looked = clock.millis();
    partitions = count;
    if (membership != null) {
      return true;
    }
    for (int i = positions.size(); i < count; i++) {
      positions.add(new Position(Math.max(config.partition, i), config.start));
    }
    while (positions.size() > count) {
      positions.remove(positions.size() - 1);
    }
    return true;
  }

  private Admin.Topic topic() {
    Admin.Topic found = admin.topic(config.stream, config.topic);
    if (found == null && config.defaults.createPartitions > 0) {
      admin.createStream(config.stream);
      found = admin.createTopic(config.stream, config.topic, config.defaults.createPartitions);
    }
    if (found == null || found.partitions() == 0) {
      throw new WhippetException(
          WhippetException.Code.NOT_FOUND,
          "topic "
              + config.stream
              + "/"
              + config.topic
              + (found == null ? " does not exist: create it first" : " has no partitions"));
    }
    return found;
  }

  // --- polling ----------------------------------------------------------------------------------

  /** The answer for a position; null if it did not come in time, then it is taken later. */
  private Reply ask(final Position position, int messagesMax, long patienceMillis)
      throws InterruptedException {
    final int count = Math.min(messagesMax, position.countMax);
    if (asked == null) {
      askedOf = position;
      asked =
          connection.submit(
              "poll of partition " + position.partition,
              new Call.Request() {
                @Override
                public void encode(Buffer out) {
                  Requests.poll(
                      out,
                      id,
                      stream,
                      topic,
                      position.partition,
                      position.strategy(),
                      count,
                      false);
                }
              });
    }
    try {
      Reply reply = connection.poll(asked, patienceMillis);
      if (reply != null) {
        asked = null;
      }
      return reply;
    } catch (Call.RefusedException e) {
      asked = null;
      if (e.refusal().kind() == Refusal.Kind.TOO_LARGE && count > 1) {
        position.countMax = count / 2;
        return null;
      }
      throw WhippetException.of(e.refusal());
    }
  }

  /** As a member: what is known of a partition that the server chose. */
  private Position positionOf(int partition) {
    for (Position position : positions) {
      if (position.partition == partition) {
        return position;
      }
    }
    Position position = new Position(partition, PollStrategy.next());
    positions.add(position);
    return position;
  }

  private Batch take(Position asked, Reply reply, int messagesMax) {
    Position position = asked;
    String what =
        "poll of " + config.stream + "/" + config.topic + ", partition " + position.partition;
    if (!reply.ok()) {
      looked = NOT_LOOKED; // Whatever it was, look at the topic again before the next poll.
      throw WhippetException.of(Refusal.of(reply.status(), what));
    }
    Replies.Polled polled;
    try {
      polled = Replies.polled(reply.payload());
    } catch (ProtocolException e) {
      throw new WhippetException(
          WhippetException.Code.INTERNAL, 0, what + ": " + e.getMessage(), e);
    }
    if (membership != null) {
      if (polled.messages.isEmpty()) {
        return Batch.EMPTY; // Perhaps not even a partition.
      }
      position = positionOf(polled.partitionId);
    }
    List<ReceivedMessage> messages = new ArrayList<>();
    for (Replies.PolledMessage message : polled.messages) {
      boolean old = position.start == null && message.offset < position.next;
      if (!old && messages.size() < messagesMax) {
        messages.add(received(position.partition, message));
      }
    }
    if (!messages.isEmpty()) {
      position.handedOut = messages.get(messages.size() - 1).offset();
      position.next = position.handedOut + 1;
      position.start = null;
    } else if (position.start == PollStrategy.last()) {
      // Empty: whatever comes from now on is newer. "Last" again would skip all but the last.
      position.start = PollStrategy.first();
    } else if (position.start == null && polled.currentOffset < position.next - 1) {
      LOG.warn("{} ends at {}, behind this consumer: read anew", what, polled.currentOffset);
      position.next = 0;
    }
    return messages.isEmpty()
        ? Batch.EMPTY
        : new Batch(position.partition, polled.currentOffset, messages);
  }

  private static ReceivedMessage received(int partition, Replies.PolledMessage from) {
    return new ReceivedMessage(
        partition,
        from.offset,
        new long[] {from.timestampMicros, from.originTimestampMicros},
        new long[] {from.idLow, from.idHigh},
        new byte[][] {from.payload, from.headers});
  }

  // --- commits ----------------------------------------------------------------------------------

  /**
   * Stores, under this consumer's name, that everything up to the end of the batch was dealt with.
   * May block up to the request time-out.
   *
   * @param batch of this consumer; an empty one changes nothing
   * @throws WhippetException if it could not be stored
   */
  public void commit(Batch batch) {
    if (batch.isEmpty()) {
      return;
    }
    int partition = batch.partition();
    long offset = batch.messages().get(batch.size() - 1).offset();
    String what = "commit of offset " + offset + ", partition " + partition;
    Reply reply = await(what, submitCommit(what, partition, offset));
    if (reply.status() == Status.NOT_RESOLVED_CONSUMER || Membership.isMissing(reply.status())) {
      throw new WhippetException(
          WhippetException.Code.REFUSED,
          reply.status(),
          what + ": the partition is another member's now, which gets these messages again",
          null);
    }
    if (!reply.ok()) {
      throw WhippetException.of(Refusal.of(reply.status(), what));
    }
    for (Position position : positions) {
      if (position.partition == partition) {
        position.committed = Math.max(position.committed, offset);
      }
    }
  }

  private Call submitCommit(String what, final int partition, final long offset) {
    return connection.submit(
        what,
        new Call.Request() {
          @Override
          public void encode(Buffer out) {
            Requests.storeOffset(out, id, stream, topic, partition, offset);
          }
        });
  }

  private Reply await(String what, Call call) {
    try {
      return connection.await(call, config.defaults.requestTimeoutMillis);
    } catch (InterruptedException e) {
      throw WhippetException.interrupted(what);
    } catch (Call.RefusedException e) {
      throw WhippetException.of(e.refusal());
    }
  }

  /** Automatic commit: asks for it and does not wait; the poll behind it on the wire is later. */
  private void commitHandedOut() {
    if (!config.autoCommit) {
      return;
    }
    for (Position position : positions) {
      if (position.commit != null && position.commit.isDone()) {
        settle(position, position.commit);
      }
      if (position.commit == null && isDue(position)) {
        position.committedMillis = clock.millis();
        position.committing = position.handedOut;
        position.commit = submitCommit("automatic commit", position.partition, position.committing);
      }
    }
  }

  /** As a member always: the server would hand out the same again. */
  private boolean isDue(Position position) {
    long messages = position.handedOut - position.committed;
    if (messages <= 0 || membership != null || closed) {
      return messages > 0;
    }
    boolean always = config.commitMessages == 0 && config.commitMillis == 0;
    boolean enough = config.commitMessages > 0 && messages >= config.commitMessages;
    boolean late =
        config.commitMillis > 0 && clock.millis() - position.committedMillis >= config.commitMillis;
    return always || enough || late;
  }

  /** Takes the outcome of an automatic commit. A failed one is asked again with the next poll. */
  private void settle(Position position, Call commit) {
    position.commit = null;
    try {
      Reply reply = await("automatic commit", commit);
      if (reply.ok()) {
        position.committed = position.committing;
      } else {
        LOG.warn(
            "Automatic commit of offset {} in partition {} of {}/{}: {}",
            position.committing,
            position.partition,
            config.stream,
            config.topic,
            Status.name(reply.status()));
      }
    } catch (WhippetException e) {
      LOG.warn("Automatic commit: {}", e.getMessage());
    }
  }

  /**
   * Commits what automatic commit still owes (waiting at most the request time-out for each
   * partition) and ends a poll in another thread. A failed last commit is logged: the next life
   * gets those messages again. A second call does nothing.
   */
  @Override
  public void close() {
    synchronized (this) {
      if (closed) {
        return;
      }
      closed = true;
      notifyAll();
    }
    commitHandedOut();
    for (Position position : positions) {
      if (position.commit != null) {
        settle(position, position.commit);
      }
    }
    if (config.autoCommit) {
      commitRest();
    }
    if (membership != null) {
      membership.leave();
    }
  }

  /** What was handed out while an older commit was on its way. */
  private void commitRest() {
    commitHandedOut();
    for (Position position : positions) {
      if (position.commit != null) {
        settle(position, position.commit);
      }
    }
  }

  /** Builds a {@link Consumer}. Every value is checked at once. Not thread-safe. */
  public static final class Builder {
    private final Connection connection;
    final WhippetClient.Defaults defaults;
    final String stream;
    final String topic;
    private String name = "whippet";
    String group;
    private int commitMessages;
    private long commitMillis;
    private int partition = -1;
    private PollStrategy start = PollStrategy.next();
    private boolean autoCommit = true;
    private long idleMillisMax = 250;

    Builder(Connection connection, WhippetClient.Defaults defaults, String stream, String topic) {
      this.connection = connection;
      this.defaults = defaults;
      this.stream = Check.utf8Length("stream", stream, 1, 255);
      this.topic = Check.utf8Length("topic", topic, 1, 255);
    }

    private Builder(Builder from) {
      this(from.connection, from.defaults, from.stream, from.topic);
      name = from.name;
      group = from.group;
      commitMessages = from.commitMessages;
      commitMillis = from.commitMillis;
      partition = from.partition;
      start = from.start;
      autoCommit = from.autoCommit;
      idleMillisMax = from.idleMillisMax;
    }

    /**
     * The name under which commits are stored; "whippet" by default.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder name(String name) {
      this.name = Check.utf8Length("name", name, 1, 255);
      return this;
    }

    /**
     * Reads as a member of a group, which is made when it is missing: the members share the
     * partitions, each message goes to one of them. Members come and go; a client is one member of
     * a group, so open one such consumer for each client. Starts at {@link #startAtNext} always,
     * and is committed under the group's name.
     *
     * @param group 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder group(String group) {
      this.group = Check.utf8Length("group", group, 1, 255);
      return this;
    }

    /**
     * Commits automatically once so many messages of a partition were handed out; by default after
     * each batch. Not for groups.
     *
     * @param messages 1 to 1,000,000,000
     * @return this
     */
    public Builder commitEvery(int messages) {
      commitMessages = (int) Check.range("messages", messages, 1, 1_000_000_000);
      return this;
    }

    /**
     * Commits automatically so often; by default after each batch. With {@link #commitEvery}:
     * whichever comes first. Looked at when a poll begins. Not for groups.
     *
     * @param interval 1 ms to 1 day
     * @param unit of the interval
     * @return this
     */
    public Builder commitInterval(long interval, TimeUnit unit) {
      long millis = Check.notNull("unit", unit).toMillis(interval);
      commitMillis = Check.range("commitInterval in milliseconds", millis, 1, 86_400_000);
      return this;
    }

    /**
     * Reads one partition only; by default all of them, in turns.
     *
     * @param partition 0 to 2,147,483,647
     * @return this
     */
    public Builder partition(int partition) {
      this.partition = (int) Check.range("partition", partition, 0, Integer.MAX_VALUE);
      return this;
    }

    /**
     * Starts after the last commit of this name, or at the first message: the default.
     *
     * @return this
     */
    public Builder startAtNext() {
      start = PollStrategy.next();
      return this;
    }

    /**
     * Starts at the oldest message.
     *
     * @return this
     */
    public Builder startAtFirst() {
      start = PollStrategy.first();
      return this;
    }

    /**
     * Starts near the newest message of each partition: the first poll brings the newest messages,
     * as many as it asks for.
     *
     * @return this
     */
    public Builder startAtLast() {
      start = PollStrategy.last();
      return this;
    }

    /**
     * Starts at an offset, in each partition.
     *
     * @param offset at least 0
     * @return this
     */
    public Builder startAtOffset(long offset) {
      start = PollStrategy.offset(Check.range("offset", offset, 0, Long.MAX_VALUE));
      return this;
    }

    /**
     * Starts at the first message that the server stored at that time or later.
     *
     * @param timestampMicros microseconds since 1970, at least 0
     * @return this
     */
    public Builder startAtTimestamp(long timestampMicros) {
      start =
          PollStrategy.timestampMicros(
              Check.range("timestampMicros", timestampMicros, 0, Long.MAX_VALUE));
      return this;
    }

    /**
     * Whether batches are committed by themselves; true by default.
     *
     * @param autoCommit false: only {@link Consumer#commit} commits
     * @return this
     */
    public Builder autoCommit(boolean autoCommit) {
      this.autoCommit = autoCommit;
      return this;
    }

    /**
     * The longest pause between two empty polls; 250 ms by default.
     *
     * @param interval 1 ms to 1 hour
     * @param unit of the interval
     * @return this
     */
    public Builder idleInterval(long interval, TimeUnit unit) {
      long millis = Check.notNull("unit", unit).toMillis(interval);
      idleMillisMax = Check.range("idleInterval in milliseconds", millis, 1, 3_600_000);
      return this;
    }

    /**
     * Makes the consumer; does not block, does not ask the server.
     *
     * @return a consumer at its start
     * @throws IllegalArgumentException if two values contradict
     */
    public Consumer open() {
      boolean rarely = commitMessages > 0 || commitMillis > 0;
      if (group != null && (partition >= 0 || start != PollStrategy.next() || rarely)) {
        throw new IllegalArgumentException(
            "group "
                + group
                + ": the server chooses the partitions and holds the position; leave out partition,"
                + " start, commitEvery and commitInterval");
      }
      if (rarely && !autoCommit) {
        throw new IllegalArgumentException("commitEvery and commitInterval need autoCommit(true)");
      }
      return new Consumer(new Builder(this));
    }
  }
}

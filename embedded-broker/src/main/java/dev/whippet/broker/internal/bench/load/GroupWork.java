package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.ReplyHead;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;
import okio.Buffer;

/**
 * A member of a consumer group: the server chooses the partition of each poll and stores the
 * offset. Its warm-up only joins, because what a group has read it does not read again.
 */
final class GroupWork implements Work {

  private static final int RECORD_HEADER_BYTES = 64;
  private static final int POLL_HEAD_BYTES = 16;

  private final LoadPlan plan;
  private final Place place;
  private final Identifier group;
  private final AtomicLong remaining;
  private volatile BenchConnection connection;

  /**
   * @param remaining messages that the group has still to read, shared by its members: who gets how
   *     many is the server's choice
   */
  GroupWork(LoadPlan plan, Place place, String group, AtomicLong remaining) {
    this.plan = plan;
    this.place = place;
    this.group = Identifier.named(group);
    this.remaining = remaining;
  }

  @Override
  public void open() throws BenchException {
    connection = BenchConnection.open(plan.target(), BenchConnection.BULK_BYTES);
    Buffer request = new Buffer();
    Requests.joinGroup(
        request, Identifier.named(place.stream()), Identifier.named(place.topic()), group);
    connection.ask(request, "joining a consumer group");
  }

  @Override
  public void request(Tally tally) throws IOException, BenchException {
    Buffer request = new Buffer();
    Requests.poll(
        request,
        ConsumerId.group(group),
        Identifier.named(place.stream()),
        Identifier.named(place.topic()),
        Place.BALANCED,
        PollStrategy.next(),
        plan.messagesPerBatch().max(),
        true);
    connection.send(request);
    ReplyHead reply = connection.receive();
    if (reply.status() != Status.OK) {
      throw new BenchException(
          plan.target() + " answered " + Status.name(reply.status()) + " to a group's poll");
    }
    tally.messages = reply.polledCount();
    remaining.addAndGet(-tally.messages);
    tally.bytes =
        tally.messages == 0
            ? 0
            : reply.length() - POLL_HEAD_BYTES - (long) tally.messages * RECORD_HEADER_BYTES;
  }

  @Override
  public boolean isDone() {
    return remaining.get() <= 0;
  }

  @Override
  public void close() {
    BenchConnection open = connection;
    if (open != null) {
      open.close();
    }
  }
}

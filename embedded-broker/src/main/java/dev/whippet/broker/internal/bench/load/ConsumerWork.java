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
import okio.Buffer;

/**
 * Polls one partition by offset and checks that no offset is left out, reading nothing of the
 * messages but the first header.
 *
 * <p>During warm-up, and when only a time ends it, it reads what there is, again and again.
 * Measuring starts at offset 0, or, when it runs together with producers, behind what their warm-up
 * left.
 */
final class ConsumerWork implements Work {

  private static final int RECORD_HEADER_BYTES = 64;
  private static final int POLL_HEAD_BYTES = 16;

  private final LoadPlan plan;
  private final Place place;
  private final Identifier name;
  private final boolean follows;
  private final boolean fromOrigin;
  private volatile BenchConnection connection;
  private long nextOffset;
  private boolean measuring;

  /**
   * @param follows whether producers write at the same time
   * @param fromOrigin whether latency counts from the time the first message of a poll was sent
   */
  ConsumerWork(LoadPlan plan, Place place, int id, boolean follows, boolean fromOrigin) {
    this.plan = plan;
    this.place = place;
    this.name = Identifier.numeric(id);
    this.follows = follows;
    this.fromOrigin = fromOrigin;
  }

  @Override
  public void open() throws BenchException {
    connection = BenchConnection.open(plan.target(), BenchConnection.BULK_BYTES);
  }

  @Override
  public void begin() throws IOException, BenchException {
    measuring = true;
    nextOffset = 0;
    if (follows) {
      ReplyHead reply = poll(PollStrategy.last(), 1);
      nextOffset = reply.polledCount() == 0 ? 0 : reply.firstOffset() + 1;
    }
  }

  @Override
  public void request(Tally tally) throws IOException, BenchException {
    ReplyHead reply = poll(PollStrategy.offset(nextOffset), plan.messagesPerBatch().max());
    tally.messages = reply.polledCount();
    if (tally.messages == 0) {
      boolean again = !measuring || !follows && plan.volume().batches() == Long.MAX_VALUE;
      nextOffset = again ? 0 : nextOffset;
      return;
    }
    if (reply.firstOffset() != nextOffset) {
      throw new BenchException(
          place + ": polled offset " + nextOffset + ", got offset " + reply.firstOffset());
    }
    nextOffset += tally.messages;
    tally.bytes = reply.length() - POLL_HEAD_BYTES - (long) tally.messages * RECORD_HEADER_BYTES;
    if (fromOrigin) {
      tally.latencyNanos = (WallClock.micros() - reply.firstOriginMicros()) * 1000;
    }
  }

  private ReplyHead poll(PollStrategy strategy, int count) throws IOException, BenchException {
    Buffer request = new Buffer();
    Requests.poll(
        request,
        ConsumerId.consumer(name),
        Identifier.named(place.stream()),
        Identifier.named(place.topic()),
        place.partition(),
        strategy,
        count,
        false);
    connection.send(request);
    ReplyHead reply = connection.receive();
    if (reply.status() != Status.OK) {
      throw new BenchException(
          plan.target() + " answered " + Status.name(reply.status()) + " to a poll of " + place);
    }
    return reply;
  }

  @Override
  public void close() {
    BenchConnection open = connection;
    if (open != null) {
      open.close();
    }
  }
}

package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BatchSource;
import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Frame;
import dev.whippet.broker.internal.bench.client.ReplyHead;
import dev.whippet.internal.wire.Status;
import java.io.IOException;

/** Sends one prepared batch and waits for its acknowledgement. */
final class ProducerWork implements Work {

  private final LoadPlan plan;
  private final Place place;
  private final boolean stamped;
  private volatile BenchConnection connection;
  private BatchSource batches;

  /**
   * @param stamped whether each batch carries the time it was sent, for consumers that measure from
   *     there
   */
  ProducerWork(LoadPlan plan, Place place, boolean stamped) {
    this.plan = plan;
    this.place = place;
    this.stamped = stamped;
  }

  @Override
  public void open() throws BenchException {
    connection = BenchConnection.open(plan.target(), BenchConnection.SMALL_BYTES);
    batches =
        new BatchSource(
            connection,
            place.stream(),
            place.topic(),
            place.partition(),
            plan.messagesPerBatch(),
            plan.messageBytes());
  }

  @Override
  public void request(Tally tally) throws IOException, BenchException {
    Frame frame = batches.next();
    if (stamped) {
      batches.stamp(WallClock.micros());
    }
    connection.send(frame);
    ReplyHead reply = connection.receive();
    if (reply.status() != Status.OK) {
      throw new BenchException(
          plan.target() + " answered " + Status.name(reply.status()) + " to a send to " + place);
    }
    tally.messages = batches.messages();
    tally.bytes = batches.payloadBytes();
  }

  @Override
  public void close() {
    BenchConnection open = connection;
    if (open != null) {
      open.close();
    }
  }
}

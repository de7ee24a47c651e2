package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchException;
import java.io.IOException;
import java.util.concurrent.locks.LockSupport;

/** Sends a batch and polls until all of it has come back: one request here is both. */
final class EndToEndWork implements Work {

  private static final long EMPTY_POLL_PAUSE_NANOS = 50_000;

  private final ProducerWork producer;
  private final ConsumerWork consumer;
  private volatile boolean closed;

  EndToEndWork(ProducerWork producer, ConsumerWork consumer) {
    this.producer = producer;
    this.consumer = consumer;
  }

  @Override
  public void open() throws BenchException {
    producer.open();
    consumer.open();
    try {
      consumer.begin();
    } catch (IOException e) {
      throw new BenchException("the first poll failed: " + e.getMessage(), e);
    }
  }

  @Override
  public void request(Tally tally) throws IOException, BenchException {
    producer.request(tally);
    int sent = tally.messages;
    long bytes = tally.bytes;
    int received = 0;
    while (received < sent && !closed) {
      consumer.request(tally);
      received += tally.messages;
      if (tally.messages == 0) {
        LockSupport.parkNanos(EMPTY_POLL_PAUSE_NANOS);
      }
    }
    tally.messages = sent;
    tally.bytes = bytes;
  }

  @Override
  public void close() {
    closed = true;
    producer.close();
    consumer.close();
  }
}

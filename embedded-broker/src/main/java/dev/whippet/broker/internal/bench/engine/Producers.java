package dev.whippet.broker.internal.bench.engine;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogFailure;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Producers on the log's own loop, each with one batch outstanding: the next one is made and
 * appended as soon as the last one is acknowledged. A batch's latency counts from its append.
 *
 * <pre>
 *   warm-up, not counted ---- counted ---- the last ones end
 * </pre>
 */
final class Producers {
  private final EngineLoop engine;
  private final List<PartitionLog> partitions;
  private final int producers;
  private final int messages;
  private final int payloadBytes;
  private boolean retaining;

  private Latencies latencies = new Latencies();
  private long counting;
  private long until;
  private int outstanding;
  private CompletableFuture<Latencies> done;

  /**
   * @param messages of a batch
   * @param payloadBytes of a message
   */
  Producers(
      EngineLoop engine,
      List<PartitionLog> partitions,
      int producers,
      int messages,
      int payloadBytes) {
    this.engine = engine;
    this.partitions = partitions;
    this.producers = producers;
    this.messages = messages;
    this.payloadBytes = payloadBytes;
  }

  /** From now on old segments go, and come back as new ones. Before it runs. */
  Producers retaining() {
    retaining = true;
    return this;
  }

  /**
   * Blocks until both times are over; latencies of what was appended in the second one, not none.
   */
  Latencies run(double warmSeconds, double seconds) throws IOException {
    return engine.await(
        ended -> {
          done = ended;
          latencies = new Latencies();
          counting = System.nanoTime() + (long) (warmSeconds * 1e9);
          until = counting + (long) (seconds * 1e9);
          for (int i = 0; i < producers; i++) {
            outstanding++;
            append(partitions.get(i % partitions.size()));
          }
        });
  }

  private void append(PartitionLog partition) {
    ByteBuf batch = engine.batch(messages, payloadBytes);
    long start = System.nanoTime();
    partition.append(
        batch, messages, 1, (offset, failure) -> acknowledged(partition, start, failure));
  }

  private void acknowledged(PartitionLog partition, long start, LogFailure failure) {
    long now = System.nanoTime();
    if (start >= counting) {
      latencies.record(now - start);
    }
    if (retaining) {
      EngineLoop.retain(partition);
    }
    if (failure != null) {
      done.completeExceptionally(new IOException(failure.toString()));
    } else if (now < until || latencies.count() == 0) {
      append(partition);
    } else if (--outstanding == 0) {
      done.complete(latencies);
    }
  }

  /** Of a batch, as the wire carries it. */
  int bytes() {
    return EngineLoop.bytes(messages, payloadBytes);
  }
}

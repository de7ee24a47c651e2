package dev.whippet.broker.internal.bench.engine;

import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogFailure;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * One message to each of many partitions at once; the next round begins when all are acknowledged.
 * Owner: the loop.
 */
final class Rounds {
  private final EngineLoop engine;
  private final List<PartitionLog> partitions;
  private final int payloadBytes;
  private CompletableFuture<Double> done;
  private long begun;
  private long until;
  private long messages;
  private int outstanding;

  Rounds(EngineLoop engine, List<PartitionLog> partitions, int payloadBytes) {
    this.engine = engine;
    this.partitions = partitions;
    this.payloadBytes = payloadBytes;
  }

  /** Blocks for about so long, at least one round; messages a second. */
  double run(double seconds) throws IOException {
    return engine.await(
        ended -> {
          done = ended;
          messages = 0;
          begun = System.nanoTime();
          until = begun + (long) (seconds * 1e9);
          round();
        });
  }

  private void round() {
    outstanding = partitions.size();
    for (PartitionLog partition : partitions) {
      partition.append(
          engine.batch(1, payloadBytes), 1, 1, (offset, failure) -> acknowledged(failure));
    }
  }

  private void acknowledged(LogFailure failure) {
    if (failure != null) {
      done.completeExceptionally(new IOException(failure.toString()));
      return;
    }
    messages++;
    if (--outstanding > 0) {
      return;
    }
    long now = System.nanoTime();
    if (now < until) {
      round();
    } else {
      done.complete(messages * 1e9 / (now - begun));
    }
  }
}

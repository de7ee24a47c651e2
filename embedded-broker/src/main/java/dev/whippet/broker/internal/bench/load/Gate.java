package dev.whippet.broker.internal.bench.load;

import java.io.IOException;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;

/**
 * Brings the actors of a run together, and ends the run for all: when one fails, when the user
 * interrupts, when nothing moves any more. Any thread.
 */
final class Gate {

  /** Told when measuring starts, by the last actor to arrive, before any goes on. */
  interface StartListener {
    void starting() throws IOException;
  }

  private final CyclicBarrier warm;
  private final CyclicBarrier ready;
  private volatile long startNanos;
  private volatile String failure;
  private volatile boolean over;

  Gate(int actors, StartListener listener) {
    this.warm = new CyclicBarrier(actors);
    this.ready =
        new CyclicBarrier(
            actors,
            () -> {
              try {
                listener.starting();
              } catch (IOException e) {
                fail("the machine's counters can't be read: " + e);
              }
              startNanos = System.nanoTime();
            });
  }

  /** Waits until all have warmed up. */
  void awaitAll() throws InterruptedException {
    await(warm);
  }

  /** Waits until all are ready; when measuring started. */
  long awaitStart() throws InterruptedException {
    await(ready);
    return startNanos;
  }

  private static void await(CyclicBarrier barrier) throws InterruptedException {
    try {
      barrier.await();
    } catch (BrokenBarrierException e) {
      throw new InterruptedException("the run is over");
    }
  }

  /** Ends the run as failed, unless it is over already. */
  synchronized void fail(String reason) {
    if (!over) {
      failure = reason;
    }
    stop();
  }

  /** Ends the run. */
  synchronized void stop() {
    over = true;
    warm.reset();
    ready.reset();
  }

  boolean isOver() {
    return over;
  }

  /** Why it failed, null = it did not. */
  String failure() {
    return failure;
  }

  /** When measuring started, 0 = not yet. */
  long startNanos() {
    return startNanos;
  }
}

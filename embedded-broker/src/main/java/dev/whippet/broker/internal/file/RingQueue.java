package dev.whippet.broker.internal.file;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The file operations of one loop that are in the kernel, by slot, and those that wait for a slot,
 * in order. Owned by the loop.
 *
 * <p>An operation that the kernel answers with EINTR or EAGAIN did nothing: it is submitted again,
 * at most {@value #RETRIES_MAX} times, but for a CLOSE: its descriptor is gone either way. Any
 * other error, ECANCELED among them, is the result.
 *
 * <p>Limits: {@value #SLOTS} operations in the kernel, so that their completions fit the completion
 * queue (4096) beside those of the sockets. What waits is bounded by its callers (one commit per
 * log, one read per request).
 */
final class RingQueue {
  static final int SLOTS = 1024;
  static final int RETRIES_MAX = 1000;
  private static final long RETRY_DELAY_MILLIS = 1;

  private final EventLoop loop;
  private final RingOperation[] underWay = new RingOperation[SLOTS + 1];
  private final int[] free = new int[SLOTS];
  private final ArrayDeque<RingOperation> waiting = new ArrayDeque<>();
  private Ring ring;
  private int freeCount;
  private int open;

  RingQueue(EventLoop loop) {
    this.loop = loop;
    for (int slot = SLOTS; slot >= 1; slot--) {
      free[freeCount++] = slot; // from 1: 0 marks "not submitted" in Netty
    }
  }

  void connect(Ring ring) {
    this.ring = ring;
  }

  /** Operations taken and not finished. */
  int open() {
    return open;
  }

  void start(RingOperation operation) {
    assert loop.inEventLoop();
    open++;
    enqueue(operation);
  }

  private void enqueue(RingOperation operation) {
    if (freeCount == 0) {
      waiting.add(operation);
      return;
    }
    int slot = free[--freeCount];
    underWay[slot] = operation;
    if (!ring.submit(slot, operation)) {
      completed(slot, -Errno.ECANCELED);
    }
  }

  /** The kernel's answer to what was submitted under {@code slot}. */
  void completed(int slot, int result) {
    RingOperation operation = underWay[slot];
    if (operation == null) {
      throw new IllegalStateException("completion for idle slot " + slot + ": " + result);
    }
    underWay[slot] = null;
    free[freeCount++] = slot;
    if (passing(result) && operation.repeatable() && operation.retries < RETRIES_MAX) {
      operation.retries++;
      retry(operation, result);
    } else {
      open--;
      operation.finish(result);
    }
    RingOperation next = freeCount > 0 ? waiting.poll() : null;
    if (next != null) {
      enqueue(next);
    }
  }

  private void retry(RingOperation operation, int result) {
    if (result == -Errno.EINTR) {
      enqueue(operation);
    } else {
      loop.schedule(() -> enqueue(operation), RETRY_DELAY_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  private static boolean passing(int result) {
    return result == -Errno.EINTR || result == -Errno.EAGAIN;
  }

  void close() {
    ring.close();
  }
}

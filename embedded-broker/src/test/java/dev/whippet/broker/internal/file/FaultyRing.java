package dev.whippet.broker.internal.file;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Stands between {@link RingQueue} and the loop's ring and does to the next WRITE or READ what it
 * is told: results are errors of the kernel's that never reached it, or a count by which the
 * operation is really cut short.
 */
final class FaultyRing implements Ring {
  private final Ring real;
  private final RingQueue queue;
  private final EventLoop loop;
  final ArrayDeque<Integer> faults = new ArrayDeque<>();
  final List<Integer> lengths = new ArrayList<>();

  FaultyRing(Ring real, RingQueue queue, EventLoop loop) {
    this.real = real;
    this.queue = queue;
    this.loop = loop;
  }

  @Override
  public boolean submit(int slot, RingOperation operation) {
    boolean data =
        operation.opcode == RingOperation.WRITE || operation.opcode == RingOperation.READ;
    if (!data) {
      return real.submit(slot, operation);
    }
    lengths.add(operation.length);
    Integer fault = faults.poll();
    if (fault == null) {
      return real.submit(slot, operation);
    }
    if (fault <= 0) {
      loop.execute(() -> queue.completed(slot, fault));
      return true;
    }
    return real.submit(slot, operation.shortened(fault));
  }

  @Override
  public void close() {
    real.close();
  }
}

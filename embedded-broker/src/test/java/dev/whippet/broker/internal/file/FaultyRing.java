package dev.whippet.broker.internal.file;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * Stands between {@link RingQueue} and the loop's ring and does to the next WRITE or READ, or the
 * next of the others, what it is told: results are errors of the kernel's that never reached it, or
 * a count by which the operation is really cut short. It can hold everything back.
 */
final class FaultyRing implements Ring {
  private final Ring real;
  private final RingQueue queue;
  private final EventLoop loop;
  final ArrayDeque<Integer> faults = new ArrayDeque<>();
  final ArrayDeque<Integer> otherFaults = new ArrayDeque<>();
  final List<Integer> lengths = new ArrayList<>();

  private List<Runnable> stalled;

  FaultyRing(Ring real, RingQueue queue, EventLoop loop) {
    this.real = real;
    this.queue = queue;
    this.loop = loop;
  }

  /** Nothing reaches the kernel until {@link #resume}. On the loop. */
  void stall() {
    stalled = new ArrayList<>();
  }

  void resume() {
    List<Runnable> held = stalled;
    stalled = null;
    held.forEach(Runnable::run);
  }

  @Override
  public boolean submit(int slot, RingOperation operation) {
    if (stalled != null) {
      stalled.add(() -> submit(slot, operation));
      return true;
    }
    boolean data =
        operation.opcode == RingOperation.WRITE || operation.opcode == RingOperation.READ;
    if (!data) {
      Integer fault = otherFaults.poll();
      if (fault != null) {
        loop.execute(() -> queue.completed(slot, fault));
      }
      return fault != null || real.submit(slot, operation);
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

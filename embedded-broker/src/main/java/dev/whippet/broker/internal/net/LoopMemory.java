package dev.whippet.broker.internal.net;

import java.util.ArrayDeque;

/**
 * The memory that requests being received, requests under way and replies being written may hold on
 * one loop. Owned by the loop; the figures are readable from any thread.
 *
 * <p>A request takes its bytes when its length is known, before memory is allocated. What does not
 * fit waits, in order, with its connection's reading off; when nothing is held, anything fits, so
 * that one request larger than the bound cannot stop the loop for ever. Replies and bytes that have
 * already arrived are counted without asking: they keep others from starting.
 */
public final class LoopMemory {
  private final long bytesMax;
  private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
  private boolean waking;
  private volatile long heldBytes;
  private volatile long peakBytes;

  LoopMemory(long bytesMax) {
    this.bytesMax = bytesMax;
  }

  /** The bound. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Held now. */
  public long heldBytes() {
    return heldBytes;
  }

  /** The most that was ever held. */
  public long peakBytes() {
    return peakBytes;
  }

  /** Takes {@code bytes} if they fit. */
  boolean tryTake(long bytes) {
    if (heldBytes > 0 && heldBytes + bytes > bytesMax) {
      return false;
    }
    take(bytes);
    return true;
  }

  /** Counts what exists already. */
  void take(long bytes) {
    set(heldBytes + bytes);
  }

  void give(long bytes) {
    set(heldBytes - bytes);
    if (heldBytes < 0) {
      throw new IllegalStateException("gave back more than was taken: " + heldBytes);
    }
    if (waking) {
      return; // called by what is being woken: the loop below goes on
    }
    waking = true;
    // One at a time: each takes what it waited for, or waits again at the end.
    for (int turns = waiting.size(); turns > 0 && heldBytes < bytesMax; turns--) {
      waiting.remove().run();
    }
    waking = false;
  }

  /** Runs {@code retry} once, when memory was given back. */
  void await(Runnable retry) {
    waiting.add(retry);
  }

  private void set(long bytes) {
    heldBytes = bytes;
    if (bytes > peakBytes) {
      peakBytes = bytes;
    }
  }
}

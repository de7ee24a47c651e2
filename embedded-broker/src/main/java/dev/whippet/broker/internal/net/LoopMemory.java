package dev.whippet.broker.internal.net;

import java.util.ArrayDeque;

/**
 * The memory that requests may hold on one loop, from when their length is known until they are
 * answered. Owned by the loop; the figures are readable from any thread.
 *
 * <pre>
 *   0                                    3/4                bytesMax
 *   |  all requests                       | up to 64 KiB only |
 * </pre>
 *
 * <p>A request takes its bytes before memory is allocated. What does not fit waits, in order, with
 * its connection's reading off. Small ones have a share of their own, so that a few senders of
 * large ones that are slow do not hold up the rest; one that exceeds the large share altogether is
 * let through when nothing but small ones is held.
 *
 * <p>Bytes that had arrived when their connection's reading was turned off are counted apart, with
 * the same bound: they wait for room and must not take it.
 */
public final class LoopMemory {
  private static final int SMALL_BYTES_MAX = 64 << 10;
  private static final int SMALL_SHARE = 4;

  private final long bytesMax;
  private final long largeBytesMax;
  private final ArrayDeque<Waiter> small = new ArrayDeque<>();
  private final ArrayDeque<Waiter> large = new ArrayDeque<>();
  private boolean waking;
  private volatile long heldBytes;
  private volatile long arrivedBytes;
  private volatile long peakBytes;

  LoopMemory(long bytesMax) {
    this.bytesMax = bytesMax;
    this.largeBytesMax = bytesMax - bytesMax / SMALL_SHARE;
  }

  /** The bound of what requests hold, and again of what arrived for those that wait. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Held by requests now. */
  public long heldBytes() {
    return heldBytes;
  }

  /** Arrived and waiting to become requests. */
  public long arrivedBytes() {
    return arrivedBytes;
  }

  /** The most that both ever were together. */
  public long peakBytes() {
    return peakBytes;
  }

  /** Takes {@code bytes} if they fit and nobody waits for the same. */
  boolean tryTake(long bytes) {
    if (!queue(bytes).isEmpty() || !fits(bytes)) {
      return false;
    }
    set(heldBytes + bytes);
    return true;
  }

  /** Runs {@code taken} once {@code bytes} are taken for it, when others gave theirs back. */
  void await(long bytes, Runnable taken) {
    queue(bytes).add(new Waiter(bytes, taken));
  }

  void give(long bytes) {
    if (bytes > heldBytes) {
      throw new IllegalStateException("gives back " + bytes + " of " + heldBytes);
    }
    set(heldBytes - bytes);
    if (waking) {
      return; // called by what is being woken: the loops below go on
    }
    waking = true;
    try {
      wake(small);
      wake(large);
    } finally {
      waking = false;
    }
  }

  /**
   * Counts bytes that arrived for a request that waits; false when they are too many, with half the
   * bound for those that are {@code dispensable}.
   */
  boolean tryHold(long bytes, boolean dispensable) {
    if (arrivedBytes + bytes > (dispensable ? bytesMax / 2 : bytesMax)) {
      return false;
    }
    arrivedBytes += bytes;
    set(heldBytes);
    return true;
  }

  void dropHeld(long bytes) {
    arrivedBytes -= bytes;
  }

  private void wake(ArrayDeque<Waiter> queue) {
    Waiter first;
    while ((first = queue.peek()) != null && fits(first.bytes)) {
      queue.remove();
      set(heldBytes + first.bytes);
      first.taken.run();
    }
  }

  private boolean fits(long bytes) {
    long max = bytes <= SMALL_BYTES_MAX ? bytesMax : largeBytesMax;
    return heldBytes + bytes <= max || bytes > max && heldBytes <= bytesMax - largeBytesMax;
  }

  private ArrayDeque<Waiter> queue(long bytes) {
    return bytes <= SMALL_BYTES_MAX ? small : large;
  }

  private void set(long bytes) {
    heldBytes = bytes;
    if (bytes + arrivedBytes > peakBytes) {
      peakBytes = bytes + arrivedBytes;
    }
  }

  private record Waiter(long bytes, Runnable taken) {}
}

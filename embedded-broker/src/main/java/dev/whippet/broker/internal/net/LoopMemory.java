package dev.whippet.broker.internal.net;

import java.util.ArrayDeque;

/**
 * The one budget of a loop for everything in flight: requests from when their length is known until
 * they are answered, replies from before they are made until the peer has them, what arrived and
 * waits, and, as far as those leave room, what the log keeps for readers. Owned by the loop; the
 * figures are readable from any thread.
 *
 * <pre>
 *   0            3/10        2/5                 4/5        bytesMax
 *   | large requests          |                   |           |
 *   | small requests (up to 64 KiB), too          |           |
 *                             | arrived, waits    |           |
 *                                                 | replies   |
 *   | spare: newest commits and pieces of segments; whatever is free of all, the first to go
 * </pre>
 *
 * Of a budget above 320 MiB requests and what arrived get 128 MiB each, replies 64 MiB: what more
 * there is serves readers.
 *
 * <p>A request takes its bytes before memory is allocated. What does not fit waits, in order, with
 * its connection's reading off. Small ones have a share of their own, so that a few senders of
 * large ones that are slow do not hold up the rest; one that exceeds the large share altogether is
 * let through when nothing but small ones is held, and takes nothing of their share. Bytes that had
 * arrived when their connection's reading was turned off are counted apart: they wait for room and
 * must not take it.
 *
 * <p>A reply with records is granted its size before it is read from the log: a part of what is
 * free, so that one that never reads does not get it all. When nothing is free, it waits, peers
 * that take nothing are closed sooner, and grants are small ({@link #isShort}).
 */
public final class LoopMemory {
  /** Of a larger budget, requests and replies take this much; the rest is spare memory. */
  private static final long REQUESTS_BYTES_MAX = 128 << 20;

  private static final long REPLIES_BYTES_MAX = 64 << 20;
  private static final int SMALL_BYTES_MAX = 64 << 10;
  private static final int SMALL_SHARE = 4;

  /** A reply is granted this part of what is free for replies. */
  private static final int GRANT_SHARE = 4;

  /** Grants below this are not worth a read of the disk; unless the budget is as small. */
  private static final long GRANT_BYTES_MIN = 64 << 10;

  /** Memory that nothing depends on. */
  public interface Spare {
    /** What it holds now. */
    long bytes();

    /** Gives up that much, if it holds so much. */
    void shrinkBy(long bytes);
  }

  private final long bytesMax;
  private final long requestsBytesMax;
  private final long largeBytesMax;
  private final long repliesBytesMax;
  private final long grantBytesMin;
  private final ArrayDeque<Waiter> small = new ArrayDeque<>();
  private final ArrayDeque<Waiter> large = new ArrayDeque<>();
  private final ArrayDeque<Waiter> replies = new ArrayDeque<>();
  private Spare spare;
  private Runnable whenShort = () -> {};
  private boolean waking;
  private long smallBytes;
  private volatile long requestsBytes;
  private volatile long repliesBytes;
  private volatile long arrivedBytes;
  private volatile long peakBytes;
  private volatile long repliesBytesPeak;

  LoopMemory(long bytesMax) {
    this.bytesMax = bytesMax;
    this.requestsBytesMax = Math.min(REQUESTS_BYTES_MAX, bytesMax / 5 * 2);
    this.largeBytesMax = requestsBytesMax - requestsBytesMax / SMALL_SHARE;
    this.repliesBytesMax = Math.min(REPLIES_BYTES_MAX, bytesMax / 5);
    this.grantBytesMin = Math.min(GRANT_BYTES_MIN, repliesBytesMax / GRANT_SHARE);
  }

  /** The bound of all. */
  public long bytesMax() {
    return bytesMax;
  }

  /** Held by requests now. */
  public long requestsBytes() {
    return requestsBytes;
  }

  /** Held by replies: granted, or not taken by their peer yet. */
  public long repliesBytes() {
    return repliesBytes;
  }

  /** Arrived and waiting to become requests. */
  public long arrivedBytes() {
    return arrivedBytes;
  }

  /** True while a large request waits for memory. Owner loop. */
  boolean isContended() {
    return !large.isEmpty();
  }

  /** The most that requests, replies and what arrived ever were together. */
  public long peakBytes() {
    return peakBytes;
  }

  /** The most that replies ever held. */
  public long repliesBytesPeak() {
    return repliesBytesPeak;
  }

  /** What is left for spare memory. */
  public long spareBytesMax() {
    return bytesMax - requestsBytes - repliesBytes - arrivedBytes;
  }

  /** Who gives way to all others. Before the loop serves. */
  public void shareWith(Spare other) {
    spare = other;
  }

  /** Runs {@code action} when a reply has to wait. */
  void whenShort(Runnable action) {
    whenShort = action;
  }

  /** True while a reply waits for others to be taken. */
  public boolean isShort() {
    return !replies.isEmpty();
  }

  // --- requests ---------------------------------------------------------------------------------

  /** Takes {@code bytes} if they fit and nobody waits for the same. */
  public boolean tryTake(long bytes) {
    if (!queue(bytes).isEmpty() || !fits(bytes)) {
      return false;
    }
    holdRequest(bytes);
    return true;
  }

  /** Runs {@code taken} once {@code bytes} are taken for it, when others gave theirs back. */
  public void await(long bytes, Runnable taken) {
    queue(bytes).add(new Waiter(bytes, taken));
  }

  /** They are free again. */
  public void give(long bytes) {
    if (bytes > requestsBytes) {
      throw new IllegalStateException("gives back " + bytes + " of " + requestsBytes);
    }
    holdRequest(-bytes);
    wake();
  }

  private boolean fits(long bytes) {
    long smallShare = requestsBytesMax - largeBytesMax;
    if (bytes <= SMALL_BYTES_MAX) {
      return requestsBytes + bytes <= requestsBytesMax || smallBytes + bytes <= smallShare;
    }
    return requestsBytes + bytes <= largeBytesMax
        || bytes > largeBytesMax && requestsBytes <= smallShare;
  }

  private ArrayDeque<Waiter> queue(long bytes) {
    return bytes <= SMALL_BYTES_MAX ? small : large;
  }

  // --- replies ----------------------------------------------------------------------------------

  /** Takes memory for a reply of unknown size, and says how much; 0 when there is none now. */
  public long tryGrant() {
    long bytes = replies.isEmpty() || waking ? grant() : 0;
    holdReply(bytes);
    return bytes;
  }

  private long grant() {
    long free = repliesBytesMax - repliesBytes;
    long bytes = isShort() ? grantBytesMin : Math.max(free / GRANT_SHARE, grantBytesMin);
    return bytes <= free ? bytes : 0;
  }

  /** Runs {@code action} when {@link #tryGrant} may succeed. */
  public void awaitGrant(Runnable action) {
    addWaiting(new Waiter(0, action));
  }

  /** Runs {@code taken} once {@code bytes} are taken for one reply, at once if they are there. */
  public void takeReply(long bytes, Runnable taken) {
    if (replies.isEmpty() && fitsReply(bytes)) {
      holdReply(bytes);
      taken.run();
    } else {
      addWaiting(new Waiter(bytes, taken));
    }
  }

  private void addWaiting(Waiter reply) {
    replies.add(reply);
    if (replies.size() == 1) {
      whenShort.run();
    }
  }

  private boolean fitsReply(long bytes) {
    return repliesBytes + bytes <= repliesBytesMax || repliesBytes == 0;
  }

  /** Counts {@code bytes} more of a reply that is there already. */
  public void addReply(long bytes) {
    holdReply(bytes);
  }

  /** The peer has them, or they were never used. */
  public void giveReply(long bytes) {
    if (bytes > repliesBytes) {
      throw new IllegalStateException("gives back " + bytes + " of " + repliesBytes);
    }
    holdReply(-bytes);
    wake();
  }

  private void holdReply(long bytes) {
    repliesBytes += bytes;
    repliesBytesPeak = Math.max(repliesBytesPeak, repliesBytes);
    changed(bytes);
  }

  // --- what arrived -----------------------------------------------------------------------------

  /**
   * Counts bytes that arrived for a request that waits; false when they are too many, with half the
   * bound for those that are {@code dispensable}.
   */
  public boolean tryHold(long bytes, boolean dispensable) {
    long max = requestsBytesMax;
    if (arrivedBytes + bytes > (dispensable ? max / 2 : max)) {
      return false;
    }
    arrivedBytes += bytes;
    changed(bytes);
    return true;
  }

  /** They became a request, or are of no use any more. */
  public void dropHeld(long bytes) {
    arrivedBytes -= bytes;
  }

  // --- steps ------------------------------------------------------------------------------------

  /** Of one request: takes its bytes, or gives them back when negative. */
  private void holdRequest(long bytes) {
    requestsBytes += bytes;
    smallBytes += Math.abs(bytes) <= SMALL_BYTES_MAX ? bytes : 0;
    changed(bytes);
  }

  private void changed(long bytes) {
    if (bytes <= 0) {
      return;
    }
    peakBytes = Math.max(peakBytes, bytesMax - spareBytesMax());
    long over = spare == null ? 0 : spare.bytes() - spareBytesMax();
    if (over > 0) {
      spare.shrinkBy(over);
    }
  }

  private void wake() {
    if (waking) {
      return; // called by what is being woken: the loops below go on
    }
    waking = true;
    try {
      wake(small);
      wake(large);
      wakeReplies();
    } finally {
      waking = false;
    }
  }

  private void wake(ArrayDeque<Waiter> queue) {
    Waiter first;
    while ((first = queue.peek()) != null && fits(first.bytes)) {
      queue.remove();
      holdRequest(first.bytes);
      first.taken.run();
    }
  }

  private void wakeReplies() {
    Waiter first;
    while ((first = replies.peek()) != null
        && (first.bytes == 0 ? grant() > 0 : fitsReply(first.bytes))) {
      replies.remove();
      holdReply(first.bytes);
      first.taken.run();
    }
  }

  private record Waiter(long bytes, Runnable taken) {}
}

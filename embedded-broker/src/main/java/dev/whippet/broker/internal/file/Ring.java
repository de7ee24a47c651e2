package dev.whippet.broker.internal.file;

/**
 * The kernel's side of {@link RingQueue}: takes submissions, of which each completes exactly once
 * through {@link RingQueue#completed}. {@link LoopRing} is the loop's io_uring; a test twin
 * shortens, delays and fails chosen operations. Called on the loop only.
 */
interface Ring {

  /**
   * Submits {@code operation} under {@code slot}; returns false, and then never completes it, when
   * the ring takes nothing any more.
   */
  boolean submit(int slot, RingOperation operation);

  /** Takes nothing any more; called when nothing is under way. */
  void close();
}

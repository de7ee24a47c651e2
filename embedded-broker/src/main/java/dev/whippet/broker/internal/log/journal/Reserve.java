package dev.whippet.broker.internal.log.journal;

import dev.whippet.broker.internal.log.format.Blocks;

/**
 * How much of what a journal keeps for a full disk an entry may use. Both shares are bounded: who
 * takes rights away again and again can't keep others from freeing space.
 *
 * <pre>
 *   | entries | zeros ahead | TAKES_AWAY: 32 KiB | FREES_SPACE: 32 KiB |
 * </pre>
 */
public enum Reserve {
  /** Nothing: on a full disk it fails. */
  NONE(16),
  /** What must not wait for room: somebody loses a right. */
  TAKES_AWAY(8),
  /** What leads to room. */
  FREES_SPACE(0);

  private final int blocksLeft;

  Reserve(int blocksLeft) {
    this.blocksLeft = blocksLeft;
  }

  /** What must be left behind such an entry. */
  int bytesLeft() {
    return blocksLeft * Blocks.BYTES;
  }
}

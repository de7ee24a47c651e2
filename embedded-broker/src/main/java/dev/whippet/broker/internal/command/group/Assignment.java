package dev.whippet.broker.internal.command.group;

import java.util.Arrays;

/**
 * The partitions of one member at one moment, immutable: loop 0 makes it, any loop reads it.
 *
 * <pre>
 *   all    3 0 7     in the order in which they came: what a member is shown with
 *   open   3 7       without those that are to leave: what polls go round
 * </pre>
 */
public final class Assignment {

  /** The member has no partition. */
  public static final int NONE = -1;

  static final Assignment EMPTY = new Assignment(new int[0], new int[0]);

  private final int[] all;
  private final int[] open;
  private final int[] ascending;

  Assignment(int[] all, int[] open) {
    this.all = all;
    this.open = open;
    this.ascending = all.clone();
    Arrays.sort(ascending);
  }

  /** How many, those that are to leave included. */
  public int size() {
    return all.length;
  }

  /** All of them, as a copy. */
  public int[] partitions() {
    return all.clone();
  }

  /** True for those that are to leave, too. */
  public boolean has(int partition) {
    return Arrays.binarySearch(ascending, partition) >= 0;
  }

  /** The partition at this point of the round, or {@link #NONE}. */
  int at(int turn) {
    return open.length == 0 ? NONE : open[turn % open.length];
  }

  /** The point of the round behind {@code turn}. */
  int after(int turn) {
    return open.length == 0 ? turn : (turn + 1) % open.length;
  }
}

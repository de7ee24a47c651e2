package dev.whippet.internal.segment;

/**
 * Lanes, channels, and the sequences that name a record for ever.
 *
 * <pre>
 * lane      0 normal, 1 urgent, 2 bulk
 * channel   2 * lane + turn: an order of its own, from the ring to the broker. The two channels
 *           of a lane take turns: one takes what is fresh while the other drains what had waited
 * sequence  channel &lt;&lt; 48 | number; numbers start at 1 in each channel
 * </pre>
 */
public final class Channel {
  public static final int LANES = 3;
  public static final int COUNT = 2 * LANES;
  public static final int NORMAL = 0;
  public static final int URGENT = 1;
  public static final int BULK = 2;

  private static final int SHIFT = 48;

  /** Lanes, most urgent first. */
  private static final int[] BY_URGENCY = {URGENT, NORMAL, BULK};

  private Channel() {}

  /** The channel of a sequence. */
  public static int of(long sequence) {
    return (int) (sequence >>> SHIFT);
  }

  /** The sequence before a channel's first. */
  public static long base(int channel) {
    return (long) channel << SHIFT;
  }

  /** The number that the wire carries. */
  public static long number(long sequence) {
    return sequence & (1L << SHIFT) - 1;
  }

  public static int lane(int channel) {
    return channel >> 1;
  }

  /** The lane at a place of the order of urgency: 0 is the most urgent. */
  public static int laneByUrgency(int place) {
    return BY_URGENCY[place];
  }

  /** The place of a lane in the order of urgency. */
  public static int urgency(int lane) {
    return lane == NORMAL ? 1 : lane == URGENT ? 0 : 2;
  }
}

package dev.whippet.broker.internal.net;

/**
 * The bounds of connections. {@link #DEFAULT} is what a gateway wants; tests take smaller ones.
 *
 * @param loopBytesMax everything in flight on one loop ({@link LoopMemory}); what does not fit is
 *     not read. Lowered when all loops together could take more than five eighths of the process's
 *     direct memory
 * @param connectionBytesMax the same for one connection; one larger request is let through alone
 * @param connectionRequestsMax requests of one connection that were received and not answered;
 *     beyond that it is not read
 * @param unwrittenBytesMax replies of one connection that the peer has not taken; above it no
 *     further request of it starts, and it is not read
 * @param connectionsMax connections of all loops; more are closed at once
 * @param connectionsPerAddressMax connections of one address; more are closed at once
 * @param times how long peers may take
 */
public record NetLimits(
    long loopBytesMax,
    long connectionBytesMax,
    int connectionRequestsMax,
    int unwrittenBytesMax,
    int connectionsMax,
    int connectionsPerAddressMax,
    Times times) {

  /** As many connections of one address as of all. */
  public NetLimits(
      long loopBytesMax,
      long connectionBytesMax,
      int connectionRequestsMax,
      int unwrittenBytesMax,
      int connectionsMax,
      Times times) {
    this(
        loopBytesMax,
        connectionBytesMax,
        connectionRequestsMax,
        unwrittenBytesMax,
        connectionsMax,
        connectionsMax,
        times);
  }

  /**
   * The bytes behind an unanswered login that are held in any case. More is held, up to what a read
   * brings, while those that wait on the loop take less than half of {@link #loopBytesMax}; else
   * the connection is closed.
   */
  public static final int BEFORE_LOGIN_BYTES_MAX = 8 << 10;

  /**
   * WebSocket control frames and frames without payload, of one connection within a second: who
   * sends more is closed with 1008.
   */
  public static final int IDLE_FRAMES_PER_SECOND_MAX = 200;

  /**
   * Connections of one listener that are begun within a second; more wait in the system's queue, so
   * that who comes and goes all the time leaves time for who stays.
   */
  public static final int ACCEPTS_PER_SECOND_MAX = 2_000;

  /** The same without a pause. */
  public static final int ACCEPTS_AT_ONCE_MAX = 200;

  /**
   * 8 GiB a loop, 32 MiB and 256 requests a connection, 1 MiB unwritten, 20,000 connections; a
   * minute for each step of a peer, a second for its close, a ping each half minute.
   */
  public static final NetLimits DEFAULT =
      new NetLimits(
          8L << 30,
          32L << 20,
          256,
          1 << 20,
          20_000,
          new Times(60_000, 60_000, 60_000, 1_000, 30_000));

  /** Of the direct memory that the process may use; commits and pools need the rest. */
  private static final double DIRECT_MEMORY_SHARE = 0.625;

  /** These limits, with {@link #loopBytesMax} lowered to what the process can afford. */
  NetLimits fittedTo(long directBytesMax, int loops) {
    long affordable = (long) (directBytesMax * DIRECT_MEMORY_SHARE) / loops;
    return new NetLimits(
        Math.min(loopBytesMax, affordable),
        connectionBytesMax,
        connectionRequestsMax,
        unwrittenBytesMax,
        connectionsMax,
        connectionsPerAddressMax,
        times);
  }

  /** These limits, with others for connections, the memory of a loop, and members of groups. */
  public NetLimits with(
      int connections, int connectionsPerAddress, long loopBytes, long memberMillis) {
    return new NetLimits(
        loopBytes,
        connectionBytesMax,
        connectionRequestsMax,
        unwrittenBytesMax,
        connections,
        connectionsPerAddress,
        new Times(
            times.firstFrameMillisMax,
            times.frameMillisMax,
            times.stalledMillisMax,
            times.lingerMillisMax,
            times.pingMillis,
            memberMillis));
  }

  /**
   * How long peers may take. Whoever exceeds one is closed without a word.
   *
   * @param firstFrameMillisMax from connecting to the first complete frame, or to the end of the
   *     WebSocket handshake
   * @param frameMillisMax for the rest of a frame, besides a second per {@link
   *     #FRAME_BYTES_PER_SECOND_MIN} bytes of it
   * @param stalledMillisMax taking none of the replies, while more wait than fit
   * @param lingerMillisMax from our last byte to the peer's close
   * @param pingMillis a peer that said hello on a WebSocket is pinged when it was silent for so
   *     long; it is gone when it is silent for as long again
   * @param memberMillis a member of a consumer group is gone when it did not answer for so long,
   *     its system or, after a hello on a WebSocket, itself: others wait for its partitions
   */
  public record Times(
      long firstFrameMillisMax,
      long frameMillisMax,
      long stalledMillisMax,
      long lingerMillisMax,
      long pingMillis,
      long memberMillis) {

    /** Members have 20 seconds. */
    public Times(
        long firstFrameMillisMax,
        long frameMillisMax,
        long stalledMillisMax,
        long lingerMillisMax,
        long pingMillis) {
      this(
          firstFrameMillisMax,
          frameMillisMax,
          stalledMillisMax,
          lingerMillisMax,
          pingMillis,
          20_000);
    }

    /** A sender of a large frame that is slower than this is cut off. */
    public static final long FRAME_BYTES_PER_SECOND_MIN = 16 << 10;

    /** Instead of {@link #stalledMillisMax} while the replies of others wait for memory. */
    public static final long SHORT_STALLED_MILLIS_MAX = 2_000;

    /** The same while others wait for the memory that it holds, and what it may take besides. */
    public static final long CONTENDED_BYTES_PER_SECOND_MIN = 1 << 20;

    public static final long CONTENDED_MILLIS_MAX = 10_000;

    long shortest() {
      return Math.min(
          Math.min(firstFrameMillisMax, frameMillisMax),
          Math.min(stalledMillisMax, lingerMillisMax));
    }
  }
}

package dev.whippet.broker.internal.net;

/**
 * The bounds of connections. {@link #DEFAULT} is what a gateway wants; tests take smaller ones.
 *
 * @param loopBytesMax requests and replies under way on one loop; what does not fit is not read
 * @param requestsWaitingMax requests of one connection that were received and not answered; beyond
 *     that it is not read
 * @param unwrittenBytesMax replies of one connection that the peer has not taken; above it no
 *     further request of it starts, and it is not read
 * @param beforeLoginBytesMax bytes held for a connection that nobody logged in on
 * @param firstBytesMillisMax time for the first frame or the WebSocket handshake
 * @param frameMillisMax time for the rest of a frame, besides a second per {@link
 *     #FRAME_BYTES_PER_SECOND_MIN}
 * @param lingerMillisMax time between our last byte and the peer's close
 */
public record NetLimits(
    long loopBytesMax,
    int requestsWaitingMax,
    int unwrittenBytesMax,
    int beforeLoginBytesMax,
    long firstBytesMillisMax,
    long frameMillisMax,
    long lingerMillisMax) {

  /** A sender of a large frame that is slower than this is cut off. */
  public static final long FRAME_BYTES_PER_SECOND_MIN = 16 * 1024;

  /** 128 MiB a loop, 256 requests, 1 MiB unwritten, 8 KiB before login, 60 s, 60 s, 1 s. */
  public static final NetLimits DEFAULT =
      new NetLimits(128L << 20, 256, 1 << 20, 8 << 10, 60_000, 60_000, 1_000);
}

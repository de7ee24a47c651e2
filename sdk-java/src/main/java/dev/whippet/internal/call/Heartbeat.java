package dev.whippet.internal.call;

/**
 * Finds dead links by time. Three rules, all with the time as a parameter:
 *
 * <ul>
 *   <li>Nothing was received for the interval, no ping of the broker either, and nothing is asked:
 *       {@link #pingDue}.
 *   <li>Something is asked, and for the request time-out there was no progress: {@link #isDead}.
 *       Progress is a byte received, or a byte of the oldest unanswered request taken by the
 *       socket. Later requests don't count: whoever keeps asking would never notice.
 *   <li>The link is doubted, and nothing was heard by the time set: {@link #expectBy}.
 * </ul>
 *
 * <p>Owned by the net thread.
 */
public final class Heartbeat {
  private final long timeoutMillis;
  private long intervalMillis;
  private long receivedMillis;
  private long progressMillis;
  private long writtenBytes;
  private long expectedMillis = Clock.NEVER;
  private long askedMillis;
  private long roundTripMillis;

  public Heartbeat(long intervalMillis, long timeoutMillis) {
    this.intervalMillis = intervalMillis;
    this.timeoutMillis = timeoutMillis;
  }

  /** A new link. */
  void begin(long intervalMillis, long nowMillis) {
    this.intervalMillis = intervalMillis;
    this.receivedMillis = nowMillis;
    this.progressMillis = nowMillis;
    this.askedMillis = nowMillis;
    this.writtenBytes = 0;
    this.expectedMillis = Clock.NEVER;
  }

  /** The broker wants pings at least so often. */
  void shorten(long intervalMillis) {
    this.intervalMillis = Math.min(this.intervalMillis, intervalMillis);
  }

  void received(long nowMillis) {
    heard(nowMillis);
    progressMillis = nowMillis;
  }

  /** The peer has to say something by then. */
  void expectBy(long timeMillis) {
    expectedMillis = Math.min(expectedMillis, timeMillis);
  }

  /** From the last request that was asked alone to the answer; 0 if there was none. */
  long roundTripMillis() {
    return roundTripMillis;
  }

  /** The request that was asked alone is answered. */
  void answered(long nowMillis) {
    if (askedMillis != Clock.NEVER) {
      roundTripMillis = nowMillis - askedMillis;
      askedMillis = Clock.NEVER;
    }
  }

  /** The peer said something that is no part of a reply: it is there, but that is no progress. */
  void heard(long nowMillis) {
    receivedMillis = nowMillis;
    expectedMillis = Clock.NEVER;
  }

  /** A request is asked while no other is unanswered: its clock starts. */
  void asked(long nowMillis) {
    progressMillis = nowMillis;
    askedMillis = nowMillis;
  }

  /** The link's socket took bytes, {@code totalBytes} since its start. */
  void written(long totalBytes, long oldestEndsAtBytes, long nowMillis) {
    if (totalBytes > writtenBytes && writtenBytes < oldestEndsAtBytes) {
      progressMillis = nowMillis;
    }
    writtenBytes = totalBytes;
  }

  boolean pingDue(long nowMillis) {
    return nowMillis - receivedMillis >= intervalMillis;
  }

  boolean isDead(long nowMillis) {
    return nowMillis - progressMillis >= timeoutMillis || nowMillis >= expectedMillis;
  }

  /** When one of the two may become true. */
  long deadlineMillis(boolean asked) {
    long due = asked ? progressMillis + timeoutMillis : receivedMillis + intervalMillis;
    return Math.min(due, expectedMillis);
  }
}

package dev.whippet.internal.session;

/**
 * Finds dead links by time. Two rules, both with the time as a parameter:
 *
 * <ul>
 *   <li>Nothing was received for the interval, no ping of the broker either, and nothing is asked:
 *       {@link #pingDue}.
 *   <li>Something is asked, and for the request time-out there was no progress: {@link #isDead}.
 *       Progress is a byte received, or a byte of the oldest unanswered request taken by the
 *       socket. Later requests don't count: whoever keeps asking would never notice.
 * </ul>
 *
 * <p>Owned by the net thread.
 */
final class Heartbeat {
  private final long timeoutMillis;
  private long intervalMillis;
  private long receivedMillis;
  private long progressMillis;
  private long writtenBytes;

  Heartbeat(long intervalMillis, long timeoutMillis) {
    this.intervalMillis = intervalMillis;
    this.timeoutMillis = timeoutMillis;
  }

  /** A new link. */
  void begin(long intervalMillis, long nowMillis) {
    this.intervalMillis = intervalMillis;
    this.receivedMillis = nowMillis;
    this.progressMillis = nowMillis;
    this.writtenBytes = 0;
  }

  /** The broker wants pings at least so often. */
  void shorten(long intervalMillis) {
    this.intervalMillis = Math.min(this.intervalMillis, intervalMillis);
  }

  void received(long nowMillis) {
    receivedMillis = nowMillis;
    progressMillis = nowMillis;
  }

  /** The peer said something that is no part of a reply: it is there, but that is no progress. */
  void heard(long nowMillis) {
    receivedMillis = nowMillis;
  }

  /** A request is asked while no other is unanswered: its clock starts. */
  void asked(long nowMillis) {
    progressMillis = nowMillis;
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
    return nowMillis - progressMillis >= timeoutMillis;
  }

  /** When one of the two may become true. */
  long deadlineMillis(boolean asked) {
    return asked ? progressMillis + timeoutMillis : receivedMillis + intervalMillis;
  }
}

package dev.whippet.broker.internal.net;

import java.util.concurrent.TimeUnit;

/**
 * How long one peer is waited for. Takes the time as a parameter and asks no clock.
 *
 * <pre>
 *   waits for                       since                        at most
 *   first frame or handshake        connected                    firstFrameMillisMax
 *   rest of a frame                 a read ended inside it       frameMillisMax + its bytes / rate;
 *     when hurried                                               CONTENDED_... of Times
 *   replies to be taken             the last byte that was       stalledMillisMax, less when the
 *                                                                loop is short of memory
 *   the peer's close                our last words               lingerMillisMax, stalledMillisMax
 * </pre>
 */
final class Patience {
  private static final long NOT = Long.MIN_VALUE;

  private final NetLimits.Times times;
  private long connectedAt = NOT;
  private long frameAt = NOT;
  private long frameNumber;
  private long frameMissingBytes;
  private boolean hurried;
  private long stalledAt = NOT;
  private long stalledBytes;
  private long lingersAt = NOT;

  Patience(NetLimits.Times times) {
    this.times = times;
  }

  void connected(long now) {
    connectedAt = now;
  }

  /** The handshake is answered. */
  void opened() {
    connectedAt = NOT;
  }

  /**
   * A read ended.
   *
   * @param frames complete ones so far
   * @param missingBytes of the frame under way as far as known, or -1 between two frames
   * @return true when the rest of a frame is newly waited for
   */
  boolean read(long frames, long missingBytes, long now) {
    if (frames > 0) {
      connectedAt = NOT;
    }
    if (missingBytes < 0) {
      frameAt = NOT;
      return false;
    }
    if (frameAt != NOT && frameNumber == frames && missingBytes <= frameMissingBytes) {
      return false;
    }
    frameAt = now;
    frameNumber = frames;
    frameMissingBytes = missingBytes;
    return true;
  }

  void stalled(long unwrittenBytes, long now) {
    stalledAt = now;
    stalledBytes = unwrittenBytes;
  }

  void lingers(long now) {
    connectedAt = NOT;
    frameAt = NOT;
    lingersAt = now;
  }

  boolean isNeeded() {
    return connectedAt != NOT || frameAt != NOT || stalledAt != NOT || lingersAt != NOT;
  }

  /** Whether others wait for what the frame under way holds. */
  void hurry(boolean hurried) {
    this.hurried = hurried;
  }

  /**
   * What the peer took too long for, or {@code null}.
   *
   * @param stalls whether it has to take some of its replies before anything goes on
   * @param stalledMillisMax a shorter limit for that than the usual one, if it is shorter
   */
  String overdue(long unwrittenBytes, boolean stalls, long stalledMillisMax, long now) {
    if (!stalls) {
      stalledAt = NOT;
    } else if (stalledAt == NOT || unwrittenBytes < stalledBytes) {
      stalled(unwrittenBytes, now);
    }
    if (isOver(connectedAt, times.firstFrameMillisMax(), now)) {
      return "no complete frame or handshake after connecting";
    }
    if (isOver(frameAt, frameMillisMax(), now)) {
      return "a frame is not completed";
    }
    if (isOver(stalledAt, Math.min(times.stalledMillisMax(), stalledMillisMax), now)) {
      return "takes no replies";
    }
    boolean lastWordsTaken = unwrittenBytes == 0;
    long closeMillisMax = lastWordsTaken ? times.lingerMillisMax() : times.stalledMillisMax();
    return isOver(lingersAt, closeMillisMax, now) ? "does not close" : null;
  }

  private long frameMillisMax() {
    long millis =
        times.frameMillisMax()
            + frameMissingBytes * 1000 / NetLimits.Times.FRAME_BYTES_PER_SECOND_MIN;
    return !hurried
        ? millis
        : Math.min(
            millis,
            NetLimits.Times.CONTENDED_MILLIS_MAX
                + frameMissingBytes * 1000 / NetLimits.Times.CONTENDED_BYTES_PER_SECOND_MIN);
  }

  private static boolean isOver(long since, long millisMax, long now) {
    return since != NOT && now - since > TimeUnit.MILLISECONDS.toNanos(millisMax);
  }
}

package dev.whippet.broker.internal.log.space;

import java.util.concurrent.atomic.AtomicLong;

/**
 * What the segments of all loops take up of the disk, and what is left of it. The disk is asked now
 * and then ({@link #sampled}); in between, what was written since counts as gone.
 *
 * <pre>
 *   ROOMY --free below the minimum, and nothing left that retention may drop--> FULL
 *         --half the minimum, or a write found no space------------------------> FULL
 *   FULL  --a sample with the minimum free-------------------------------------> ROOMY
 * </pre>
 *
 * While it is full, messages are refused; journals and reads go on. Any thread.
 */
public final class DiskSpace {

  /** After a write found no space, this much must be free before the next one is tried: 4 MiB. */
  public static final long BYTES_TO_GO_ON = 4L << 20;

  /** Files made or kept ahead of need: an eighth of what segments may take up, at most this. */
  private static final long AHEAD_BYTES_MAX = 1L << 30;

  private static final int AHEAD_SHARE = 8;

  private final DiskBudget segments;
  private final long freeBytesMin;
  private final long aheadBytesMax;
  private final AtomicLong ahead = new AtomicLong();
  private final AtomicLong writtenSinceSample = new AtomicLong();
  private final AtomicLong leaving = new AtomicLong();
  private volatile long sample = Long.MAX_VALUE;
  private volatile boolean full;
  private volatile boolean exhausted;
  private volatile Runnable alarm = () -> {};

  /**
   * @param segmentBytesMax retention drops the oldest segments above this
   * @param freeBytesMin what stays free
   */
  public DiskSpace(long segmentBytesMax, long freeBytesMin) {
    this(segmentBytesMax, freeBytesMin, Math.min(AHEAD_BYTES_MAX, segmentBytesMax / AHEAD_SHARE));
  }

  /**
   * As above.
   *
   * @param aheadBytesMax what files that hold nothing yet, or not much, may take up besides
   */
  public DiskSpace(long segmentBytesMax, long freeBytesMin, long aheadBytesMax) {
    this.segments = new DiskBudget(segmentBytesMax);
    this.freeBytesMin = freeBytesMin;
    this.aheadBytesMax = aheadBytesMax;
  }

  /** No bounds. */
  public static DiskSpace unlimited() {
    return new DiskSpace(DiskBudget.UNLIMITED, 0);
  }

  /** Runs, on any thread, when something should be done at once; quick. */
  public void onAlarm(Runnable action) {
    alarm = action;
  }

  /** Something may have to go: a segment was begun, or a write found no space. */
  public void alarm() {
    alarm.run();
  }

  /** Segments in use have grown, or shrunk when {@code bytes} is negative. */
  public void add(long bytes) {
    segments.add(bytes);
    if (bytes > 0) {
      writtenSinceSample.addAndGet(bytes);
    }
  }

  /** Segments were dropped; their files still take up this much, or, negative, are gone now. */
  public void leaving(long bytes) {
    leaving.addAndGet(bytes);
    if (bytes < 0) {
      writtenSinceSample.addAndGet(bytes);
    }
  }

  /** Takes room for a file that is made, or kept, ahead of need; false when there is none. */
  public boolean takeAhead(long bytes) {
    if (ahead.addAndGet(bytes) <= aheadBytesMax && !isTight()) {
      return true;
    }
    ahead.addAndGet(-bytes);
    return false;
  }

  /** Counts a file that is there anyway; negative when it is gone, or full of messages. */
  public void countAhead(long bytes) {
    ahead.addAndGet(bytes);
  }

  /** Bytes of files made or kept ahead of need. */
  public long aheadBytes() {
    return ahead.get();
  }

  /** What is free is not much more than what must be: nothing is kept ahead of need. */
  public boolean isTight() {
    return isFull() || sample != Long.MAX_VALUE && estimate() - freeBytesMin < aheadBytesMax;
  }

  /** A write found no space, whatever the sample says. */
  public void ranOut() {
    exhausted = true;
    full = true;
    alarm.run();
  }

  /** The disk has this many bytes free, as of now. */
  public void sampled(long freeBytes) {
    writtenSinceSample.set(0);
    sample = freeBytes;
    if (freeBytes >= wanted()) {
      exhausted = false;
      full = false;
    }
  }

  /** Retention has nothing left to drop. */
  public void nothingToDrop() {
    if (freeExcess() > 0) {
      full = true;
    }
  }

  /** Messages are refused. */
  public boolean isFull() {
    return full || freeBytesMin > 0 && estimate() < freeBytesMin / 2;
  }

  /** Bytes of segments in use. */
  public long segmentBytes() {
    return segments.bytes();
  }

  /** Bytes of segments beyond their bound; 0 or less when there are none. */
  public long sizeExcess() {
    return segments.excess();
  }

  /** Bytes that are missing to the minimum of free space; 0 or less when none are. */
  public long freeExcess() {
    return sample == Long.MAX_VALUE ? 0 : wanted() - estimate() - leaving.get();
  }

  /** What is thought to be free. */
  public long estimate() {
    return sample - writtenSinceSample.get();
  }

  /** Above this the oldest segments go. */
  public long segmentBytesMax() {
    return segments.bytesMax();
  }

  public long freeBytesMin() {
    return freeBytesMin;
  }

  private long wanted() {
    return exhausted ? Math.max(freeBytesMin, BYTES_TO_GO_ON) : freeBytesMin;
  }
}

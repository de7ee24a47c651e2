package dev.whippet.broker.internal.log.format;

import io.netty.buffer.ByteBuf;
import java.util.Arrays;

/**
 * Finds the sound batches of a segment, in order, in bytes that somebody else loads: recovery by
 * blocking reads, consumers by asynchronous ones. No I/O in here.
 *
 * <pre>
 *            bytes are missing             sound batch
 *   next() ------------------> LOAD     --------------> BATCH (header, position)
 *          ------------------> END
 *            limit reached, of the bytes or of the offsets
 * </pre>
 *
 * Whatever is not a sound batch (padding behind a commit, a torn or damaged one, what a file held
 * before) is passed over in steps of 8 bytes. That nothing was lost there is told by the offsets: a
 * batch that begins above the expected offset leaves a gap. Only batches of the right incarnation
 * and salt, inside [expected offset, limit offset), count.
 */
public final class SegmentWalk {

  /** What the caller does next. */
  public enum Step {
    LOAD,
    BATCH,
    END
  }

  /** Every batch is told by its header alone. */
  public static final long NO_BODIES = Long.MAX_VALUE;

  private static final byte[] ZEROS = new byte[64 << 10];

  public final BatchHeader header = new BatchHeader();
  private final long incarnation;
  private final long salt;
  private final long offsetLimit;
  private final long bodiesFrom;
  private long position;
  private long expected;
  private long gapFirst;
  private int loadBytes;
  private boolean atBatch;

  /**
   * @param incarnation of the partition
   * @param salt of the file
   * @param position where to begin, a batch or a block boundary
   * @param expected offset that should be found there
   * @param offsetLimit batches that reach above are not the segment's
   * @param bodiesFrom batches that reach above this offset have their records checked
   */
  public SegmentWalk(
      long incarnation,
      long salt,
      long position,
      long expected,
      long offsetLimit,
      long bodiesFrom) {
    this.incarnation = incarnation;
    this.salt = salt;
    this.offsetLimit = offsetLimit;
    this.position = position;
    this.expected = expected;
    this.bodiesFrom = bodiesFrom;
  }

  /**
   * Moves to the next sound batch.
   *
   * @param window bytes of the file, from {@code windowStart} on, up to its writer index
   * @param windowStart position in the file of the window's index 0
   * @param limit position behind the last durable byte of the file
   */
  public Step next(ByteBuf window, long windowStart, long limit) {
    if (atBatch) {
      atBatch = false;
      position += header.totalBytes();
      expected = header.endOffset();
    }
    while (expected < offsetLimit && position + BatchHeader.BYTES <= limit) {
      if (!covers(window, windowStart, BatchHeader.BYTES)) {
        loadBytes = BatchHeader.BYTES;
        return Step.LOAD;
      }
      int index = (int) (position - windowStart);
      if (isOurs(window, index) && position + BatchHeader.BYTES + header.bodyBytes <= limit) {
        if (header.endOffset() <= bodiesFrom) {
          return found();
        }
        if (!covers(window, windowStart, BatchHeader.BYTES + header.bodyBytes)) {
          loadBytes = BatchHeader.BYTES + header.bodyBytes;
          return Step.LOAD;
        }
        if (header.hasSoundBody(window, index + BatchHeader.BYTES)) {
          return found();
        }
      }
      position += Math.max(Blocks.STEP_BYTES, zerosAt(window, index));
    }
    return Step.END;
  }

  /**
   * Whole steps of zeros from there on, in memory of Java's own, where start-up has its bytes: it
   * goes through all that a file holds behind its end.
   */
  private static int zerosAt(ByteBuf window, int index) {
    if (!window.hasArray() || window.getLong(index) != 0) {
      return 0;
    }
    int length = Math.min(ZEROS.length, window.writerIndex() - index);
    int from = window.arrayOffset() + index;
    int other = Arrays.mismatch(window.array(), from, from + length, ZEROS, 0, length);
    return (other < 0 ? length : other) & -Blocks.STEP_BYTES;
  }

  private Step found() {
    atBatch = true;
    gapFirst = expected;
    return Step.BATCH;
  }

  private boolean isOurs(ByteBuf window, int index) {
    return window.getIntLE(index) == BatchHeader.MAGIC
        && header.read(window, index)
        && header.incarnation == incarnation
        && header.salt == salt
        && header.baseOffset >= expected
        && header.endOffset() <= offsetLimit;
  }

  private boolean covers(ByteBuf window, long windowStart, int bytes) {
    return window != null
        && position >= windowStart
        && position + bytes <= windowStart + window.writerIndex();
  }

  /** Where the batch begins, or where to load from. */
  public long position() {
    return position;
  }

  /** Bytes needed from {@link #position()} after LOAD. */
  public int loadBytes() {
    return loadBytes;
  }

  /** The offset that the next batch should begin with; at END what should have been found. */
  public long expected() {
    return expected;
  }

  /** Offsets missing before the batch just found, from {@link #expected()} before it. */
  public long gap() {
    return header.baseOffset - gapFirst;
  }

  public long gapFirst() {
    return gapFirst;
  }
}

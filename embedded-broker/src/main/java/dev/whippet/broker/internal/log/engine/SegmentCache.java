package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.format.Blocks;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import java.util.function.LongSupplier;

/**
 * What readers that do not keep up with the tail share: pieces of segments in memory, and the
 * descriptors of the segments read last. One per loop, for all its partitions. Owner loop only.
 *
 * <pre>
 *   segment   |head| batch | batch | batch | batch | batch | batch | batch ...
 *   pieces         |<--- piece 0 --->|<---- piece 1 ---->|<---- ...
 *                  ends with the first indexed batch that begins in the next 256 KiB
 *
 *   LOADING --read--> KEPT --least recently used, or memory is needed, or forgotten--> gone
 * </pre>
 *
 * A piece begins and ends with a batch, so a reader needs no byte twice. Its memory is reference
 * counted: slices that a reader took live on when the piece is gone, and no file operation ever
 * changes it. A reader that comes to a piece from the one before it gets the next 1 MiB loaded
 * ahead, and twice as much each time that it goes on, up to 8 MiB.
 *
 * <p>Limits: bytes kept by the constructor's {@code bytesMax} and by {@link #shrinkBy}; 32 MiB
 * being loaded (or one piece), more wait in order; {@value #WARM_MAX} descriptors kept open.
 */
public final class SegmentCache {
  /** Pieces are about this long: longer by the batch that stands on the border. */
  public static final int PIECE_BYTES = 256 << 10;

  /** A longer one (one large batch, or damage) is read as far as it is asked for, and not kept. */
  private static final int PIECE_BYTES_MAX = 4 << 20;

  /** The least that is read then. */
  private static final int LOOSE_BYTES_MIN = 64 << 10;

  private static final int AHEAD_BYTES_FIRST = 1 << 20;
  private static final int AHEAD_BYTES_MAX = 8 << 20;

  /** What nobody came to yet may take this part of the cache. */
  private static final int AHEAD_SHARE = 2;

  private static final int LOADING_BYTES_MAX = 32 << 20;
  private static final int WARM_MAX = 64;
  private static final int SEEN_MAX = 4;
  private static final int LOOSE = -1;

  /** Takes what was loaded. */
  @FunctionalInterface
  public interface Loaded {
    /**
     * @param piece has the bytes asked for, as far as the file holds them; valid during this call,
     *     and as long as the callee retains its bytes; {@code null} after a failure
     */
    void loaded(Piece piece, IOException failure);
  }

  /** A range of a segment. */
  public static final class Piece {
    private final Segment segment;
    private final int bucket;
    private final long firstBatch;
    private final long end;
    private final int length;

    /** Position in the file of the first byte. */
    public final long start;

    private ByteBuf bytes;
    private List<Loaded> waiting = new ArrayList<>(1);
    private boolean touched;
    private boolean ahead;
    private int aheadBytes = AHEAD_BYTES_FIRST;
    private boolean kept;
    private Piece older;
    private Piece newer;

    private Piece(Segment segment, int bucket, long firstBatch, long end) {
      this.segment = segment;
      this.bucket = bucket;
      this.firstBatch = firstBatch;
      this.start = Blocks.down(firstBatch);
      this.end = end;
      // A reader that looks for the next batch up to the end looks at a header beyond it.
      long last = Math.min(end + BatchHeader.BYTES, Math.max(end, segment.length));
      this.length = (int) Math.min(Blocks.up(last) - start, Integer.MAX_VALUE - Blocks.BYTES + 1);
    }

    /** What stands there; whoever keeps it retains it. */
    public ByteBuf bytes() {
      return bytes;
    }

    private boolean covers(long position, int wanted) {
      long loaded = start + (bytes == null ? length : bytes.writerIndex());
      return position >= start && position + wanted <= loaded;
    }
  }

  /** What is known about one segment. */
  private static final class Known {
    Piece[] byBucket = new Piece[4];

    /** Where the readers seen last left a piece. */
    final long[] seenEnds = new long[SEEN_MAX];

    int seen;
    int pieces;
    boolean warm;

    Piece at(int bucket) {
      return bucket < byBucket.length ? byBucket[bucket] : null;
    }

    void put(Piece piece) {
      if (piece.bucket >= byBucket.length) {
        int length = Math.max(2 * byBucket.length, piece.bucket + 1);
        byBucket = Arrays.copyOf(byBucket, length);
      }
      byBucket[piece.bucket] = piece;
      pieces++;
    }

    boolean wasLeftAt(long position) {
      for (long end : seenEnds) {
        if (end == position) {
          return true;
        }
      }
      return false;
    }
  }

  private final LoopFiles files;
  private final IntFunction<ByteBuf> allocator;
  private final LongSupplier bytesMax;
  private final Map<Segment, Known> known = new IdentityHashMap<>();
  private final ArrayDeque<Segment> warm = new ArrayDeque<>();
  private final ArrayDeque<Piece> due = new ArrayDeque<>();
  private Piece oldest;
  private Piece newest;
  private long bytes;
  private long loadingBytes;

  /** Loaded ahead, or about to be, and not come to yet. */
  private long aheadBytes;

  private long loads;
  private boolean used;

  /**
   * @param allocator block-aligned memory of a number of bytes, a multiple of a block
   * @param bytesMax of pieces that are kept; asked when it matters
   */
  public SegmentCache(LoopFiles files, IntFunction<ByteBuf> allocator, LongSupplier bytesMax) {
    this.files = files;
    this.allocator = allocator;
    this.bytesMax = bytesMax;
  }

  /** Bytes kept and being loaded. */
  public long bytes() {
    return bytes + loadingBytes;
  }

  /** Reads begun so far. */
  public long loads() {
    return loads;
  }

  /**
   * The piece in memory with {@code length} bytes from {@code position} on, {@code null} when it is
   * not there.
   *
   * @param after the segment that a sequential reader goes to next, or {@code null}
   */
  public Piece find(Segment segment, long position, int length, Segment after) {
    Known of = known.get(segment);
    Piece piece = of == null ? null : of.at(segment.bucketOf(position, PIECE_BYTES));
    if (piece == null || piece.bytes == null || !piece.covers(position, length)) {
      return null;
    }
    unlink(piece);
    link(piece);
    touch(piece, after);
    return piece;
  }

  /**
   * Loads what {@link #find} does not have; ends later. The caller uses the segment meanwhile.
   *
   * @param length at most what the segment holds from {@code position} on, as far as is known
   */
  public void load(Segment segment, long position, int length, Segment after, Loaded done) {
    int bucket = segment.bucketOf(position, PIECE_BYTES);
    Known of = known.get(segment);
    Piece there = of == null ? null : of.at(bucket);
    if (there != null && !there.covers(position, length)) {
      drop(there); // the segment has grown since
      there = null;
    }
    Piece piece = there != null ? there : fitting(segment, bucket, position, length);
    piece.waiting.add(
        (loaded, failure) -> {
          if (failure == null && piece.kept) {
            touch(piece, after);
          }
          done.loaded(loaded, failure);
        });
    if (there == null) {
      begin(piece);
    }
  }

  private static Piece fitting(Segment segment, int bucket, long position, int length) {
    Piece planned = planned(segment, bucket);
    if (planned.covers(position, length) && planned.length <= PIECE_BYTES_MAX) {
      return planned;
    }
    long some = Math.min(position + LOOSE_BYTES_MIN, segment.length);
    return new Piece(segment, LOOSE, position, Math.max(position + length, some));
  }

  private static Piece planned(Segment segment, int bucket) {
    long first = segment.border(bucket, PIECE_BYTES);
    return new Piece(segment, bucket, first, segment.border(bucket + 1, PIECE_BYTES));
  }

  private void begin(Piece piece) {
    if (piece.bucket != LOOSE && !piece.segment.isRetired()) {
      piece.kept = true;
      aheadBytes += piece.ahead ? piece.length : 0;
      known.computeIfAbsent(piece.segment, absent -> new Known()).put(piece);
    }
    due.add(piece);
    beginDue();
  }

  private void beginDue() {
    Piece next;
    while ((next = due.peek()) != null
        && (loadingBytes == 0 || loadingBytes + next.length <= LOADING_BYTES_MAX)) {
      due.remove();
      loadingBytes += next.length;
      loads++;
      Piece piece = next;
      piece.segment.use(files, (file, failure) -> opened(piece, file, failure));
    }
  }

  private void opened(Piece piece, AsyncFile file, IOException failure) {
    if (failure != null) {
      ended(piece, null, failure);
      return;
    }
    ByteBuf memory;
    try {
      memory = allocator.apply(piece.length);
    } catch (OutOfMemoryError e) {
      piece.segment.release();
      ended(piece, null, new IOException("no memory to read " + piece.segment.path, e));
      return;
    }
    file.read(
        piece.start,
        memory,
        piece.length,
        (count, notRead) -> {
          keepWarm(piece.segment);
          if (notRead != null) {
            memory.release();
          }
          ended(piece, notRead == null ? memory : null, notRead);
        });
  }

  private void ended(Piece piece, ByteBuf memory, IOException failure) {
    loadingBytes -= piece.length;
    List<Loaded> waiting = piece.waiting;
    piece.waiting = List.of();
    piece.bytes = memory;
    if (memory != null && piece.kept) {
      bytes += memory.capacity();
      link(piece);
      memory.retain(); // until everybody was told, whatever becomes of the cache
    } else if (piece.kept) {
      forget(piece);
    }
    for (int i = 0; i < waiting.size(); i++) {
      waiting.get(i).loaded(memory == null ? null : piece, failure);
    }
    if (memory != null) {
      memory.release();
    }
    shrinkTo(bytesMax.getAsLong());
    forgetIfUnknown(piece.segment);
    beginDue();
  }

  // --- reading ahead ----------------------------------------------------------------------------

  /** A reader has come to a piece. */
  private void touch(Piece piece, Segment after) {
    used = true;
    Known of = known.get(piece.segment);
    boolean sequential = piece.bucket == 0 || of.wasLeftAt(piece.firstBatch);
    if (!piece.touched) {
      piece.touched = true;
      endAhead(piece);
      of.seenEnds[of.seen++ % SEEN_MAX] = piece.end;
      if (sequential) {
        readAhead(piece, after);
      }
    }
  }

  private void readAhead(Piece from, Segment after) {
    Segment segment = from.segment;
    Segment next = after;
    long position = from.end;
    int ahead = 0;
    while (ahead < from.aheadBytes) {
      if (position >= segment.length) {
        if (next == null || next.length <= next.dataStart) {
          return;
        }
        segment = next;
        next = null;
        position = segment.dataStart;
      }
      int bucket = segment.bucketOf(position, PIECE_BYTES);
      Known of = known.get(segment);
      Piece piece = of == null ? null : of.at(bucket);
      if (piece == null) {
        piece = planned(segment, bucket);
        if (piece.end <= position || !hasRoomAhead(piece.length)) {
          return;
        }
        piece.ahead = true;
        piece.aheadBytes = Math.min(2 * from.aheadBytes, AHEAD_BYTES_MAX);
        begin(piece);
      }
      position = piece.end;
      ahead += piece.length;
    }
  }

  private boolean hasRoomAhead(int length) {
    return length <= PIECE_BYTES_MAX
        && due.isEmpty()
        && loadingBytes + length <= LOADING_BYTES_MAX
        && aheadBytes + length <= bytesMax.getAsLong() / AHEAD_SHARE;
  }

  /** For a piece that is kept. */
  private void endAhead(Piece piece) {
    if (piece.ahead) {
      piece.ahead = false;
      aheadBytes -= piece.length;
    }
  }

  // --- giving up --------------------------------------------------------------------------------

  /** The segment leaves, or its bytes are in doubt: nothing of it is handed out any more. */
  public void forget(Segment segment) {
    Known of = known.remove(segment);
    if (of == null) {
      return;
    }
    for (Piece piece : of.byBucket) {
      if (piece != null) {
        piece.kept = false;
        endAhead(piece);
        release(piece);
      }
    }
    if (of.warm) {
      warm.remove(segment);
      segment.release();
    }
  }

  /** Gives up what was used least recently, {@code bytes} of it if there are so many. */
  public void shrinkBy(long bytesLess) {
    shrinkTo(bytes - Math.max(0, bytesLess));
  }

  /** Gives up everything that is kept if nobody came since the last call. */
  public void idle() {
    if (!used) {
      shrinkTo(0);
      while (!warm.isEmpty()) {
        cool(warm.peek());
      }
    }
    used = false;
  }

  private void shrinkTo(long bytesLeft) {
    while (bytes > bytesLeft && oldest != null) {
      drop(oldest);
    }
  }

  private void drop(Piece piece) {
    forget(piece);
    release(piece);
  }

  /** Takes it out of what is found; what it holds stays its own. */
  private void forget(Piece piece) {
    piece.kept = false;
    endAhead(piece);
    Known of = known.get(piece.segment);
    of.byBucket[piece.bucket] = null;
    of.pieces--;
    forgetIfUnknown(piece.segment);
  }

  private void forgetIfUnknown(Segment segment) {
    Known of = known.get(segment);
    if (of != null && of.pieces == 0 && !of.warm) {
      known.remove(segment);
    }
  }

  private void release(Piece piece) {
    if (piece.older != null || piece.newer != null || oldest == piece) {
      unlink(piece);
      bytes -= piece.bytes.capacity();
      piece.bytes.release();
    }
  }

  private void link(Piece piece) {
    piece.older = newest;
    if (newest == null) {
      oldest = piece;
    } else {
      newest.newer = piece;
    }
    newest = piece;
  }

  private void unlink(Piece piece) {
    if (piece.older == null) {
      oldest = piece.newer;
    } else {
      piece.older.newer = piece.newer;
    }
    if (piece.newer == null) {
      newest = piece.older;
    } else {
      piece.newer.older = piece.older;
    }
    piece.older = null;
    piece.newer = null;
  }

  // --- descriptors ------------------------------------------------------------------------------

  /** Takes over one use of the segment. */
  private void keepWarm(Segment segment) {
    Known of = known.get(segment);
    if (of == null || of.warm) {
      segment.release();
      return;
    }
    of.warm = true;
    warm.add(segment);
    if (warm.size() > WARM_MAX) {
      cool(warm.peek());
    }
  }

  private void cool(Segment segment) {
    warm.remove(segment);
    Known of = known.get(segment);
    of.warm = false;
    forgetIfUnknown(segment);
    segment.release();
  }
}

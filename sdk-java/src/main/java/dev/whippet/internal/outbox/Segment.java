package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Format;
import java.io.File;

/**
 * One life of a segment file: from the write of a header with a new serial until every record is
 * acknowledged. A recycled file begins another life, and is another object here.
 *
 * <p>Written by the store thread (and by recovery before it starts) under the lock of {@link
 * Segments}; {@code used}, {@code last}, {@code sealed}, {@code released} may be read by any
 * thread. {@code used} is written after {@code last}, {@code sealed} after both.
 */
final class Segment {
  /** What the header of a life says. */
  static final class Life {
    File file;
    long serial;
    long previousSequence;
    long recordsBefore;
    byte[] wrappedKey;
    boolean keyDamaged;
  }

  final File file;
  final long serial;
  final long previousSequence;
  final long recordsBefore;

  /** Where the first commit stands. */
  final int start;

  /** The key of this life, wrapped; null: records are not encrypted. */
  final byte[] wrappedKey;

  /** Size of the file. */
  long fileBytes;

  /** Nobody has the key: the records are missing, and the file is kept. */
  boolean locked;

  /** Full size and never failed: fit for another life. */
  boolean recyclable;

  /** Nobody may overwrite or delete it: it can't be read now, or facts stand only here. */
  boolean kept;

  /** End of what is on stable storage. */
  volatile long used;

  /** Highest sequence on stable storage here; {@code previousSequence} if there is none. */
  volatile long last;

  /** Messages here. */
  long count;

  /** Nothing will be added. */
  volatile boolean sealed;

  /** Every record is acknowledged; the file may be gone or have another life. */
  volatile boolean released;

  /** Losses up to this sequence were reported. */
  long lossReportedTo;

  Segment(Life life, long fileBytes) {
    this.file = life.file;
    this.serial = life.serial;
    this.previousSequence = life.previousSequence;
    this.recordsBefore = life.recordsBefore;
    this.wrappedKey = life.wrappedKey;
    this.start = Format.segmentStart(wrappedKey == null ? 0 : wrappedKey.length);
    this.fileBytes = fileBytes;
    this.last = previousSequence;
  }

  String place(long offset) {
    return file.getName() + " at " + offset;
  }
}

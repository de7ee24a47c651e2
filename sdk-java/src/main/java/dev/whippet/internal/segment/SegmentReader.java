package dev.whippet.internal.segment;

import dev.whippet.internal.disk.Disk;
import java.io.IOException;

/**
 * Walks the sound records of one segment in file order, and finds out what is missing between them.
 * Used by recovery and by the cursor.
 *
 * <p>At each place it expects a commit header or a record header; where neither is sound it moves
 * on by 8 bytes until one is. A record whose header is sound and whose body is not is stepped over.
 * Within a segment sequences are contiguous, so a jump is a loss; a commit's header tells what came
 * before it and what it held.
 *
 * <p>The records of an encrypted commit are decrypted in the buffer, and then are like others.
 *
 * <p>Owner: one thread. Limit: a buffer of 64 KiB, or of the largest record met, until the next
 * refill.
 */
public final class SegmentReader {
  /** What is met besides messages. */
  public interface Sink {
    /** These sequences are missing; {@code last} is {@code first - 1} if only a fact is. */
    void lost(long first, long last, long offset);

    /** A sound fact. */
    void fact(byte[] bytes, int at);
  }

  private static final int BUFFER_BYTES = 64 * 1024;
  private static final int PAGE_BYTES = 4096;

  private final Format.Crc crc = new Format.Crc();
  private final Disk.DiskFile file;
  private final long serial;
  private final Sink sink;

  private int readAheadBytes = BUFFER_BYTES;
  private byte[] buffer = new byte[0];
  private long bufferStart;
  private int bufferLength;
  private long position;

  /** Null: there is none, and encrypted records can't be read. */
  private final SegmentCipher cipher;

  /** What stands behind may still change: it is never read ahead. */
  private long stableEnd;

  private long walked;
  private long commitLast;
  private long acknowledged;
  private int syncs;
  private long unreadable;
  private long soundEnd;
  private int soundFacts;
  private int at;

  /**
   * @param start where the first commit stands
   * @param cipher null if the segment has no key, or nobody knows it
   */
  public SegmentReader(
      Disk.DiskFile file,
      long serial,
      long previousSequence,
      long start,
      SegmentCipher cipher,
      Sink sink) {
    this.file = file;
    this.serial = serial;
    this.walked = previousSequence;
    this.position = start;
    this.cipher = cipher;
    this.sink = sink;
  }

  /**
   * Moves to the next sound message that ends at or before {@code end}.
   *
   * @return false if there is none; may be asked again with a later end
   */
  public boolean next(long end) throws IOException {
    stableEnd = end;
    while (position + Format.RECORD_BYTES <= end) {
      load(position, (int) Math.min(Format.COMMIT_BYTES, end - position));
      int here = (int) (position - bufferStart);
      if (position + Format.COMMIT_BYTES <= end && isCommit(here)) {
        commit(here);
      } else if (crc.isRecord(buffer, here, serial, position, end)) {
        if (record()) {
          return true;
        }
      } else {
        position += Format.ALIGNMENT;
      }
    }
    return false;
  }

  private boolean isCommit(int here) {
    return crc.isCommit(buffer, here, position) && Format.i64(buffer, here + 8) == serial;
  }

  private void commit(int here) throws IOException {
    walkTo(Format.i64(buffer, here + 24));
    long first = Format.i64(buffer, here + 32);
    if (first != 0) {
      walked = Math.max(walked, first - 1);
    }
    commitLast = Format.i64(buffer, here + 40);
    acknowledged = Math.max(acknowledged, Format.i64(buffer, here + 48));
    boolean sealed = (Format.i32(buffer, here + 56) & Format.ENCRYPTED) != 0;
    if ((Format.i32(buffer, here + 56) & Format.CONTINUES) == 0) {
      syncs++;
    }
    int length = Format.i32(buffer, here + 16);
    int count = Format.i32(buffer, here + 20);
    position += Format.COMMIT_BYTES;
    soundEnd = position;
    if (sealed && length >= SegmentCipher.TAG_BYTES && length <= stableEnd - position) {
      open(length, count);
    }
  }

  /** Makes the records of an encrypted commit readable in the buffer, or steps over them. */
  private void open(int length, int count) throws IOException {
    long header = position - Format.COMMIT_BYTES;
    if (cipher == null) {
      position += length;
      soundEnd = position;
      unreadable += count;
      return;
    }
    load(header, Format.COMMIT_BYTES + length);
    if (cipher.open(buffer, (int) (header - bufferStart), length, header)) {
      soundEnd = position + length; // with the tag; damaged, no record passes
    }
  }

  /** Takes the record whose header is sound; true if it is a sound message. */
  private boolean record() throws IOException {
    int length = Format.i32(buffer, (int) (position - bufferStart));
    load(position, length);
    at = (int) (position - bufferStart);
    boolean sound = crc.isBody(buffer, at);
    long offset = position;
    position += length;
    if (buffer[at + 12] != Format.MESSAGE) {
      if (sound) {
        soundEnd = Math.max(soundEnd, position);
        soundFacts++;
        sink.fact(buffer, at);
      } else {
        sink.lost(walked + 1, walked, offset);
      }
      return false;
    }
    long sequence = Format.sequence(buffer, at);
    if (!sound || sequence <= walked) {
      return false; // the next sound thing tells that it is missing; or it came before
    }
    walkTo(sequence - 1);
    walked = sequence;
    soundEnd = Math.max(soundEnd, position);
    return true;
  }

  /** The message that was met can't be used: it counts as missing. */
  public void lose() {
    sink.lost(walked, walked, bufferStart + at);
  }

  /** Nothing more will be read: everything up to {@code last} that was not met is missing. */
  public void finish(long last) {
    walkTo(last);
  }

  /**
   * Reads only the facts that the segment begins with.
   *
   * @param end the end of the file
   * @return whether all of them are sound
   */
  public boolean facts(long end) throws IOException {
    stableEnd = end;
    readAheadBytes = PAGE_BYTES;
    load(position, Format.COMMIT_BYTES);
    if (!isCommit(0)) {
      return false;
    }
    int count = Format.i32(buffer, 20);
    next(Math.min(end, position + Format.COMMIT_BYTES + Format.i32(buffer, 16)));
    return soundFacts == count;
  }

  private void walkTo(long sequence) {
    if (sequence > walked) {
      sink.lost(walked + 1, sequence, position);
      walked = sequence;
    }
  }

  /** Steps over the page that can't be read. */
  public void skipPage() {
    position = (position / PAGE_BYTES + 1) * PAGE_BYTES;
  }

  private void load(long from, int length) throws IOException {
    if (from >= bufferStart && from + length <= bufferStart + bufferLength) {
      return;
    }
    int size = Math.max(readAheadBytes, length);
    if (buffer.length < size || buffer.length > readAheadBytes && size == readAheadBytes) {
      buffer = new byte[size];
    }
    bufferStart = from;
    bufferLength = 0;
    int read;
    try {
      read = file.read(from, buffer, 0, (int) Math.min(buffer.length, stableEnd - from));
    } catch (IOException farther) {
      read = file.read(from, buffer, 0, length); // a bad page behind this record may wait
    }
    if (read < length) {
      Format.zero(buffer, read, length - read); // the file is shorter than it should be
    }
    bufferLength = Math.max(read, length);
  }

  // ---- what was met

  public byte[] bytes() {
    return buffer;
  }

  /** Where the message stands in {@link #bytes}; until the next call. */
  public int at() {
    return at;
  }

  public long walked() {
    return walked;
  }

  public long position() {
    return position;
  }

  /** The last sequence of the last commit whose header was met; 0 if it had none. */
  public long commitLast() {
    return commitLast;
  }

  /** The highest cursor met in commit headers. */
  public long acknowledged() {
    return acknowledged;
  }

  /** Count of syncs whose commit headers were met. */
  public int syncs() {
    return syncs;
  }

  /** Count of records that were stepped over because there is no key. */
  public long unreadable() {
    return unreadable;
  }

  /** End of the last sound thing. */
  public long soundEnd() {
    return soundEnd;
  }
}

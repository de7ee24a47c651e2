package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.OutboxException.Reason;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import dev.whippet.internal.segment.SegmentCipher;
import dev.whippet.internal.segment.SegmentReader;
import java.io.Closeable;
import java.io.IOException;
import java.util.Arrays;
import okio.Buffer;

/**
 * Reads what one channel has stored, in sequence order, from the files. The accessors describe the
 * record that the last successful {@link #next} moved to, and are valid until the next call.
 *
 * <p>Damage is stepped over and reported as a gap; a place that can't be read counts as damaged at
 * the third attempt.
 *
 * <p>Owner: one thread at a time (the net thread). Limits: one open file; one read buffer of 64
 * KiB, or of the largest record met.
 */
public final class Cursor implements Closeable {
  private static final int READ_ATTEMPTS = 3;

  private final Outbox outbox;
  private final Writer.Shared shared;
  private final Segments segments;
  private final Facts facts;

  private long after;
  private Segment segment;
  private Disk.DiskFile file;
  private SegmentReader reader;
  private int failures;

  /** The last sequence of this segment that can be read. */
  private long sound;

  Cursor(Outbox outbox, Writer.Shared shared, long afterSequence) {
    this.outbox = outbox;
    this.shared = shared;
    this.segments = shared.channels[Channel.of(afterSequence)];
    this.facts = shared.facts;
    this.after = afterSequence;
  }

  /**
   * Moves to the next stored record.
   *
   * @return false when there is none yet; ask again after {@link Outbox.Listener#stored}
   * @throws OutboxException with READ_FAILED; the call may be repeated, and after three failures at
   *     one place that place counts as damaged and is reported as a gap
   */
  public boolean next() throws OutboxException {
    try {
      for (; ; ) {
        if (segment == null && !openNext()) {
          return false;
        }
        boolean sealed = segment.sealed;
        long end = segment.used;
        long last = segment.last;
        if (segment.released) {
          leave();
        } else if (reader.walked() < last && reader.next(end)) {
          failures = 0;
          if (take(last)) {
            return true;
          }
        } else if (!sealed) {
          return false;
        } else {
          end(last);
        }
      }
    } catch (OutboxException typed) {
      throw typed;
    } catch (IOException failed) {
      throw failure(failed);
    }
  }

  /** The first segment that has more. */
  private boolean openNext() throws IOException {
    Segment next = segments.after(Math.max(after, segments.acknowledged()));
    if (next == null) {
      return false;
    }
    try {
      file = shared.disk.openToRead(next.file);
    } catch (IOException failed) {
      if (next.released) {
        return openNext();
      }
      if (Arrays.asList(shared.disk.list(next.file.getParentFile()))
          .contains(next.file.getName())) {
        throw failed;
      }
      long last = next.last;
      new Found(next).lost(next.previousSequence + 1, last, 0);
      segments.cut(next, next.previousSequence);
      after = Math.max(after, last);
      return openNext();
    }
    SegmentCipher cipher = cipher(next);
    if (next.locked) {
      skipLocked(next);
      return openNext();
    }
    segment = next;
    sound = next.previousSequence;
    reader =
        new SegmentReader(
            file, next.serial, next.previousSequence, next.start, cipher, new Found(next));
    return true;
  }

  private SegmentCipher cipher(Segment next) throws IOException {
    try {
      return shared.vault.open(next);
    } catch (IOException unavailable) {
      leave();
      throw unavailable;
    }
  }

  /** Nobody has the key: reported, durably, and the file is kept. */
  private void skipLocked(Segment next) throws OutboxException {
    leave();
    long last = next.last;
    long first = Math.max(next.previousSequence, Math.max(after, segments.acknowledged())) + 1;
    if (first <= last) {
      next.kept = true;
      outbox.keep(next, first, last);
    }
    after = Math.max(after, last);
  }

  /** Whether the record that the reader stands on is to be delivered. */
  private boolean take(long last) {
    long sequence = reader.walked();
    if (sequence > last) {
      return false;
    }
    if (facts.route(route()) == null) {
      reader.lose();
      return false;
    }
    sound = sequence;
    if (sequence <= after
        || sequence <= segments.acknowledged()
        || sequence <= segments.droppedTo()
        || facts.isDropped(sequence)) {
      return false;
    }
    after = sequence;
    return true;
  }

  /** A sealed segment has no more. */
  private void end(long last) {
    Segment left = segment;
    if (!left.released && sound < last) {
      reader.finish(last);
      segments.cut(left, sound);
    }
    after = Math.max(after, last);
    leave();
  }

  private void leave() {
    Disk.DiskFile left = file;
    segment = null;
    file = null;
    reader = null;
    failures = 0;
    if (left != null) {
      try {
        left.close();
      } catch (IOException ignored) {
        // it was only read
      }
    }
  }

  private OutboxException failure(IOException failed) {
    String place = segment == null ? "a segment" : segment.place(reader.position());
    if (segment != null && ++failures >= READ_ATTEMPTS) {
      reader.skipPage();
      failures = 0;
    }
    return new OutboxException(Reason.READ_FAILED, "can't read " + place + ": " + failed, failed);
  }

  /** Losses and facts met in one segment. */
  private final class Found implements SegmentReader.Sink {
    private final Segment in;

    Found(Segment in) {
      this.in = in;
    }

    @Override
    public void lost(long first, long lastLost, long offset) {
      long last = Math.min(lastLost, in.last);
      long from = Math.max(first, Math.max(after, segments.acknowledged()) + 1);
      if (in.released || (from > last && first <= last)) {
        return; // another life of the file, or nobody waits for it
      }
      if (from > last || segments.lose(in, from, last)) {
        outbox.found(new GapReport(GapReport.Reason.DAMAGED, from, last, in.place(offset)));
      }
    }

    @Override
    public void fact(byte[] bytes, int at) {
      facts.learn(bytes, at, false);
    }
  }

  /** Goes on after this sequence instead: back for a resend, or forward. */
  public void seek(long afterSequence) {
    leave();
    after = afterSequence;
  }

  /** The sequence of the record. */
  public long sequence() {
    return Format.sequence(bytes(), at());
  }

  /** The route id of the record; {@link Outbox#route} knows it. */
  public int route() {
    return Format.i32(bytes(), at() + 32);
  }

  /** How the partition is chosen. */
  public PartitionChoice partitionChoice() {
    return PartitionChoice.of(bytes()[at() + 13]);
  }

  /** The partition id of PARTITION, the key's hash of KEY, 0 of STICKY. */
  public int partitionValue() {
    return Format.i32(bytes(), at() + 36);
  }

  /** When it was sent. */
  public long originTimestampMicros() {
    return Format.i64(bytes(), at() + 24);
  }

  /** Whether it need not be sent any more. */
  public boolean isExpired() {
    int timeToLive = Format.i32(bytes(), at() + 40);
    OutboxConfig config = shared.config;
    return (timeToLive != 0 || config.ageMillisMax() > 0)
        && config.isExpired(originTimestampMicros(), timeToLive, config.nowMillis());
  }

  /** Bytes that the record takes on the disk. */
  public int recordBytes() {
    return Format.i32(bytes(), at());
  }

  /** A copy of the key; empty if there is none. */
  public byte[] key() {
    return Format.key(bytes(), at());
  }

  /** Size of the encoded user headers. */
  public int headersLength() {
    return Format.i32(bytes(), at() + 48);
  }

  /** A copy of the encoded user headers; empty if there are none. */
  public byte[] headers() {
    return Format.headers(bytes(), at());
  }

  /** Size of the payload. */
  public int payloadLength() {
    return Format.i32(bytes(), at() + 52);
  }

  /** Appends the payload. */
  public void payload(Buffer out) {
    out.write(bytes(), Format.payloadAt(bytes(), at()), payloadLength());
  }

  /** A copy of the payload. */
  public byte[] payload() {
    return Format.payload(bytes(), at());
  }

  private byte[] bytes() {
    if (reader == null) {
      throw new IllegalStateException("no record: next() has not returned true");
    }
    return reader.bytes();
  }

  private int at() {
    return reader.at();
  }

  /** Closes the file; the outbox goes on. */
  @Override
  public void close() {
    leave();
  }
}

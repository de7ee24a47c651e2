package dev.whippet.internal.outbox;

import java.io.Closeable;
import okio.Buffer;

/**
 * Reads what is stored, in sequence order, from the files. The accessors describe the record that
 * the last successful {@link #next} moved to, and are valid until the next call.
 *
 * <p>Owner: one thread at a time (the net thread). Limits: one read buffer of 64 KiB, or of the
 * largest record met.
 */
public final class Cursor implements Closeable {
  Cursor() {}

  /**
   * Moves to the next stored record.
   *
   * @return false when there is none yet; ask again after {@link Outbox.Listener#stored}
   * @throws OutboxException with READ_FAILED; the call may be repeated, and after three failures at
   *     one place that place counts as damaged and is reported as a gap
   */
  public boolean next() throws OutboxException {
    throw new UnsupportedOperationException();
  }

  /** Goes on after this sequence instead: back for a resend, or forward. */
  public void seek(long afterSequence) {
    throw new UnsupportedOperationException();
  }

  /** The sequence of the record. */
  public long sequence() {
    throw new UnsupportedOperationException();
  }

  /** The route id of the record; {@link Outbox#route} knows it. */
  public int route() {
    throw new UnsupportedOperationException();
  }

  /** How the partition is chosen. */
  public PartitionChoice partitionChoice() {
    throw new UnsupportedOperationException();
  }

  /** The partition id of PARTITION, the key's hash of KEY, 0 of STICKY. */
  public int partitionValue() {
    throw new UnsupportedOperationException();
  }

  /** When it was sent. */
  public long originTimestampMicros() {
    throw new UnsupportedOperationException();
  }

  /** A copy of the key; empty if there is none. */
  public byte[] key() {
    throw new UnsupportedOperationException();
  }

  /** Size of the encoded user headers. */
  public int headersLength() {
    throw new UnsupportedOperationException();
  }

  /** A copy of the encoded user headers; empty if there are none. */
  public byte[] headers() {
    throw new UnsupportedOperationException();
  }

  /** Size of the payload. */
  public int payloadLength() {
    throw new UnsupportedOperationException();
  }

  /** Appends the payload. */
  public void payload(Buffer out) {
    throw new UnsupportedOperationException();
  }

  /** A copy of the payload. */
  public byte[] payload() {
    throw new UnsupportedOperationException();
  }

  /** Closes the file; the outbox goes on. */
  @Override
  public void close() {
    throw new UnsupportedOperationException();
  }
}

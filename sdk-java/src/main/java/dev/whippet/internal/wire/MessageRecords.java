package dev.whippet.internal.wire;

import java.util.Arrays;
import okio.Buffer;

/**
 * Message records back to back, as send_messages and publish carry them (iggy-classic.md 5.1), with
 * the end of each, which the index entries of send_messages need (5.2).
 *
 * <pre>
 *  0 u64 checksum 0      | 24 u64 offset 0              | 48 u32 user headers length H
 *  8 u128 id             | 32 u64 timestamp 0           | 52 u32 payload length P
 *                        | 40 u64 origin timestamp (us) | 56 u64 reserved 0
 * 64 P bytes payload | H bytes user headers
 * </pre>
 *
 * <p>Reusable: encoding a request moves the bytes out and leaves this empty. Limits: {@link
 * Limits#MESSAGE_PAYLOAD_BYTES_MAX}, {@link Limits#USER_HEADERS_BYTES_MAX}, and all records
 * together {@link Limits#BATCH_PAYLOAD_BYTES_MAX}. One thread at a time.
 */
public final class MessageRecords {
  private static final int ENDS_INITIAL = 64;

  private final Buffer records = new Buffer();
  private int[] ends = new int[ENDS_INITIAL];
  private int count;

  /** The bytes that a message of these sizes takes. */
  public static int recordBytes(int payloadBytes, int headersBytes) {
    return Limits.MESSAGE_HEADER_BYTES + payloadBytes + headersBytes;
  }

  /**
   * Appends one message. The id is a 128-bit number in two halves; 0 lets the server draw one.
   *
   * @param headersOrNull the encoded user headers (iggy-classic.md 5.6)
   */
  public void add(
      long idLow, long idHigh, long originTimestampMicros, byte[] payload, byte[] headersOrNull) {
    int headersBytes = headersOrNull == null ? 0 : headersOrNull.length;
    writeHeader(idLow, idHigh, originTimestampMicros, payload.length, headersBytes);
    records.write(payload);
    finish(headersOrNull);
  }

  /** As above; moves all bytes out of {@code payload}. */
  public void add(
      long idLow, long idHigh, long originTimestampMicros, Buffer payload, byte[] headersOrNull) {
    int headersBytes = headersOrNull == null ? 0 : headersOrNull.length;
    writeHeader(idLow, idHigh, originTimestampMicros, payload.size(), headersBytes);
    records.write(payload, payload.size());
    finish(headersOrNull);
  }

  /** Messages added and not yet moved into a request. */
  public int count() {
    return count;
  }

  /** Bytes of their records. */
  public int byteCount() {
    return (int) records.size();
  }

  public void clear() {
    records.clear();
    count = 0;
  }

  /** Writes one 16-byte index entry per message: its end, counted from the first record. */
  void writeIndexTo(Buffer out) {
    for (int i = 0; i < count; i++) {
      out.writeIntLe(0).writeIntLe(ends[i]).writeLongLe(0);
    }
  }

  /** Moves the records; this is empty afterwards. */
  void moveTo(Buffer out) {
    out.write(records, records.size());
    count = 0;
  }

  private void writeHeader(
      long idLow, long idHigh, long originTimestampMicros, long payloadBytes, int headersBytes) {
    if (payloadBytes > Limits.MESSAGE_PAYLOAD_BYTES_MAX) {
      throw new IllegalArgumentException(
          "payload has " + payloadBytes + " bytes, limit is " + Limits.MESSAGE_PAYLOAD_BYTES_MAX);
    }
    if (headersBytes > Limits.USER_HEADERS_BYTES_MAX) {
      throw new IllegalArgumentException(
          "user headers have "
              + headersBytes
              + " bytes, limit is "
              + Limits.USER_HEADERS_BYTES_MAX);
    }
    long total = records.size() + recordBytes((int) payloadBytes, headersBytes);
    if (total > Limits.BATCH_PAYLOAD_BYTES_MAX) {
      throw new IllegalArgumentException(
          "batch would have " + total + " bytes, limit is " + Limits.BATCH_PAYLOAD_BYTES_MAX);
    }
    records.writeLongLe(0).writeLongLe(idLow).writeLongLe(idHigh);
    records.writeLongLe(0).writeLongLe(0).writeLongLe(originTimestampMicros);
    records.writeIntLe(headersBytes).writeIntLe((int) payloadBytes).writeLongLe(0);
  }

  private void finish(byte[] headersOrNull) {
    if (headersOrNull != null) {
      records.write(headersOrNull);
    }
    if (count == ends.length) {
      ends = Arrays.copyOf(ends, count * 2);
    }
    ends[count++] = (int) records.size();
  }
}

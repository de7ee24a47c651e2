package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;

/**
 * What {@link Outbox#send} takes: a reusable holder. Everything is copied inside {@code send}; the
 * holder and its arrays belong to the caller again when it returns. Not thread-safe.
 */
public final class Entry {
  static final byte[] EMPTY = new byte[0];

  /** A key on the wire has one length byte. */
  static final int KEY_BYTES_MAX = 255;

  int lane = Channel.NORMAL;
  int timeToLiveMillis;
  boolean report;
  int route;
  long originTimestampMicros;
  PartitionChoice choice = PartitionChoice.STICKY;
  int choiceValue;
  byte[] key = EMPTY;
  byte[] headers = EMPTY;
  byte[] payload = EMPTY;
  int payloadOffset;
  int payloadLength;

  /** An entry for the sticky partition, with no headers and an empty payload. */
  public Entry() {}

  /** Sets the route, as {@link Outbox#routeFor} returned it. */
  public Entry route(int id) {
    this.route = id;
    return this;
  }

  /** Sets the lane; {@link Channel#NORMAL} is the default. */
  public Entry lane(int lane) {
    this.lane = lane;
    return this;
  }

  /** Sets after how many milliseconds it need not be sent any more; 0, the default: never. */
  public Entry timeToLive(int millis) {
    this.timeToLiveMillis = millis;
    return this;
  }

  /** It tells about drops: taken beyond the bounds of the backlog, and never waited for. */
  public Entry report() {
    this.report = true;
    return this;
  }

  /** Sets the time that the wire's origin timestamp will carry. */
  public Entry originTimestampMicros(long micros) {
    this.originTimestampMicros = micros;
    return this;
  }

  /** Lets the producer's sticky partition take it; the default. */
  public Entry sticky() {
    this.choice = PartitionChoice.STICKY;
    this.choiceValue = 0;
    this.key = EMPTY;
    return this;
  }

  /** Names the partition. */
  public Entry partition(int id) {
    this.choice = PartitionChoice.PARTITION;
    this.choiceValue = id;
    this.key = EMPTY;
    return this;
  }

  /** Lets the key choose: its XXH32 (seed 0) and its 1 to 255 bytes. */
  public Entry key(int hash, byte[] bytes) {
    if (bytes.length == 0 || bytes.length > KEY_BYTES_MAX) {
      throw new IllegalArgumentException("key is not 1 to 255 bytes: " + bytes.length);
    }
    this.choice = PartitionChoice.KEY;
    this.choiceValue = hash;
    this.key = bytes;
    return this;
  }

  /** Sets the encoded user headers; null or empty means none. */
  public Entry headers(byte[] encodedOrNull) {
    this.headers = encodedOrNull == null ? EMPTY : encodedOrNull;
    return this;
  }

  /** Sets the whole array as payload. */
  public Entry payload(byte[] bytes) {
    return payload(bytes, 0, bytes.length);
  }

  /** Sets a part of an array as payload. */
  public Entry payload(byte[] bytes, int offset, int length) {
    if (offset < 0 || length < 0 || offset > bytes.length - length) {
      throw new IndexOutOfBoundsException(
          "offset " + offset + ", length " + length + " of " + bytes.length + " bytes");
    }
    this.payload = bytes;
    this.payloadOffset = offset;
    this.payloadLength = length;
    return this;
  }

  long bodyBytes() {
    return (long) key.length + headers.length + payloadLength;
  }

  /** Writes the record without its CRCs; the length is {@link Format#recordLength}. */
  void write(byte[] b, int at, int length, long sequence) {
    Format.zero(b, at, Format.RECORD_BYTES);
    Format.put32(b, at, length);
    b[at + 12] = Format.MESSAGE;
    b[at + 13] = (byte) choice.code;
    Format.put64(b, at + 16, sequence);
    Format.put64(b, at + 24, originTimestampMicros);
    Format.put32(b, at + 32, route);
    Format.put32(b, at + 36, choiceValue);
    Format.put32(b, at + 40, timeToLiveMillis);
    Format.put16(b, at + 44, key.length);
    Format.put32(b, at + 48, headers.length);
    Format.put32(b, at + 52, payloadLength);
    int to = at + Format.RECORD_BYTES;
    to = Format.copy(key, 0, key.length, b, to);
    to = Format.copy(headers, 0, headers.length, b, to);
    to = Format.copy(payload, payloadOffset, payloadLength, b, to);
    Format.zero(b, to, at + length - to);
  }
}

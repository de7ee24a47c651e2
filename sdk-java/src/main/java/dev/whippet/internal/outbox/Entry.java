package dev.whippet.internal.outbox;

/**
 * What {@link Outbox#send} takes: a reusable holder. Everything is copied inside {@code send}; the
 * holder and its arrays belong to the caller again when it returns. Not thread-safe.
 */
public final class Entry {
  static final byte[] EMPTY = new byte[0];

  /** A key on the wire has one length byte. */
  static final int KEY_BYTES_MAX = 255;

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
}

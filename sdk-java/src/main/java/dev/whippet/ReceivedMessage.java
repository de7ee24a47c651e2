package dev.whippet;

import java.util.List;
import okio.ByteString;

/** One message as a {@link Consumer} received it. Immutable but for the payload's array. */
public final class ReceivedMessage {
  private final int partition;
  private final long offset;
  private final long timestampMicros;
  private final long originTimestampMicros;
  private final long idLow;
  private final long idHigh;
  private final byte[] payload;
  private final byte[] headers;

  ReceivedMessage(int partition, long offset, long[] times, long[] id, byte[][] content) {
    this.partition = partition;
    this.offset = offset;
    this.timestampMicros = times[0];
    this.originTimestampMicros = times[1];
    this.idLow = id[0];
    this.idHigh = id[1];
    this.payload = content[0];
    this.headers = content[1];
  }

  /**
   * The partition it was read from.
   *
   * @return at least 0
   */
  public int partition() {
    return partition;
  }

  /**
   * Its offset in the partition.
   *
   * @return at least 0
   */
  public long offset() {
    return offset;
  }

  /**
   * When the server stored it.
   *
   * @return microseconds since 1970 by the server's clock
   */
  public long timestampMicros() {
    return timestampMicros;
  }

  /**
   * When {@link WhippetClient#send} took it.
   *
   * @return microseconds since 1970 by the sender's clock; 0 if the sender did not say
   */
  public long originTimestampMicros() {
    return originTimestampMicros;
  }

  /**
   * Its id as 16 bytes in the order of the wire. For a message of this library: a function of the
   * outbox's identity and the sequence, the same whenever it is sent again.
   *
   * @return a new array
   */
  public byte[] id() {
    byte[] id = new byte[16];
    for (int i = 0; i < 8; i++) {
      id[i] = (byte) (idLow >>> 8 * i);
      id[8 + i] = (byte) (idHigh >>> 8 * i);
    }
    return id;
  }

  /**
   * The payload.
   *
   * @return the array itself, not a copy
   */
  public byte[] payload() {
    return payload;
  }

  /**
   * The payload as text.
   *
   * @return the payload read as UTF-8
   */
  public String text() {
    return ByteString.of(payload).utf8();
  }

  /**
   * The user headers in the order of the wire.
   *
   * @return an unmodifiable list, decoded at each call; empty if there are none or if they break
   *     the layout
   */
  public List<Header> headers() {
    return Header.Codec.decode(headers);
  }

  /**
   * The text of the last header of that name.
   *
   * @param name of the header
   * @return null if there is none
   */
  public String header(String name) {
    String text = null;
    for (Header header : headers()) {
      if (header.name().equals(name)) {
        text = header.text();
      }
    }
    return text;
  }

  @Override
  public String toString() {
    return "ReceivedMessage{partition "
        + partition
        + ", offset "
        + offset
        + ", "
        + payload.length
        + " bytes}";
  }
}

package dev.whippet;

import dev.whippet.internal.check.Check;
import dev.whippet.internal.segment.Channel;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.TimeUnit;
import okio.ByteString;

/**
 * What {@link WhippetClient#send} takes: a payload with, optionally, a key or a partition, headers
 * and a destination. Immutable; the payload is not copied by {@link Builder#payload(byte[])}, so it
 * must not change until {@code send} has returned.
 *
 * <p>Where it goes: to the partition given, else to the partition of its key (XXH32 modulo the
 * partition count, as Apache Iggy places keys), else to one partition that is fixed for this
 * outbox, which keeps a device's order.
 */
public final class Message {
  /** Largest payload, iggy-classic.md 1.4. */
  public static final int PAYLOAD_BYTES_MAX = 64_000_000;

  /** Largest sum of all headers as encoded, iggy-classic.md 1.4. */
  public static final int HEADERS_BYTES_MAX = 100_000;

  /** Longest key. */
  public static final int KEY_BYTES_MAX = 255;

  /** Longest time to live, in milliseconds: about 49 days. */
  public static final long TIME_TO_LIVE_MILLIS_MAX = 0xffffffffL;

  private final Builder fields;

  /**
   * Which messages go first. Each lane keeps its own order, from the caller to the server; between
   * lanes there is none.
   */
  public enum Lane {
    /** What most messages are. The default. */
    NORMAL,
    /** Goes before everything else, waits for no linger, and is exempt from rates. */
    URGENT,
    /** Goes when nothing else waits, and is dropped first. */
    BULK;

    private static final Lane[] ALL = values();

    static Lane of(long sequence) {
      return ALL[Channel.lane(Channel.of(sequence))];
    }
  }

  private Message(Builder fields) {
    this.fields = fields;
  }

  /**
   * A message with nothing but a payload.
   *
   * @param payload 0 to 64,000,000 bytes; not copied
   * @return the message
   */
  public static Message of(byte[] payload) {
    return builder().payload(payload).build();
  }

  /**
   * A message with nothing but a text.
   *
   * @param payload sent as UTF-8
   * @return the message
   */
  public static Message of(String payload) {
    return builder().payload(payload).build();
  }

  /**
   * Starts a message.
   *
   * @return a builder with an empty payload
   */
  public static Builder builder() {
    return new Builder();
  }

  byte[] payload() {
    return fields.payload;
  }

  /** Null if there is none. */
  ByteString key() {
    return fields.key;
  }

  /** -1 if there is none. */
  int partition() {
    return fields.partition;
  }

  List<Header> headers() {
    return fields.headers;
  }

  Lane lane() {
    return fields.lane;
  }

  /** 0: for ever. */
  long timeToLiveMillis() {
    return fields.timeToLiveMillis;
  }

  /** Null = the client's. */
  String stream() {
    return fields.stream;
  }

  /** Null = the client's. */
  String topic() {
    return fields.topic;
  }

  @Override
  public String toString() {
    return "Message{"
        + fields.payload.length
        + " bytes, "
        + fields.headers.size()
        + " headers"
        + (fields.key == null ? "" : ", key of " + fields.key.size() + " bytes")
        + (fields.partition < 0 ? "" : ", partition " + fields.partition)
        + (fields.lane == Lane.NORMAL ? "" : ", " + fields.lane)
        + "}";
  }

  /** Builds a {@link Message}. Every value is checked at once. Not thread-safe. */
  public static final class Builder {
    private static final byte[] EMPTY = new byte[0];

    private byte[] payload = EMPTY;
    private ByteString key;
    private int partition = -1;
    private List<Header> headers = Collections.emptyList();
    private int headersBytes;
    private String stream;
    private String topic;
    private Lane lane = Lane.NORMAL;
    private long timeToLiveMillis;

    private Builder() {}

    private Builder(Builder from) {
      payload = from.payload;
      key = from.key;
      partition = from.partition;
      headers = Collections.unmodifiableList(new ArrayList<>(from.headers));
      headersBytes = from.headersBytes;
      stream = from.stream;
      topic = from.topic;
      lane = from.lane;
      timeToLiveMillis = from.timeToLiveMillis;
    }

    /**
     * The payload; empty by default.
     *
     * @param payload 0 to 64,000,000 bytes; not copied
     * @return this
     */
    public Builder payload(byte[] payload) {
      Check.range("payload bytes", Check.notNull("payload", payload).length, 0, PAYLOAD_BYTES_MAX);
      this.payload = payload;
      return this;
    }

    /**
     * The payload as text.
     *
     * @param payload sent as UTF-8
     * @return this
     */
    public Builder payload(String payload) {
      return payload(ByteString.encodeUtf8(Check.notNull("payload", payload)).toByteArray());
    }

    /**
     * Messages of one key go to one partition, in order. None by default; excludes {@link
     * #partition}.
     *
     * @param key 1 to 255 bytes; copied
     * @return this
     */
    public Builder key(byte[] key) {
      Check.range("key bytes", Check.notNull("key", key).length, 1, KEY_BYTES_MAX);
      this.key = ByteString.of(key);
      return this;
    }

    /**
     * As {@link #key(byte[])}, with the text's UTF-8.
     *
     * @param key 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder key(String key) {
      Check.utf8Length("key", key, 1, KEY_BYTES_MAX);
      return key(ByteString.encodeUtf8(key).toByteArray());
    }

    /**
     * The partition. None by default; excludes {@link #key}.
     *
     * @param partition 0 to 2,147,483,647; if it does not exist, sending is parked and says so
     * @return this
     */
    public Builder partition(int partition) {
      Check.range("partition", partition, 0, Integer.MAX_VALUE);
      this.partition = partition;
      return this;
    }

    /**
     * Adds a header of text.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @param value 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder header(String name, String value) {
      Check.utf8Length("header " + name, value, 1, Header.SIZE_BYTES_MAX);
      return header(name, Header.Kind.STRING, ByteString.encodeUtf8(value).toByteArray());
    }

    /**
     * Adds a header of any kind.
     *
     * @param name 1 to 255 bytes of UTF-8
     * @param kind of the value
     * @param value exactly the kind's size, little-endian; 1 to 255 bytes for raw and text; copied
     * @return this
     */
    public Builder header(String name, Header.Kind kind, byte[] value) {
      Check.utf8Length("header name", name, 1, Header.SIZE_BYTES_MAX);
      int exact = Check.notNull("kind", kind).sizeBytes();
      Check.range(
          "bytes of header " + name + " of kind " + kind,
          Check.notNull("value", value).length,
          exact == 0 ? 1 : exact,
          exact == 0 ? Header.SIZE_BYTES_MAX : exact);
      ByteString key = ByteString.encodeUtf8(name);
      Check.range(
          "bytes of all headers",
          headersBytes + Header.Codec.encodedBytes(key.size(), value.length),
          0,
          HEADERS_BYTES_MAX);
      headersBytes += Header.Codec.encodedBytes(key.size(), value.length);
      if (headers.isEmpty()) {
        headers = new ArrayList<>();
      }
      headers.add(new Header(Header.Kind.STRING, key, kind, ByteString.of(value)));
      return this;
    }

    /**
     * Where it goes; by default the client's destination.
     *
     * @param stream 1 to 255 bytes of UTF-8
     * @param topic 1 to 255 bytes of UTF-8
     * @return this
     */
    public Builder destination(String stream, String topic) {
      this.stream = Check.utf8Length("stream", stream, 1, 255);
      this.topic = Check.utf8Length("topic", topic, 1, 255);
      return this;
    }

    /**
     * Which messages it goes with; {@link Lane#NORMAL} by default.
     *
     * @param lane see there
     * @return this
     */
    public Builder lane(Lane lane) {
      this.lane = Check.notNull("lane", lane);
      return this;
    }

    /**
     * A message that is older when its turn comes is not sent but dropped, with a {@link Gap}; by
     * default it never is. By the device's clock; while that has never been set (it shows a time
     * before 2020) or was set back, nothing is too old.
     *
     * @param time 1 ms to {@link #TIME_TO_LIVE_MILLIS_MAX}
     * @param unit of the time
     * @return this
     */
    public Builder timeToLive(long time, TimeUnit unit) {
      long millis = Check.notNull("unit", unit).toMillis(time);
      timeToLiveMillis =
          Check.range("time to live in milliseconds", millis, 1, TIME_TO_LIVE_MILLIS_MAX);
      return this;
    }

    /**
     * The message as built so far.
     *
     * @return an immutable message
     * @throws IllegalArgumentException if it has both a key and a partition
     */
    public Message build() {
      if (key != null && partition >= 0) {
        throw new IllegalArgumentException(
            "a message has either a key or a partition, this one has partition " + partition);
      }
      return new Message(new Builder(this));
    }
  }
}

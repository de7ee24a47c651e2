package dev.whippet.internal.wire;

/**
 * Sizes and bounds of the classic wire (iggy-classic.md 1.4, 4, 5) and of the extension. Names end
 * in the unit. A bound is checked before memory is taken for what it bounds.
 *
 * <p>Constants only; any thread.
 */
public final class Limits {
  /** Request: {@code length}, {@code code}. Response: {@code status}, {@code length}. */
  public static final int FRAME_HEADER_BYTES = 8;

  /** Largest payload of every command but send_messages and publish; this size is still taken. */
  public static final int CONTROL_PAYLOAD_BYTES_MAX = 10 * 1024 * 1024;

  /** Ours: a login carries two short texts and two short descriptions; nobody is known yet. */
  public static final int LOGIN_PAYLOAD_BYTES_MAX = 8 * 1024;

  /**
   * Ours, a default: largest payload of send_messages and publish. Holds one message of {@link
   * #MESSAGE_PAYLOAD_BYTES_MAX} with {@link #USER_HEADERS_BYTES_MAX} and everything around it.
   */
  public static final int BATCH_PAYLOAD_BYTES_MAX = 64 * 1024 * 1024;

  /** Fixed part of a message record (5.1). */
  public static final int MESSAGE_HEADER_BYTES = 64;

  /** Not 64 MiB: 64 million (1.4). */
  public static final int MESSAGE_PAYLOAD_BYTES_MAX = 64_000_000;

  public static final int USER_HEADERS_BYTES_MAX = 100_000;

  /** One entry per message in send_messages (5.2). */
  public static final int INDEX_ENTRY_BYTES = 16;

  /** Identifiers, names, keys: a length of one byte. */
  public static final int NAME_BYTES_MAX = 255;

  public static final int USERNAME_BYTES_MIN = 3;
  public static final int USERNAME_BYTES_MAX = 50;
  public static final int PASSWORD_BYTES_MIN = 3;
  public static final int PASSWORD_BYTES_MAX = 100;
  public static final int TOKEN_NAME_BYTES_MIN = 3;
  public static final int TOKEN_NAME_BYTES_MAX = 30;

  /** Partitions that one request may create (3.3). */
  public static final int PARTITIONS_PER_REQUEST_MAX = 1000;

  /** Fixed part of a poll response: partition, current offset, count (5.4). */
  public static final int POLLED_HEADER_BYTES = 16;

  public static final int PRODUCER_ID_BYTES = 16;
  public static final int INSTANCE_BYTES = 16;
  public static final int BROKER_ID_BYTES = 16;

  /** The version that {@code hello} offers (whippet-extension.md 2). */
  public static final int EXTENSION_VERSION = 1;

  /** Feature bits of {@code hello}. */
  public static final long FEATURE_PUBLISH = 1L;

  public static final long FEATURE_SUBSCRIBE = 2L;

  /** Channels are a {@code u16}. */
  public static final int CHANNEL_MAX = 0xFFFF;

  private Limits() {}
}

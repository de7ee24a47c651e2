package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * How a new topic keeps its messages (iggy-classic.md 4.5 to 4.8).
 *
 * <pre>
 * u8 compression 1 none, 2 gzip (recorded only)
 * u64 message expiry (us)  0 server's default, all ones never
 * u64 max size (bytes)     0 server's default, all ones unlimited
 * u8 replication factor    0 not specified
 * </pre>
 *
 * <p>Immutable; any thread.
 */
public final class TopicSettings {
  public static final long SERVER_DEFAULT = 0;
  public static final long UNLIMITED = -1;
  public static final int COMPRESSION_NONE = 1;
  public static final int COMPRESSION_GZIP = 2;

  /** The server's expiry and size, no compression. */
  public static final TopicSettings DEFAULT =
      new TopicSettings(COMPRESSION_NONE, SERVER_DEFAULT, SERVER_DEFAULT, 0);

  private final int compression;
  private final long messageExpiryMicros;
  private final long maxSizeBytes;
  private final int replicationFactor;

  public TopicSettings(
      int compression, long messageExpiryMicros, long maxSizeBytes, int replicationFactor) {
    if (compression != COMPRESSION_NONE && compression != COMPRESSION_GZIP) {
      throw new IllegalArgumentException("compression: " + compression + ", expected 1 or 2");
    }
    if (replicationFactor < 0 || replicationFactor > 255) {
      throw new IllegalArgumentException("replicationFactor: " + replicationFactor);
    }
    this.compression = compression;
    this.messageExpiryMicros = messageExpiryMicros;
    this.maxSizeBytes = maxSizeBytes;
    this.replicationFactor = replicationFactor;
  }

  void writeTo(Buffer out) {
    out.writeByte(compression).writeLongLe(messageExpiryMicros).writeLongLe(maxSizeBytes);
    out.writeByte(replicationFactor);
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.OutboxException.Reason;
import dev.whippet.internal.segment.Format;
import dev.whippet.internal.segment.SegmentCipher;
import java.io.IOException;

/**
 * The keys of segments, wrapped and unwrapped by the application. Keeps no key longer than the
 * segment that it belongs to is open. Any thread.
 */
final class Vault {
  private final OutboxConfig.Keys keys;

  /**
   * @param keys null: nothing is encrypted
   */
  Vault(OutboxConfig.Keys keys) {
    this.keys = keys;
  }

  boolean encrypts() {
    return keys != null;
  }

  /** Asks the application to wrap a new key. */
  byte[] wrap(byte[] key) throws IOException {
    byte[] wrapped;
    try {
      wrapped = keys.wrap(key.clone());
    } catch (IOException | RuntimeException failed) {
      throw new IOException("the application can't wrap a segment's key: " + failed, failed);
    }
    if (wrapped == null || wrapped.length == 0 || wrapped.length > Format.WRAPPED_KEY_BYTES_MAX) {
      throw new IOException(
          "wrapped key has "
              + (wrapped == null ? 0 : wrapped.length)
              + " bytes, limit 1 to "
              + Format.WRAPPED_KEY_BYTES_MAX);
    }
    return wrapped;
  }

  /**
   * The cipher of a segment; null if it has no key, or the application does not have it any more.
   *
   * @throws OutboxException KEY_UNAVAILABLE: it may have it later
   */
  SegmentCipher open(Segment segment) throws IOException {
    if (segment.wrappedKey == null || segment.locked) {
      return null;
    }
    byte[] key;
    try {
      key = keys == null ? none() : keys.unwrap(segment.wrappedKey.clone());
    } catch (IOException | RuntimeException failed) {
      throw new OutboxException(
          Reason.KEY_UNAVAILABLE,
          "the key of "
              + segment.file.getName()
              + " can't be had ("
              + failed
              + "): nothing is lost, open again when the keys can be used",
          failed);
    }
    if (key == null || key.length != SegmentCipher.KEY_BYTES) {
      segment.locked = true;
      return null;
    }
    return new SegmentCipher(key);
  }

  private static byte[] none() throws IOException {
    throw new IOException("this outbox is encrypted and was opened without keys");
  }
}

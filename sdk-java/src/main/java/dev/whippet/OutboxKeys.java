package dev.whippet;

import java.io.IOException;

/**
 * Wraps the keys that the outbox encrypts messages with: each segment (about 4 MiB) has one of its
 * own, drawn at random, that stands wrapped in the segment. On Android a key of the platform's key
 * store does it, elsewhere a TPM, or a key in a file that others can't read.
 *
 * <p>Rotation: from some moment on wrap with another key, and write into what is returned which key
 * it was. The old one can go when the outbox was empty once.
 *
 * <p>Called on the client's own threads and while it is opened; may block, but receipts "stored"
 * wait meanwhile.
 */
public interface OutboxKeys {
  /**
   * Wraps a key.
   *
   * @param key 32 bytes
   * @return 1 to 1,024 bytes, which may stand on the disk
   * @throws IOException if that is not possible now: what was to be stored is not stored then
   */
  byte[] wrap(byte[] key) throws IOException;

  /**
   * Gives back the key.
   *
   * @param wrapped as {@link #wrap} returned it
   * @return the 32 bytes; null if it is lost for good: the segment's messages are reported as a gap
   *     then, and its file is kept
   * @throws IOException if the key can't be had now, for instance because the device is locked:
   *     nothing is given up, opening fails or sending pauses
   */
  byte[] unwrap(byte[] wrapped) throws IOException;
}

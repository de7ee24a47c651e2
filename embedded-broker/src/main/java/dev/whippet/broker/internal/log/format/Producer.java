package dev.whippet.broker.internal.log.format;

import java.nio.ByteBuffer;

/**
 * Whose sequence it is: a (user, producer, channel) of whippet-extension.md 3.1. All zero = nobody.
 *
 * @param userId the user that published
 * @param idHigh bytes 0..7 of the producer id, read big-endian
 * @param idLow bytes 8..15
 * @param channel 0..65535
 */
public record Producer(int userId, long idHigh, long idLow, int channel) {

  /** From the 16 bytes of a hello. */
  public static Producer of(int userId, byte[] id, int channel) {
    if (id.length != 16) {
      throw new IllegalArgumentException("producer id is not 16 bytes: " + id.length);
    }
    ByteBuffer bytes = ByteBuffer.wrap(id);
    return new Producer(userId, bytes.getLong(), bytes.getLong(), channel);
  }
}

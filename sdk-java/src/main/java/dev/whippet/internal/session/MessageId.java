package dev.whippet.internal.session;

/**
 * The 128-bit id of a record: a fixed function of producer, channel and sequence, so that a record
 * sent again carries the id of its first sending (whippet-extension.md 3.7).
 *
 * <pre>
 * low  = producer[0..8)  xor mix(sequence)               one-to-one for each producer
 * high = producer[8..16) xor mix(sequence + channel + 1)  spreads channels
 * </pre>
 *
 * <p>Different sequences of a producer always differ in the low half.
 */
final class MessageId {
  private final long producerLow;
  private final long producerHigh;

  MessageId(byte[] producerId) {
    producerLow = littleEndian(producerId, 0);
    producerHigh = littleEndian(producerId, 8);
  }

  long low(long sequence) {
    return producerLow ^ mix(sequence);
  }

  long high(int channel, long sequence) {
    return producerHigh ^ mix(sequence + ((long) channel + 1 << 48));
  }

  /** SplitMix64's finalizer: a bijection of 64 bits. */
  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  private static long littleEndian(byte[] bytes, int from) {
    long value = 0;
    for (int i = 7; i >= 0; i--) {
      value = value << 8 | (bytes[from + i] & 0xff);
    }
    return value;
  }
}

package dev.whippet.conformance.kill;

import java.nio.ByteBuffer;
import java.util.Random;
import java.util.zip.CRC32;

/**
 * What the kill tests send: {@code run} and {@code number} order the readings of one publisher; the
 * rest is noise.
 *
 * <pre>
 * 0 run i32 | 4 number i64 | 12 noise
 * </pre>
 */
record Reading(int run, long number, byte[] noise) implements Comparable<Reading> {
  private static final int HEADER_BYTES = 12;
  private static final int NOISE_BYTES_MIN = 48;
  private static final int NOISE_BYTES_SPREAD = 240;

  static Reading random(int run, long number, Random random) {
    byte[] noise = new byte[NOISE_BYTES_MIN + random.nextInt(NOISE_BYTES_SPREAD)];
    random.nextBytes(noise);
    return new Reading(run, number, noise);
  }

  static Reading decode(byte[] payload) {
    ByteBuffer in = ByteBuffer.wrap(payload);
    int run = in.getInt();
    long number = in.getLong();
    byte[] noise = new byte[in.remaining()];
    in.get(noise);
    return new Reading(run, number, noise);
  }

  byte[] encode() {
    return ByteBuffer.allocate(HEADER_BYTES + noise.length)
        .putInt(run)
        .putLong(number)
        .put(noise)
        .array();
  }

  int partition() {
    return (int) (number % KillTest.PARTITIONS);
  }

  /** Run, number and checksum: what both ends write down. */
  String key() {
    CRC32 crc = new CRC32();
    crc.update(encode());
    return run + " " + number + " " + Long.toHexString(crc.getValue());
  }

  @Override
  public int compareTo(Reading other) {
    int byRun = Integer.compare(run, other.run);
    return byRun != 0 ? byRun : Long.compare(number, other.number);
  }
}

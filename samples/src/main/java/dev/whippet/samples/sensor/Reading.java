package dev.whippet.samples.sensor;

import java.nio.charset.StandardCharsets;

/**
 * A reading as it travels: text {@code publisher sequence measurement…}, 60 to 300 bytes. The
 * sequence is the publisher's own: run (counted at each start) x 10^9 + number within the run, so
 * that it rises across restarts and is never used twice.
 */
public record Reading(String publisher, long sequence, String measurement) {

  static final long RUN_SPAN = 1_000_000_000L;
  static final int PAYLOAD_BYTES_MIN = 60;
  static final int PAYLOAD_BYTES_MAX = 300;

  /** The payload: padded with spaces or cut to the promised size. */
  public byte[] toPayload() {
    StringBuilder text = new StringBuilder(publisher + " " + sequence + " " + measurement);
    while (text.length() < PAYLOAD_BYTES_MIN) {
      text.append(' ');
    }
    text.setLength(Math.min(text.length(), PAYLOAD_BYTES_MAX));
    return text.toString().getBytes(StandardCharsets.US_ASCII);
  }

  /**
   * Reads a payload made by {@link #toPayload}.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static Reading parse(byte[] payload) {
    String text = new String(payload, StandardCharsets.US_ASCII);
    String[] fields = text.split(" ", 3);
    if (fields.length < 3) {
      throw new IllegalArgumentException("Not a reading: " + text);
    }
    return new Reading(fields[0], Long.parseLong(fields[1]), fields[2]);
  }
}

package dev.whippet.broker.internal.net.pulse;

/**
 * When the system gives up a silent connection, whose peer may have vanished without a word: the
 * probes of TCP for one that has nothing to send, the user time-out for what it does not
 * acknowledge.
 *
 * @param idleSeconds of silence before the first probe
 * @param intervalSeconds between probes
 * @param probes without an answer, then the connection is gone
 * @param userTimeoutMillis for what was sent; not on NIO
 */
public record KeepAlive(int idleSeconds, int intervalSeconds, int probes, int userTimeoutMillis) {

  /** For everybody: two minutes, so that a sleeping device is left alone. */
  public static final KeepAlive RELAXED = new KeepAlive(60, 15, 4, 120_000);

  private static final int PROBES = 3;

  /** Gone after about {@code millis}: half of them idle, then three probes; 4 s at least. */
  public static KeepAlive within(long millis) {
    int seconds = (int) Math.max(4, millis / 1_000);
    int idle = seconds / 2;
    return new KeepAlive(
        idle, Math.max(1, (seconds - idle) / PROBES), PROBES, (int) Math.max(4_000, millis));
  }
}

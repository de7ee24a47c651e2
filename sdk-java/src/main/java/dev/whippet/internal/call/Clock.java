package dev.whippet.internal.call;

/** The only place of the session that asks the system for the time; tests bring their own. */
public class Clock {
  /** Later than every time. */
  public static final long NEVER = Long.MAX_VALUE;

  /** The system's clocks. */
  public static final Clock SYSTEM = new Clock();

  protected Clock() {}

  /**
   * Milliseconds from an arbitrary start; never goes back, not even when the device's date does.
   */
  public long millis() {
    return System.nanoTime() / 1_000_000;
  }

  /** Milliseconds since 1970, as wrong as the device's clock. */
  public long epochMillis() {
    return System.currentTimeMillis();
  }
}

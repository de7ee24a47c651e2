package dev.whippet.broker.internal.identity;

/** Names come from strangers, and a line of the log is one line. */
public final class Printable {
  private Printable() {}

  /** {@code thing} as text, its control characters as question marks. */
  public static String of(Object thing) {
    return thing.toString().replaceAll("\\p{Cntrl}", "?");
  }
}

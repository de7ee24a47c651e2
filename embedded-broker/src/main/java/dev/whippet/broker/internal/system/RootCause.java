package dev.whippet.broker.internal.system;

/** What a failure comes from, for people. */
public final class RootCause {
  private RootCause() {}

  /** The first line of the innermost cause's message; its class when it has none. */
  public static String text(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    String text = root.getMessage() == null ? root.toString() : root.getMessage();
    return text.lines().findFirst().orElse(text);
  }
}

package dev.whippet.broker.internal.inspect;

/** What was asked for can't be looked at: one line with the place and what to do. */
public final class InspectException extends Exception {
  private static final long serialVersionUID = 1L;

  InspectException(String message) {
    super(message);
  }
}

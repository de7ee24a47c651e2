package dev.whippet.broker.cli;

/** A setting that can't be: one line with the value, what it may be, and where it came from. */
final class UsageException extends Exception {

  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}

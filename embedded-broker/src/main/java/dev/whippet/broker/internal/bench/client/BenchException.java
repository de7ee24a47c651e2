package dev.whippet.broker.internal.bench.client;

/** Why a measurement can't go on, in one line that the user can act on. */
public final class BenchException extends Exception {

  private static final long serialVersionUID = 1L;

  public BenchException(String message) {
    super(message);
  }

  public BenchException(String message, Throwable cause) {
    super(message, cause);
  }
}

package dev.whippet.broker.internal.log.engine;

/**
 * The end of one operation of a log or a journal. Runs on the owner loop, exactly once; it may run
 * before the method that started the operation returns. It must be quick and must not throw.
 */
@FunctionalInterface
public interface LogCallback<T> {

  /**
   * Exactly one of the two says how it ended.
   *
   * @param result the value, or {@code null} after a failure (and for {@code Void})
   * @param failure {@code null} after success
   */
  public void done(T result, LogFailure failure);
}

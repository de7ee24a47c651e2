package dev.whippet.broker.internal.file;

import java.io.IOException;

/** The end of one file operation; runs on the loop that started it. */
@FunctionalInterface
public interface FileCompletion<T> {

  /**
   * Exactly one of the two says how it ended.
   *
   * @param result the value, or {@code null} after a failure (and for {@code Void})
   * @param failure {@code null} after success; otherwise what failed, with the path and the error
   */
  void done(T result, IOException failure);
}

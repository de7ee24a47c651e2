package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.FileFailure;
import java.io.IOException;

/**
 * A commit that could not be begun although the file is as it was: nothing of it counts on disk.
 * What waits fails; the next entry is tried anew.
 */
public final class CommitRefused extends IOException {
  private static final long serialVersionUID = 1L;

  private final transient LogFailure failure;

  public CommitRefused(LogFailure failure) {
    super(failure.message());
    this.failure = failure;
  }

  /** Opening a file for want of descriptors changed nothing; any other failure stays what it is. */
  public static IOException orBroken(IOException cause) {
    return cause instanceof FileFailure file && file.noDescriptors()
        ? new CommitRefused(new LogFailure(LogFailure.Reason.OVERLOADED, cause.getMessage()))
        : cause;
  }

  /** What the waiting entries are told. */
  public LogFailure failure() {
    return failure;
  }
}

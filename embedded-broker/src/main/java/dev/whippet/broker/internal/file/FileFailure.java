package dev.whippet.broker.internal.file;

import java.io.IOException;
import java.nio.file.Path;

/** What went wrong with one file operation: which operation, on which path, and the error. */
public final class FileFailure extends IOException {

  private final int errno;

  FileFailure(String operation, Path path, int errno) {
    super(operation + " " + path + ": " + Errno.describe(errno));
    this.errno = errno;
  }

  FileFailure(String operation, Path path, String found) {
    super(operation + " " + path + ": " + found);
    this.errno = 0;
  }

  /** For implementations of {@link LoopFiles} that are not of this package, such as test twins. */
  public FileFailure(String operation, Path path, IOException cause) {
    super(operation + " " + path + ": " + cause.getMessage(), cause);
    this.errno = Errno.guess(cause);
  }

  /** The positive Linux error number, or 0 when it is not known. */
  public int errno() {
    return errno;
  }

  /** True when the disk or the quota is full: writing may succeed again once space is free. */
  public boolean noSpace() {
    return errno == Errno.ENOSPC || errno == Errno.EDQUOT;
  }

  /** True when opening failed for want of file descriptors: nothing was touched. */
  public boolean noDescriptors() {
    return errno == Errno.EMFILE || errno == Errno.ENFILE;
  }
}

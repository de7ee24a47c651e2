package dev.whippet.broker.internal.file;

import io.netty.channel.unix.Errors;
import java.io.IOException;
import java.nio.file.FileSystemException;
import java.util.Locale;

/** The Linux error numbers this package decides by (asm-generic/errno-base.h). */
final class Errno {
  static final int EINTR = 4;
  static final int EIO = 5;
  static final int EAGAIN = 11;
  static final int EEXIST = 17;
  static final int ENOTDIR = 20;
  static final int EISDIR = 21;
  static final int ENOENT = 2;
  static final int EINVAL = 22;
  static final int ENFILE = 23;
  static final int EMFILE = 24;
  static final int ENOSPC = 28;
  static final int ENOSYS = 38;
  static final int EOPNOTSUPP = 95;
  static final int EDQUOT = 122;
  static final int ECANCELED = 125;

  private Errno() {}

  /** Such as {@code "No space left on device (errno 28)"}; needs Netty's native part loaded. */
  static String describe(int errno) {
    IOException named = Errors.newIOException("", -errno);
    String text = named.getMessage();
    int colon = text.lastIndexOf(": ");
    return (colon < 0 ? text : text.substring(colon + 2)) + " (errno " + errno + ")";
  }

  /** The error number behind an exception of java.nio, as far as its words tell; otherwise 0. */
  static int guess(IOException cause) {
    String reason = cause instanceof FileSystemException f ? f.getReason() : cause.getMessage();
    String text = reason == null ? "" : reason.toLowerCase(Locale.ROOT);
    if (text.contains("no space left")) {
      return ENOSPC;
    }
    if (text.contains("quota exceeded")) {
      return EDQUOT;
    }
    if (text.contains("too many open files")) {
      return EMFILE;
    }
    return text.contains("input/output error") ? EIO : 0;
  }
}

package dev.whippet.broker;

/**
 * A part of a disk, known once the disk is.
 *
 * @param percent of its total size
 * @param bytesMax and at most so much
 */
record DiskShare(int percent, long bytesMax) {

  static DiskShare ofPercent(String what, int percent) {
    if (percent < 0 || percent > 100) {
      throw new IllegalArgumentException(what + ": " + percent + " %, not 0 to 100");
    }
    return new DiskShare(percent, Long.MAX_VALUE);
  }

  /** As above, of what is left to others: less than all. */
  static DiskShare ofPercentLeft(String what, int percent) {
    if (percent == 100) {
      throw new IllegalArgumentException(what + ": 100 %, not 0 to 99: nothing could be kept");
    }
    return ofPercent(what, percent);
  }

  static DiskShare ofBytes(String what, long bytes) {
    if (bytes < 0) {
      throw new IllegalArgumentException(what + ": " + bytes + " bytes");
    }
    return new DiskShare(100, bytes);
  }

  /** In words. */
  String text() {
    String bytes = bytesMax + " bytes";
    if (percent == 100 && bytesMax < Long.MAX_VALUE) {
      return bytes;
    }
    return percent + " % of the disk" + (bytesMax < Long.MAX_VALUE ? ", at most " + bytes : "");
  }

  long of(long totalBytes) {
    return Math.min(bytesMax, totalBytes / 100 * percent);
  }
}

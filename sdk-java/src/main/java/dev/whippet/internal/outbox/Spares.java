package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;

/**
 * The files of an outbox that hold nothing needed, ready to be a segment of any channel, and the
 * names and serials of those to come. A file is made at its full size once and used again.
 *
 * <p>Owner: the opening thread, then the store thread; {@link #fileBytes} is for any. Limit:
 * {@value #SPARES_MAX} files are kept for reuse.
 */
final class Spares {
  private static final int SPARES_MAX = 4;
  private static final int ZERO_BYTES = 64 * 1024;

  private final OutboxConfig config;
  private final Disk disk;
  private final ArrayDeque<File> spares = new ArrayDeque<>();
  private long nextSlot = 1;
  private int lives;
  private boolean failed;
  private volatile long fileBytes;

  Spares(OutboxConfig config, Disk disk) {
    this.config = config;
    this.disk = disk;
  }

  /** Goes on from what recovery found. */
  void restore(long nextSlot, Iterable<File> blanks) {
    this.nextSlot = nextSlot;
    for (File blank : blanks) {
      if (spares.size() < SPARES_MAX && length(blank) == config.segmentBytes()) {
        spares.add(blank);
        count(config.segmentBytes());
      } else {
        delete(blank);
      }
    }
  }

  private long length(File blank) {
    try {
      Disk.DiskFile opened = disk.openToRead(blank);
      try {
        return opened.length();
      } finally {
        opened.close();
      }
    } catch (IOException unreadable) {
      return -1;
    }
  }

  /** The size of all segment files, spare ones included. */
  long fileBytes() {
    return fileBytes;
  }

  /** So many bytes more, or less, are files. Only the owner changes it. */
  void count(long difference) {
    fileBytes = fileBytes + difference;
  }

  /** The number of a new life, above all before in this process. */
  int nextLife() {
    failed = false;
    return ++lives;
  }

  boolean isEmpty() {
    return spares.isEmpty();
  }

  /** A file of the usual size that is there; null if there is none. */
  File poll() {
    return spares.poll();
  }

  /** A name that was never used. */
  File newFile(long bytes) {
    count(bytes);
    return newName();
  }

  private File newName() {
    return new File(config.directory(), slotName(nextSlot++));
  }

  static String slotName(long slot) {
    String hex = Long.toHexString(slot);
    return "00000000".substring(hex.length()) + hex + ".seg";
  }

  /** Nothing needs this segment's file any more. */
  void recycle(Segment segment) {
    if (segment.recyclable && spares.size() < SPARES_MAX) {
      spares.add(segment.file);
    } else {
      remove(segment);
    }
  }

  void remove(Segment segment) {
    count(-segment.fileBytes);
    delete(segment.file);
  }

  private void delete(File name) {
    try {
      disk.delete(name);
    } catch (IOException ignored) {
      // the next open finds it and tries again
    }
  }

  boolean wantsOne() {
    return spares.isEmpty() && !failed;
  }

  /** Makes a file ahead, written in full, so that later commits need no room and no metadata. */
  void make() {
    File name = newName();
    try {
      Disk.DiskFile made = disk.open(name);
      try {
        byte[] zeros = new byte[Math.min(ZERO_BYTES, config.segmentBytes())];
        for (int at = 0; at < config.segmentBytes(); at += zeros.length) {
          made.write(at, zeros, 0, Math.min(zeros.length, config.segmentBytes() - at));
        }
        made.sync(true);
      } finally {
        made.close();
      }
      spares.add(name);
      count(config.segmentBytes());
    } catch (IOException noRoom) {
      failed = true; // not needed yet; the next segment is made when it is
      delete(name);
    }
  }
}

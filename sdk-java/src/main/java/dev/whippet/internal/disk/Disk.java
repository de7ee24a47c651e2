package dev.whippet.internal.disk;

import java.io.Closeable;
import java.io.File;
import java.io.IOException;

/**
 * The file system as a dozen methods, so that tests can crash, tear and fill it. It leaves out what
 * the outbox does not need or Android API 21 does not have: renaming, directory sync, mapping.
 *
 * <p>What the outbox relies on: bytes are stable after {@link DiskFile#sync} returned; a new file's
 * name is stable after {@code sync(true)} of that file returned (so on ext4, f2fs, xfs, btrfs); an
 * unsynced write may be kept, dropped or torn at any sector; a failed sync may lose any of it.
 */
public interface Disk {
  /** The real one. */
  Disk SYSTEM = new SystemDisk();

  /** Makes the directory and its parents if they are not there. */
  void createDirectory(File directory) throws IOException;

  /** The names in a directory, in any order. */
  String[] list(File directory) throws IOException;

  /** Removes a file; no error if it is not there. */
  void delete(File file) throws IOException;

  /** Locks a file for this process until closed or killed; null if somebody else has it. */
  Closeable tryLock(File file) throws IOException;

  /** Opens a file for reading and writing; makes it, empty, if it is not there. */
  DiskFile open(File file) throws IOException;

  /** Opens a file that is there for reading. */
  DiskFile openToRead(File file) throws IOException;

  /** An open file. Reads and writes name their position; each handle has one user at a time. */
  interface DiskFile extends Closeable {
    /** Reads up to {@code length} bytes; fewer only at the end of the file, 0 behind it. */
    int read(long position, byte[] target, int offset, int length) throws IOException;

    /** Writes all the bytes; the file grows as needed. */
    void write(long position, byte[] source, int offset, int length) throws IOException;

    /** The size in bytes. */
    long length() throws IOException;

    /** Cuts the file or extends it by zeros. */
    void setLength(long bytes) throws IOException;

    /** Waits until the bytes are stable; with {@code metadata}, the name and length too. */
    void sync(boolean metadata) throws IOException;
  }
}

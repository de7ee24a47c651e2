package dev.whippet.broker.internal.file;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;

/**
 * The file system as start-up sees it: blocking, on a start-up thread, before any loop owns a file.
 * Everything after start-up goes through {@link LoopFiles}. The test kit's twin shares its disk
 * with the twin of {@code LoopFiles}.
 */
public interface BlockingFiles {

  /** The real one, on java.nio. */
  BlockingFiles SYSTEM = new SystemFiles();

  /** What stands in {@code directory}, sorted by name; empty when it is missing. */
  List<Path> list(Path directory) throws IOException;

  /** Opens an existing file, for writing too where that is allowed. */
  OpenFile open(Path file) throws IOException;

  /** Makes a new file, empty, in place of one that may be there. Its name is not durable yet. */
  OpenFile create(Path file) throws IOException;

  /** Length in bytes of an existing file. */
  long size(Path file) throws IOException;

  /** Removes a file or an empty directory; succeeds when it is missing. */
  void delete(Path path) throws IOException;

  /**
   * Gives a file or directory another name, in one step and replacing a file of that name; durable
   * once the directory of {@code to} is synced.
   */
  void rename(Path from, Path to) throws IOException;

  /** Makes the names inside {@code directory} durable. */
  void syncDirectory(Path directory) throws IOException;

  /** An open file; not thread-safe. */
  interface OpenFile extends Closeable {
    /** Length in bytes. */
    long size() throws IOException;

    /**
     * Fills {@code target} from {@code position} as far as the file goes; says how many bytes that
     * were, 0 at or behind the end.
     */
    int read(long position, ByteBuffer target) throws IOException;

    /** Writes all of {@code source} at {@code position}; durable after {@link #force}. */
    void write(long position, ByteBuffer source) throws IOException;

    /** Cuts the file to {@code size} bytes when it is longer; durable after {@link #force}. */
    void truncate(long size) throws IOException;

    /** Makes content and length durable. */
    void force() throws IOException;
  }
}

package dev.whippet.broker.internal.file;

import java.nio.file.Path;

/**
 * Files as asynchronous operations of one event loop. Every method is called on that loop and
 * returns at once; every completion runs on that loop, later, exactly once. {@code RingFiles}
 * drives them through the loop's own io_uring, {@code ThreadFiles} on a disk thread where there is
 * no ring.
 *
 * <p>Listing directories and recovery reads belong to start-up, off the loop, and use java.nio.
 */
public interface LoopFiles {

  /** Writes start, end and are addressed at multiples of this many bytes (4096). */
  int BLOCK_BYTES = 4096;

  /** How files are driven, for the start-up line, such as {@code "io_uring, direct I/O"}. */
  String description();

  /** True when file data bypasses the page cache (O_DIRECT). */
  boolean direct();

  /** True when {@link AsyncFile#allocate} gives the file its blocks, as far as was seen. */
  default boolean reserves() {
    return direct();
  }

  /**
   * Opens {@code path} for reading and writing, creating it (not its parents) when missing. A
   * created file's name is durable only after {@link #syncDirectory}.
   */
  void open(Path path, FileCompletion<AsyncFile> done);

  /**
   * As {@link #open}; the file's data goes through the page cache, so that a {@link
   * AsyncFile#write} ends when it is there. Not for a file that is open the other way.
   */
  default void openCached(Path path, FileCompletion<AsyncFile> done) {
    open(path, done);
  }

  /** Makes the names inside {@code directory} durable. */
  void syncDirectory(Path directory, FileCompletion<Void> done);

  /**
   * Creates {@code directory}; succeeds when it exists. Not durable before its parent is synced.
   */
  void createDirectory(Path directory, FileCompletion<Void> done);

  /** Removes a file or an empty directory; succeeds when it is missing. */
  void delete(Path path, FileCompletion<Void> done);

  /**
   * Gives a file another name, replacing what had it. Durable after {@link #syncDirectory} of the
   * new name's directory, and of the old one's if that is another.
   */
  void rename(Path from, Path to, FileCompletion<Void> done);

  /** Waits for operations under way, then refuses new ones. Called once, at the broker's stop. */
  void close(FileCompletion<Void> done);
}

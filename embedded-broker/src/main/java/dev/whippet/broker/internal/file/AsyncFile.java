package dev.whippet.broker.internal.file;

import io.netty.buffer.ByteBuf;

/**
 * One open file of a {@link LoopFiles}; same thread rules. Operations of one file may complete in
 * any order; the caller keeps one durable write in flight when order matters.
 */
public interface AsyncFile {

  /**
   * Writes the readable bytes of {@code source} at {@code position} and completes when they are on
   * stable storage, with all metadata needed to read them back (one {@code RWF_DSYNC} write on the
   * ring; write and data sync elsewhere). Position, length and memory address are multiples of
   * {@link LoopFiles#BLOCK_BYTES}. Short writes are continued inside. Retains {@code source} until
   * completion and does not move its indices. A failure says nothing about how much was written.
   */
  void writeDurably(long position, ByteBuf source, FileCompletion<Void> done);

  /**
   * Writes as above, but completes when the system has taken the bytes: they survive the end of
   * this process, and a power cut only after {@link #sync}.
   */
  void write(long position, ByteBuf source, FileCompletion<Void> done);

  /**
   * Brings everything whose write completed before to stable storage, with all metadata needed to
   * read it back. After a failure nobody knows what is there; a second sync that succeeds says
   * nothing about it.
   */
  void sync(FileCompletion<Void> done);

  /**
   * Reserves {@code bytes} from {@code position} where the file system can, and makes the file that
   * long; new bytes read as zeros. Nothing that is there changes. Not durable before {@link #sync}
   * or a durable write.
   */
  void allocate(long position, long bytes, FileCompletion<Void> done);

  /**
   * Reads up to {@code length} bytes at {@code position} into {@code target} at its writer index
   * (alignment as above) and advances it by what was read; fewer bytes only at the end of the file.
   * Completes with the count. Retains {@code target} until completion.
   */
  void read(long position, ByteBuf target, int length, FileCompletion<Integer> done);

  /** Closes the descriptor after operations under way. */
  void close(FileCompletion<Void> done);
}

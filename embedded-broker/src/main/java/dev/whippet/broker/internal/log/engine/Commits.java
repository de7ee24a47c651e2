package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.FileCompletion;
import io.netty.buffer.ByteBuf;
import java.io.IOException;

/**
 * Where the partitions of a loop commit small batches together. A partition joins once for each of
 * its commits:
 *
 * <pre>
 *   join -> collect ... -> write -> ended            its batches are durable in the commit file
 *                   \-> (0) it had nothing left, or went straight into its segment
 *   join -> declined                                 there is no commit file: go straight
 *   fold                                             room is wanted back: write them into segments
 * </pre>
 *
 * Owner loop only.
 */
public interface Commits {

  /** No commit file: every batch goes straight into its segment. */
  Commits STRAIGHT =
      new Commits() {
        @Override
        public boolean isOpen() {
          return false;
        }

        @Override
        public void join(Source source) {
          source.declined();
        }
      };

  /** False when batches have to go straight into their segments. */
  boolean isOpen();

  /** Asks {@code source} to collect when the next commit begins, which may be at once. */
  void join(Source source);

  /** A partition with batches. */
  interface Source {

    /**
     * Decides what of its waiting batches is part of the commit that begins now.
     *
     * @param bytesMax room that is left in it
     * @return bytes of these batches, a multiple of 8; 0 when there is none any more, -1 when the
     *     first does not fit: asked again for the next commit
     */
    int collect(int bytesMax);

    /** Writes the collected batches behind each other; the commit began at index 0. */
    void write(ByteBuf out, long salt);

    /**
     * The commit ended. Without a failure the batches are durable, in {@code space}, and {@code
     * out} still is what was written.
     */
    void ended(ByteBuf out, CommitSpace space, IOException failure);

    /** Of the commit that failed nothing can come back: its file is gone, durably. */
    default void fenced() {}

    /** There is no commit file now: the batches go straight into the segment. */
    void declined();

    /** What the end of the commit has to mean. */
    Durability durability();

    /** True when the commit delay is worth its while. */
    default boolean mayWait() {
      return true;
    }

    /** Brings everything that is in commit files only into segments, durably. */
    void fold(FileCompletion<Void> done);
  }
}

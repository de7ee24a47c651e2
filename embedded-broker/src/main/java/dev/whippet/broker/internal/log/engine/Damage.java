package dev.whippet.broker.internal.log.engine;

import java.nio.file.Path;

/**
 * Something on disk that is not what was written, or can't be written any more; told to health once
 * per place and start.
 *
 * @param kind what was done about it
 * @param file the file or directory
 * @param position where in the file it begins, in bytes
 * @param bytes how many bytes are affected, as far as that is known
 * @param firstOffset the first message offset (partition) or entry number (journal) that is lost,
 *     or -1 when nothing is known to be lost
 * @param count how many messages or entries are lost, 0 when none is known to be
 * @param what the finding, in words
 */
public record Damage(
    Kind kind, Path file, long position, long bytes, long firstOffset, long count, String what) {

  /** What was done about it. */
  public enum Kind {
    /**
     * An unfinished end was cut off: what a crash leaves. Nothing acknowledged was in it, unless
     * the last commit itself was damaged, which can't be told apart.
     */
    TAIL_CUT,
    /** A range that can't be served; readers skip to the next sound offset. */
    LOST,
    /** A file or directory could not be read or mended; what could be read is served read-only. */
    UNUSABLE,
    /** A commit failed: what is durable is served, nothing is written until it is resumed. */
    READ_ONLY
  }
}

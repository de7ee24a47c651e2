package dev.whippet.broker.internal.inspect;

import java.nio.file.Path;

/**
 * One thing that verification found.
 *
 * @param wrong false for what a crash leaves and the next start mends without a loss
 * @param file where
 * @param position byte in the file, -1 when it is about the whole file
 * @param offset message offset, -1 when it is about none
 * @param record number of the record in its batch, -1 when it is about none
 * @param what in words
 */
public record Finding(
    boolean wrong, Path file, long position, long offset, int record, String what) {

  static Finding wrong(Path file, String what) {
    return new Finding(true, file, -1, -1, -1, what);
  }

  static Finding note(Path file, long position, String what) {
    return new Finding(false, file, position, -1, -1, what);
  }

  @Override
  public String toString() {
    return (wrong ? "wrong: " : "note: ")
        + file
        + (position < 0 ? "" : " at byte " + position)
        + (offset < 0 ? "" : ", offset " + offset)
        + (record < 0 ? "" : ", record " + record + " of its batch")
        + ": "
        + what;
  }
}

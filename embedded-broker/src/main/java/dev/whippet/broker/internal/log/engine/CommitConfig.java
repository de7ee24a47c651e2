package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.LoopFiles;

/**
 * How the logs of one loop commit; immutable.
 *
 * @param fileBytes size of a commit file (default 16 MiB); what waits there for its fold is also
 *     kept in memory
 * @param straightBytes a partition with at least this much to commit writes it straight into its
 *     segment (default 64 KiB)
 * @param delayMicros a commit waits at most this long for company: 0 (default) for the least
 *     latency, about 20 ms for the least wear of flash
 */
public record CommitConfig(long fileBytes, int straightBytes, long delayMicros) {

  public static final CommitConfig DEFAULT = new CommitConfig(16L << 20, 64 << 10, 0);

  /** The commit delay of the {@code flash} profile: 20 ms. */
  public static final long FLASH_DELAY_MICROS = 20_000;

  /** The longest commit delay: 10 s. */
  public static final long DELAY_MICROS_MAX = 10_000_000;

  /** The smallest commit file: header, its copy and two blocks. */
  public static final long FILE_BYTES_MIN = 4L * LoopFiles.BLOCK_BYTES;

  /** The largest commit file; recovery holds as much in memory: 1 GiB. */
  public static final long FILE_BYTES_MAX = 1L << 30;

  public CommitConfig {
    within("fileBytes", fileBytes, FILE_BYTES_MIN, FILE_BYTES_MAX);
    within("straightBytes", straightBytes, 1, fileBytes / 2);
    within("delayMicros", delayMicros, 0, DELAY_MICROS_MAX);
    if (fileBytes % LoopFiles.BLOCK_BYTES != 0) {
      throw new IllegalArgumentException("fileBytes is no multiple of a block: " + fileBytes);
    }
  }

  public CommitConfig withFileBytes(long bytes) {
    return new CommitConfig(bytes, straightBytes, delayMicros);
  }

  public CommitConfig withStraightBytes(int bytes) {
    return new CommitConfig(fileBytes, bytes, delayMicros);
  }

  public CommitConfig withDelayMicros(long micros) {
    return new CommitConfig(fileBytes, straightBytes, micros);
  }

  private static void within(String name, long value, long least, long most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          name + " is not in " + least + " to " + most + ": " + value);
    }
  }
}

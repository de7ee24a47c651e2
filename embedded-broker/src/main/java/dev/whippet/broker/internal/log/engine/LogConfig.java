package dev.whippet.broker.internal.log.engine;

import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.format.Blocks;

/**
 * The limits of the logs and journals of one loop; immutable.
 *
 * @param segmentBytes a segment that would grow beyond this is followed by a new one; a batch that
 *     is larger gets a segment of its own (default 64 MiB)
 * @param commitBytesMax one durable write gathers at most this much, or one batch (default 8 MiB)
 * @param waitingBytesMax records of one partition that may wait for their commit; above, appends
 *     fail with {@link LogFailure.Reason#OVERLOADED} (default 256 MiB)
 * @param tailBytesMax newest commits of all partitions of the loop kept in memory for readers
 *     (default 8 GiB, less when the loop's memory is needed); the oldest go first
 * @param producersMax producers remembered by a partition, least recently heard forgotten first
 *     (default 10,000, whippet-extension.md 3.5)
 * @param journalBytesMax a journal above this, and above twice its last snapshot, is compacted into
 *     a new generation (default 1 MiB)
 * @param durability what the replies of journals mean, and of partitions unless their settings say
 *     otherwise (default {@link Durability#POWER})
 * @param syncIntervalMillis at level {@link Durability#INTERVAL}, what was written is synced at
 *     most this much later (default 1,000)
 * @param commits how commits are gathered and where they go
 */
public record LogConfig(
    long segmentBytes,
    int commitBytesMax,
    long waitingBytesMax,
    long tailBytesMax,
    int producersMax,
    long journalBytesMax,
    Durability durability,
    long syncIntervalMillis,
    CommitConfig commits) {

  public static final LogConfig DEFAULT =
      new LogConfig(
          64L << 20,
          8 << 20,
          256L << 20,
          8L << 30,
          10_000,
          1L << 20,
          Durability.POWER,
          1_000,
          CommitConfig.DEFAULT);

  public LogConfig {
    atLeast("segmentBytes", segmentBytes, LoopFiles.BLOCK_BYTES);
    atLeast("commitBytesMax", commitBytesMax, LoopFiles.BLOCK_BYTES);
    atLeast("waitingBytesMax", waitingBytesMax, 1);
    atLeast("tailBytesMax", tailBytesMax, 0);
    atLeast("producersMax", producersMax, 1);
    atLeast("journalBytesMax", journalBytesMax, LoopFiles.BLOCK_BYTES);
    atLeast("commitBytesMax", Blocks.down(commitBytesMax), commits.straightBytes());
    atLeast("syncIntervalMillis", syncIntervalMillis, 1);
  }

  public LogConfig withSegmentBytes(long bytes) {
    return new LogConfig(
        bytes,
        commitBytesMax,
        waitingBytesMax,
        tailBytesMax,
        producersMax,
        journalBytesMax,
        durability,
        syncIntervalMillis,
        commits);
  }

  public LogConfig withTailBytesMax(long bytes) {
    return new LogConfig(
        segmentBytes,
        commitBytesMax,
        waitingBytesMax,
        bytes,
        producersMax,
        journalBytesMax,
        durability,
        syncIntervalMillis,
        commits);
  }

  public LogConfig withJournalBytesMax(long bytes) {
    return new LogConfig(
        segmentBytes,
        commitBytesMax,
        waitingBytesMax,
        tailBytesMax,
        producersMax,
        bytes,
        durability,
        syncIntervalMillis,
        commits);
  }

  public LogConfig withDurability(Durability level) {
    return new LogConfig(
        segmentBytes,
        commitBytesMax,
        waitingBytesMax,
        tailBytesMax,
        producersMax,
        journalBytesMax,
        level,
        syncIntervalMillis,
        commits);
  }

  public LogConfig withSyncIntervalMillis(long millis) {
    return new LogConfig(
        segmentBytes,
        commitBytesMax,
        waitingBytesMax,
        tailBytesMax,
        producersMax,
        journalBytesMax,
        durability,
        millis,
        commits);
  }

  public LogConfig withCommits(CommitConfig how) {
    return new LogConfig(
        segmentBytes,
        commitBytesMax,
        waitingBytesMax,
        tailBytesMax,
        producersMax,
        journalBytesMax,
        durability,
        syncIntervalMillis,
        how);
  }

  private static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " < " + least + ": " + value);
    }
  }
}

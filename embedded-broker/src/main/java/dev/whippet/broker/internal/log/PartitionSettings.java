package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.retain.Retention;

/**
 * What one partition is opened with; immutable.
 *
 * @param incarnation its identity on disk, never used again
 * @param durability what its replies mean
 * @param offsetFloor new messages get this offset or a higher one, 0 without stored consumer
 *     offsets: one above the highest of them, so that no consumer skips what is written after a
 *     tail was lost
 * @param retention how long its messages stay
 */
public record PartitionSettings(
    long incarnation, Durability durability, long offsetFloor, Retention retention) {

  public PartitionSettings {
    if (offsetFloor < 0) {
      throw new IllegalArgumentException("offsetFloor < 0: " + offsetFloor);
    }
  }

  /** Stable storage, no stored offsets, no limits. */
  public static PartitionSettings of(long incarnation) {
    return new PartitionSettings(incarnation, Durability.POWER, 0, Retention.unlimited());
  }

  /** Of the empty log that follows this one at a purge. */
  public PartitionSettings purged(long fresh) {
    return new PartitionSettings(fresh, durability, 0, retention);
  }

  public PartitionSettings withDurability(Durability level) {
    return new PartitionSettings(incarnation, level, offsetFloor, retention);
  }

  public PartitionSettings withRetention(Retention limits) {
    return new PartitionSettings(incarnation, durability, offsetFloor, limits);
  }
}

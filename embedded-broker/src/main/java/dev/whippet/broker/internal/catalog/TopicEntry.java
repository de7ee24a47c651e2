package dev.whippet.broker.internal.catalog;

import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A topic of the catalog with its partitions 0 to n - 1, immutable but for the balanced counter,
 * which all later versions of the same topic share (iggy-classic.md 6.4).
 */
public final class TopicEntry implements Slots.Entry {

  private final int id;
  private final long createdAtMicros;
  private final String name;
  private final Settings settings;
  private final List<PartitionEntry> partitions;
  private final AtomicLong balanced;

  TopicEntry(
      int id,
      long createdAtMicros,
      String name,
      Settings settings,
      List<PartitionEntry> partitions) {
    this.id = id;
    this.createdAtMicros = createdAtMicros;
    this.name = name;
    this.settings = settings;
    this.partitions = List.copyOf(partitions);
    this.balanced = new AtomicLong();
  }

  /** How a topic was asked for; resolved: no field means "server default" any more. */
  public record Settings(
      int compression, long messageExpiryMicros, long maxSizeBytes, int replicationFactor) {}

  /** One partition; {@code incarnation} is its identity on disk and is never used again. */
  public record PartitionEntry(int id, long createdAtMicros, long incarnation) {}

  @Override
  public int id() {
    return id;
  }

  @Override
  public String name() {
    return name;
  }

  /** Microseconds since the epoch. */
  public long createdAtMicros() {
    return createdAtMicros;
  }

  /** The resolved settings. */
  public Settings settings() {
    return settings;
  }

  /** All partitions, ascending by id. */
  public List<PartitionEntry> partitions() {
    return partitions;
  }

  /** The partition with this (unsigned) id, or {@code null}. */
  public PartitionEntry partition(int partitionId) {
    return partitionId >= 0 && partitionId < partitions.size() ? partitions.get(partitionId) : null;
  }

  /**
   * The next partition of the round, starting at 0; {@code null} without partitions. Any thread.
   */
  public PartitionEntry nextBalanced() {
    return partitions.isEmpty() ? null : partitionOf(balanced.getAndIncrement());
  }

  /** The partition of a key's XXH32 {@code hash}; {@code null} without partitions. */
  public PartitionEntry keyed(int hash) {
    return partitions.isEmpty() ? null : partitionOf(Integer.toUnsignedLong(hash));
  }

  private PartitionEntry partitionOf(long value) {
    return partitions.get((int) Long.remainderUnsigned(value, partitions.size()));
  }
}

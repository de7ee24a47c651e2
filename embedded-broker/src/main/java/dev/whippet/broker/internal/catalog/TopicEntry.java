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
    this(id, createdAtMicros, name, settings, partitions, new AtomicLong());
  }

  private TopicEntry(
      int id,
      long createdAtMicros,
      String name,
      Settings settings,
      List<PartitionEntry> partitions,
      AtomicLong balanced) {
    this.id = id;
    this.createdAtMicros = createdAtMicros;
    this.name = name;
    this.settings = settings;
    this.partitions = List.copyOf(partitions);
    this.balanced = balanced;
  }

  /** The same topic, changed. */
  TopicEntry with(String changedName, Settings changed) {
    return new TopicEntry(id, createdAtMicros, changedName, changed, partitions, balanced);
  }

  /** The same topic with these partitions. */
  TopicEntry with(List<PartitionEntry> changed) {
    return new TopicEntry(id, createdAtMicros, name, settings, changed, balanced);
  }

  /**
   * How a topic was asked for. At a creation 0 ("server default") is resolved; an update keeps it
   * as it is (iggy-classic.md 3.3).
   */
  public record Settings(
      int compression, long messageExpiryMicros, long maxSizeBytes, int replicationFactor) {}

  /**
   * One partition.
   *
   * @param incarnation its log on disk, never used again; a purge begins another one
   * @param identity the incarnation it was created with: what producers know it by, and what a
   *     purge keeps
   */
  public record PartitionEntry(int id, long createdAtMicros, long incarnation, long identity) {
    /** As it is created. */
    public PartitionEntry(int id, long createdAtMicros, long incarnation) {
      this(id, createdAtMicros, incarnation, incarnation);
    }

    /** The same partition, purged. */
    public PartitionEntry purged(long fresh) {
      return new PartitionEntry(id, createdAtMicros, fresh, identity);
    }
  }

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

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.List;

/** One partition's log. Owner loop only, unless a method says otherwise. */
public final class PartitionLog {

  /** What publish did (whippet-extension.md 3.1). */
  public enum Outcome {
    STORED,
    ALL_KNOWN,
    KNOWN_PART_SKIPPED
  }

  /**
   * @param baseOffset of what was stored now, -1 (all ones) when all was known
   * @param highestDurableSequence of this producer and channel in this partition
   */
  public record Published(Outcome outcome, long baseOffset, long highestDurableSequence) {}

  /** {@code highestDurableSequence} is 0 when the producer is not known here. */
  public record ProducerMark(boolean known, long highestDurableSequence) {}

  private PartitionLog() {}

  /** A new, empty partition; touches no disk. Any thread, before the owner loop uses it. */
  public static PartitionLog create(LogLoop loop, Path partitions, long incarnation) {
    throw new UnsupportedOperationException();
  }

  /**
   * Reads {@code partitions/<incarnation>/} back; empty when it is missing. Blocks: start-up thread
   * only. Never throws for what is on disk: damage is reported, worst case it is read-only.
   */
  public static PartitionLog recover(
      LogLoop loop, BlockingFiles disk, Path partitions, long incarnation) {
    throw new UnsupportedOperationException();
  }

  /** Incarnations that have a directory; those that the catalog doesn't know are left-overs. */
  public static List<Long> incarnations(BlockingFiles disk, Path partitions) {
    throw new UnsupportedOperationException();
  }

  /** Stamps and stores {@code count} validated records; takes over the reference. */
  public void append(ByteBuf records, int count, int userId, LogCallback<Long> done) {
    throw new UnsupportedOperationException();
  }

  /** Stores what is new of a published batch (whippet-extension.md 3.2); takes the reference. */
  public void publish(
      ByteBuf records, int count, Publication publication, LogCallback<Published> done) {
    throw new UnsupportedOperationException();
  }

  /** Waits for commits under way. */
  public void producerState(Producer producer, LogCallback<ProducerMark> done) {
    throw new UnsupportedOperationException();
  }

  /**
   * Records from {@code fromOffset} (or the first retained one) up to the durable end; at least one
   * when there is one, however large.
   */
  public void read(long fromOffset, int countMax, int bytesMax, LogCallback<Records> done) {
    throw new UnsupportedOperationException();
  }

  /** Offset of the first message stored at or after the time; {@link #endOffset} when none is. */
  public void offsetAtOrAfter(long timestampMicros, LogCallback<Long> done) {
    throw new UnsupportedOperationException();
  }

  /** Ends after commits under way; gives files and memory back. */
  public void close(LogCallback<Void> done) {
    throw new UnsupportedOperationException();
  }

  /** Closes and removes the partition's files and directory; what waits fails. */
  public void delete(LogCallback<Void> done) {
    throw new UnsupportedOperationException();
  }

  public long incarnation() {
    throw new UnsupportedOperationException();
  }

  /** First retained offset. Any thread. */
  public long firstOffset() {
    throw new UnsupportedOperationException();
  }

  /** Next offset after the durable ones: 0 for an empty partition. Any thread. */
  public long endOffset() {
    throw new UnsupportedOperationException();
  }

  /** Highest durable offset, 0 for an empty partition (iggy-classic.md 5.4). Any thread. */
  public long currentOffset() {
    throw new UnsupportedOperationException();
  }

  /** Durable, retained messages. Any thread. */
  public long messages() {
    throw new UnsupportedOperationException();
  }

  /** Sum of their record sizes. Any thread. */
  public long bytes() {
    throw new UnsupportedOperationException();
  }

  /** 1 for an empty partition. Any thread. */
  public int segments() {
    throw new UnsupportedOperationException();
  }

  /** Producers forgotten to make room (whippet-extension.md 3.5). Any thread. */
  public long producersEvicted() {
    throw new UnsupportedOperationException();
  }

  /** Why nothing can be appended, {@code null} when writable. Any thread. */
  public String readOnlyReason() {
    throw new UnsupportedOperationException();
  }
}

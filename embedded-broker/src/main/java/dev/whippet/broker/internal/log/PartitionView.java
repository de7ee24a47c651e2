package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Segment;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/**
 * A partition as a start would find it, for tools.
 *
 * @param firstOffset first retained message
 * @param endOffset behind the last one
 * @param messages retained
 * @param bytes of their records
 * @param producers remembered
 * @param readOnlyReason {@code null} when it could be written
 * @param segments in order of their offsets
 */
public record PartitionView(
    long firstOffset,
    long endOffset,
    long messages,
    long bytes,
    int producers,
    String readOnlyReason,
    List<Segment> segments) {

  /**
   * Runs recovery on {@code disk}, which decides whether anything is mended. Blocks.
   *
   * @param durableEnd what was below was durable, 0 when that is not known
   */
  public static PartitionView read(
      BlockingFiles disk,
      Path partitions,
      long incarnation,
      long durableEnd,
      Consumer<Damage> damage) {
    Path directory = PartitionLog.directoryOf(partitions, incarnation);
    PartitionRecovery found =
        new PartitionRecovery(disk, directory, incarnation, LogConfig.DEFAULT, damage);
    found.run(new Evidence(List.of(), durableEnd, null));
    return new PartitionView(
        found.segments.isEmpty() ? found.endOffset : found.segments.get(0).base,
        found.endOffset,
        found.messages,
        found.bytes,
        found.producers.size(),
        found.readOnlyReason,
        List.copyOf(found.segments));
  }
}

package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.LooseBatch;
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
 * @param loose batches behind them, from commit files
 */
public record PartitionView(
    long firstOffset,
    long endOffset,
    long messages,
    long bytes,
    int producers,
    String readOnlyReason,
    List<Segment> segments,
    List<LooseBatch> loose) {

  /**
   * Runs recovery on {@code disk}, which decides whether anything is mended. Blocks.
   *
   * @param evidence what is known besides its directory
   */
  public static PartitionView read(
      BlockingFiles disk,
      Path partitions,
      long incarnation,
      Evidence evidence,
      Consumer<Damage> damage) {
    Path directory = PartitionLog.directoryOf(partitions, incarnation);
    PartitionRecovery found =
        new PartitionRecovery(disk, directory, incarnation, LogConfig.DEFAULT, damage);
    found.run(evidence);
    return new PartitionView(
        found.firstOffset(),
        found.endOffset,
        found.messages,
        found.bytes,
        found.producers.size(),
        found.readOnlyReason,
        List.copyOf(found.segments),
        List.copyOf(found.loose));
  }
}

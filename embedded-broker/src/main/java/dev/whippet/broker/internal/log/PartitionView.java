package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.log.format.LooseBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
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

  private static final int INCARNATION_DIGITS = 16;

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

  /**
   * Incarnations that have a directory, in no order; those that the catalog doesn't know are
   * left-overs, to be recovered and deleted. Blocks: start-up thread only.
   */
  public static List<Long> incarnations(BlockingFiles disk, Path partitions) throws IOException {
    List<Long> found = new ArrayList<>();
    for (Path directory : disk.list(partitions)) {
      String name = directory.getFileName().toString();
      if (isIncarnation(name)) {
        found.add(Long.parseUnsignedLong(name, 16));
      }
    }
    return found;
  }

  private static boolean isIncarnation(String name) {
    boolean digits = name.length() == INCARNATION_DIGITS;
    for (int i = 0; digits && i < name.length(); i++) {
      char digit = name.charAt(i);
      digits = digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f';
    }
    return digits;
  }
}

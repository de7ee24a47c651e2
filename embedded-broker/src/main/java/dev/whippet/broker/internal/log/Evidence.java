package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.format.LooseBatch;
import java.util.List;

/**
 * What start-up knows about a partition besides its directory.
 *
 * @param loose sound batches from elsewhere (commit files), in offset order; those that the
 *     segments hold, too, are left out. Their references go to the recovery
 * @param durableEnd messages below this offset were durable, as somebody else noted; 0 when nobody
 *     did. What is missing of them is a loss and no unfinished end
 * @param stopped how a clean stop left the partition, {@code null} after a crash: segments are then
 *     not read
 */
public record Evidence(List<LooseBatch> loose, long durableEnd, CleanStop.Partition stopped) {

  /** Nothing but the directory. */
  public static final Evidence NONE = new Evidence(List.of(), 0, null);

  /** Only a note of a clean stop. */
  public static Evidence of(CleanStop.Partition stopped) {
    return stopped == null ? NONE : new Evidence(List.of(), stopped.endOffset(), stopped);
  }

  public Evidence withLoose(List<LooseBatch> batches) {
    return new Evidence(batches, durableEnd, stopped);
  }
}

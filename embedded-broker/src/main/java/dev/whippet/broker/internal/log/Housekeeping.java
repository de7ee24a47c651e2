package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.retain.Drops;
import dev.whippet.broker.internal.log.retain.Shelf;
import dev.whippet.broker.internal.log.retain.Sweep;
import dev.whippet.broker.internal.log.space.DiskSpace;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import java.util.function.Supplier;

/**
 * Keeps the logs of all loops within their bounds: looks at them and the disk now and then ({@link
 * #tick}) and when a bound was passed or a segment begun ({@link #sweep}), lets a {@link Sweep}
 * decide, and asks the owner loops to drop what it chose. After the disk was full, sees to it that
 * writing goes on.
 *
 * <p>Both methods on one thread, which may block; the rest on any.
 */
public final class Housekeeping {

  /**
   * What it works with.
   *
   * @param logs all partitions
   * @param owner runs a task on the loop that owns the partition, later
   * @param consumedTo offsets of an incarnation below this have been read by every consumer
   * @param clockMicros wall clock
   * @param freeBytes what the disk has left; may block; {@link Long#MAX_VALUE} when it can't be
   *     told
   * @param protectedMicros age up to which unread messages are protected from their topic's limits
   */
  public record Surroundings(
      Supplier<Collection<PartitionLog>> logs,
      BiConsumer<PartitionLog, Runnable> owner,
      LongUnaryOperator consumedTo,
      LongSupplier clockMicros,
      LongSupplier freeBytes,
      long protectedMicros) {}

  private final DiskSpace space;
  private final Surroundings around;
  private final Drops drops = new Drops();

  public Housekeeping(DiskSpace space, Surroundings around) {
    this.space = space;
    this.around = around;
  }

  /** Sweeps, and lets partitions go on whose commit had failed, for want of space or otherwise. */
  public void tick() {
    sweep();
    if (!space.isFull()) {
      for (PartitionLog log : around.logs.get()) {
        if (log.isResumable()) {
          around.owner.accept(log, log::resume);
        }
      }
    }
  }

  /** Drops what is beyond a bound; another sweep follows ({@link DiskSpace#onAlarm}). */
  public void sweep() {
    long free = around.freeBytes.getAsLong();
    if (free != Long.MAX_VALUE) {
      space.sampled(free);
    }
    long sizeExcess = space.sizeExcess();
    long freeExcess = space.freeExcess();
    Map<Long, PartitionLog> logs = new HashMap<>();
    List<Shelf> shelves = new ArrayList<>();
    for (PartitionLog log : around.logs.get()) {
      if (log.segments() > 1 || Math.max(sizeExcess, freeExcess) > 0) {
        shelves.add(log.shelf(around.consumedTo.applyAsLong(log.incarnation())));
        logs.put(log.incarnation(), log);
      }
    }
    long now = around.clockMicros.getAsLong();
    endExpired(now);
    Sweep sweep = new Sweep(now, around.protectedMicros, shelves);
    List<Sweep.Order> orders = sweep.run(sizeExcess, freeExcess);
    for (Sweep.Order order : orders) {
      PartitionLog log = logs.get(order.incarnation());
      around.owner.accept(log, () -> drop(log, order));
    }
    if (orders.isEmpty() && sweep.toSeal().isEmpty()) {
      space.nothingToDrop();
    }
    for (long incarnation : sweep.toSeal()) {
      PartitionLog log = logs.get(incarnation);
      around.owner.accept(log, log::seal);
    }
  }

  /** Where nobody writes any more the newest segment ends by the clock. */
  private void endExpired(long now) {
    for (PartitionLog log : around.logs.get()) {
      boolean unread = around.consumedTo.applyAsLong(log.incarnation()) < log.endOffset();
      if (log.isExpired(now, unread ? around.protectedMicros : 0)) {
        around.owner.accept(log, log::endExpired);
      }
    }
  }

  /** On the owner loop. There may be more to drop than a sweep sees. */
  private void drop(PartitionLog log, Sweep.Order order) {
    Drop drop = log.drop(order.below(), order.reason());
    if (drop != null) {
      drops.add(drop);
      space.alarm();
    }
  }

  /** What was dropped since the start. Any thread. */
  public Drops drops() {
    return drops;
  }
}

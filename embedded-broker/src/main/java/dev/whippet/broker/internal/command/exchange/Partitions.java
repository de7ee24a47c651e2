package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.internal.wire.Status;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * The logs of all partitions, and which loop owns each: incarnation modulo loops.
 *
 * <p>Loop 0 adds a log before the catalog shows its partition, and takes it away after the catalog
 * has dropped it; then the owner loop deletes it. Finding a log and reading its counters is for any
 * thread, using it for its owner loop ({@link #use}).
 *
 * <p>A purge gives a partition a new log, of the same owner. What comes meanwhile waits at a gate,
 * in order; what was on its way to the old log when the catalog changed is led to the new one.
 *
 * <pre>
 *   old --close--> gate (requests wait) --lead (the catalog shows the new log)--> --open--> new
 *                                       --open without lead (nothing changed)--> old
 * </pre>
 */
public final class Partitions {

  private final Path directory;
  private final List<LogLoop> logLoops;
  private final Map<Long, PartitionLog> byIncarnation = new ConcurrentHashMap<>();

  /** Old incarnation to new, until nobody can be on the way to the old one any more. */
  private final Map<Long, Long> led = new ConcurrentHashMap<>();

  /** By old and by new incarnation; each used by its owner loop only. */
  private final Map<Long, Deque<Runnable>> gates = new ConcurrentHashMap<>();

  /** {@code logLoops} holds one element per loop, in order. */
  public Partitions(Path directory, List<LogLoop> logLoops) {
    this.directory = directory;
    this.logLoops = List.copyOf(logLoops);
  }

  /** Index of the loop that owns the partition. */
  public int owner(long incarnation) {
    return (int) Long.remainderUnsigned(incarnation, logLoops.size());
  }

  /** What logs of that partition are opened with. */
  public LogLoop logLoop(long incarnation) {
    return logLoops.get(owner(incarnation));
  }

  /** A recovered log. Start-up threads. */
  public void add(PartitionLog log) {
    byIncarnation.put(log.incarnation(), log);
  }

  /** Every log. */
  public Collection<PartitionLog> all() {
    return byIncarnation.values();
  }

  /** A new partition, empty, without a directory. Loop 0. */
  public void create(PartitionSettings settings) {
    add(made(settings));
  }

  /** A new log that {@link #add} shows to others later. Any thread. */
  public PartitionLog made(PartitionSettings settings) {
    return PartitionLog.create(logLoop(settings.incarnation()), directory, settings);
  }

  /** Takes the log away; {@code null} when it is gone already. Loop 0. */
  public PartitionLog remove(long incarnation) {
    return byIncarnation.remove(incarnation);
  }

  /** The log, or 2010: the topic was deleted while the request travelled. Its figures only. */
  public PartitionLog log(PartitionEntry partition) {
    long incarnation = partition.incarnation();
    for (Long next = incarnation; next != null; next = led.get(incarnation)) {
      incarnation = next;
    }
    return present(incarnation);
  }

  /**
   * Has {@code work} done with the partition's log; {@code again} instead, later, when it is being
   * purged. Refuses with 2010 when it was deleted while the request travelled. Owner loop.
   */
  void use(PartitionEntry partition, Consumer<PartitionLog> work, Runnable again) {
    long incarnation = partition.incarnation();
    for (Long next = incarnation; next != null; next = led.get(incarnation)) {
      incarnation = next;
      Deque<Runnable> gate = gates.get(incarnation);
      if (gate != null) {
        gate.add(again);
        return;
      }
    }
    work.accept(present(incarnation));
  }

  private PartitionLog present(long incarnation) {
    PartitionLog log = byIncarnation.get(incarnation);
    if (log == null) {
      throw new Exchange.Refused(Status.TOPIC_NOT_FOUND);
    }
    return log;
  }

  /** False once the log was deleted, with its partition or by a purge. Any thread. */
  public boolean has(PartitionLog log) {
    return byIncarnation.get(log.incarnation()) == log;
  }

  /** From now on whoever uses the one or the other waits. Owner loop, of both. */
  void close(long old, long fresh) {
    Deque<Runnable> gate = new ArrayDeque<>();
    gates.put(old, gate);
    gates.put(fresh, gate);
  }

  /** Who waits goes on, in order. Owner loop, of both. */
  void open(long old, long fresh) {
    gates.remove(fresh);
    Deque<Runnable> gate = gates.remove(old);
    while (gate != null && !gate.isEmpty()) {
      gate.poll().run();
    }
  }

  /** Who looks for the old log finds the new one. Loop 0, before the catalog shows it. */
  void lead(long old, PartitionLog fresh) {
    add(fresh);
    led.put(old, fresh.incarnation());
  }

  /** Nobody looks for the old one any more. Any thread. */
  void forget(long old) {
    led.remove(old);
  }

  /** The log, or {@code null}. */
  public PartitionLog find(PartitionEntry partition) {
    return byIncarnation.get(partition.incarnation());
  }
}

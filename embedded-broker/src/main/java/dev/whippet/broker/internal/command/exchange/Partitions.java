package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.internal.wire.Status;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The logs of all partitions, and which loop owns each: incarnation modulo loops.
 *
 * <p>Loop 0 adds a log before the catalog shows its partition, and takes it away after the catalog
 * has dropped it; then the owner loop deletes it. Finding a log and reading its counters is for any
 * thread, using it for its owner loop.
 */
public final class Partitions {

  private final Path directory;
  private final List<LogLoop> logLoops;
  private final Map<Long, PartitionLog> byIncarnation = new ConcurrentHashMap<>();

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
    add(PartitionLog.create(logLoop(settings.incarnation()), directory, settings));
  }

  /** Takes the log away; {@code null} when it is gone already. Loop 0. */
  public PartitionLog remove(long incarnation) {
    return byIncarnation.remove(incarnation);
  }

  /** The log, or 2010: the topic was deleted while the request travelled. */
  public PartitionLog log(PartitionEntry partition) {
    PartitionLog log = byIncarnation.get(partition.incarnation());
    if (log == null) {
      throw new Exchange.Refused(Status.TOPIC_NOT_FOUND);
    }
    return log;
  }

  /** The log, or {@code null}. */
  public PartitionLog find(PartitionEntry partition) {
    return byIncarnation.get(partition.incarnation());
  }
}

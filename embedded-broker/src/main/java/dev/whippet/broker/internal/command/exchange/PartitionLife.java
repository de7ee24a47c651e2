package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.CatalogChange;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.GroupEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.retain.Retention;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How partitions come to be and go, with their logs and stored offsets: before the catalog shows
 * them, and after it has dropped them. Loop 0.
 */
public final class PartitionLife {

  /** Partitions in all (about 1 KiB of memory each, without their messages). */
  static final int PARTITIONS_MAX = 100_000;

  private static final Logger LOG = LoggerFactory.getLogger(PartitionLife.class);

  private final ConsumerOffsets offsets;
  private final Groups groups;
  private final Partitions partitions;
  private final TopicRules rules;
  private final Changes changes;
  private final Hops hops;

  public PartitionLife(Services services) {
    this.offsets = services.offsets();
    this.groups = services.groups();
    this.partitions = services.partitions();
    this.rules = services.rules();
    this.changes = services.changes();
    this.hops = services.hops();
  }

  /** False when there would be more than {@link #PARTITIONS_MAX}. */
  public boolean hasRoom(int count) {
    return partitions.all().size() + count <= PARTITIONS_MAX;
  }

  /** What the topic's partitions share; a new one when it has none. */
  public Retention retention(TopicEntry topic) {
    return topic.partitions().isEmpty()
        ? rules.retention(topic.settings())
        : partitions.log(topic.partition(0)).settings().retention();
  }

  /** The topic of these partitions was updated. */
  public void retain(List<PartitionEntry> ofTopic, Settings settings) {
    if (!ofTopic.isEmpty()) {
      rules.change(partitions.log(ofTopic.get(0)).settings().retention(), settings);
    }
  }

  /** Partitions of a topic, called by its names, with the incarnations from {@code first} up. */
  public void create(String stream, String topic, Retention retention, long first, int count) {
    long[] incarnations = LongStream.range(first, first + count).toArray();
    for (PartitionSettings settings :
        rules.partitions(stream, topic, retention, incarnations, fresh -> 0)) {
      offsets.admit(settings.incarnation());
      partitions.create(settings);
    }
  }

  /**
   * Makes {@code change}, with which the partitions {@code leaving} go, then runs {@code
   * afterwards}, which answers. When it fails and nobody knows whether it is on the disk, they are
   * retired before that is answered: what was acknowledged later could vanish at the next start.
   */
  public void remove(
      Exchange<?> x, CatalogChange change, List<PartitionEntry> leaving, Runnable afterwards) {
    changes.commit(
        x,
        change,
        () -> {},
        () -> {
          delete(leaving);
          afterwards.run();
        },
        failure -> {
          if (failure.inDoubt()) {
            retire(leaving, failure, () -> x.refuse(failure));
          } else {
            x.refuse(failure);
          }
        });
  }

  private void retire(List<PartitionEntry> doubtful, LogFailure failure, Runnable then) {
    List<PartitionLog> logs =
        doubtful.stream().map(partitions::find).filter(Objects::nonNull).toList();
    AtomicInteger left = new AtomicInteger(logs.size());
    if (logs.isEmpty()) {
      then.run();
    }
    for (PartitionLog log : logs) {
      hops.post(
          partitions.owner(log.incarnation()),
          () ->
              retire(
                  log,
                  failure,
                  () -> {
                    if (left.decrementAndGet() == 0) {
                      then.run();
                    }
                  }));
    }
  }

  /** Owner loop; {@code then} runs there, too. */
  static void retire(PartitionLog log, LogFailure failure, Runnable then) {
    log.retire(
        "a purge or deletion failed, and only the next start can tell whether it was made: "
            + failure.message(),
        (nothing, always) -> then.run());
  }

  /** What fails to go is removed at the next start. */
  private void delete(List<PartitionEntry> gone) {
    for (PartitionEntry partition : gone) {
      offsets.forget(partition.incarnation());
      PartitionLog log = partitions.remove(partition.incarnation());
      if (log != null) {
        hops.post(partitions.owner(partition.incarnation()), () -> delete(log));
      }
    }
  }

  /** The groups of a topic that is gone, after its partitions. */
  public void deleteGroups(List<GroupEntry> gone) {
    groups.deleted(gone);
    gone.forEach(group -> offsets.forgetGroup(group.serial(), List.of()));
  }

  /** Owner loop. */
  static void delete(PartitionLog log) {
    log.delete(
        (nothing, failure) -> {
          if (failure != null) {
            LOG.warn("partition of a deleted topic stays on disk: {}", failure);
          }
        });
  }
}

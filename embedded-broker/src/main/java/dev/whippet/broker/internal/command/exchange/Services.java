package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.log.PartitionLog;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** What handlers work with. */
public record Services(
    Catalog catalog,
    ConsumerOffsets offsets,
    Groups groups,
    Partitions partitions,
    TopicRules rules,
    Access access,
    Identities identities,
    Changes changes,
    Hops hops,
    LongSupplier clockMicros) {

  /**
   * Has {@code work} done with the partition's log on the loop that owns it; after a purge that is
   * under way, with the log that follows.
   */
  public void onOwner(Exchange<?> x, PartitionEntry partition, Consumer<PartitionLog> work) {
    onOwner(x.session.loop(), x, partition, work);
  }

  private void onOwner(
      int here, Exchange<?> x, PartitionEntry partition, Consumer<PartitionLog> work) {
    int owner = partitions.owner(partition.incarnation());
    hops.run(
        here,
        owner,
        x,
        () -> partitions.use(partition, work, () -> onOwner(owner, x, partition, work)));
  }
}

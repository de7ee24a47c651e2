package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogFailure;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Purges topics: each of their partitions gets a new, empty log, without stored offsets, under
 * another incarnation; the old one is deleted. What was purged can't come back, since the catalog
 * does not know the old incarnation any more. Producers are remembered (whippet-extension.md 3.2):
 * the new log begins with their marks.
 *
 * <pre>
 *  loop 0        new incarnations are reserved, durably: a log that nobody knows may be removed
 *  each owner    gate closed, commits under way ended, producers written into the new log
 *  loop 0        the catalog names the new logs: one entry a topic, durable, then visible
 *  each owner    gate open: who waited goes on with the new log; the old one is deleted
 * </pre>
 *
 * Other changes of the catalog wait meanwhile. When something fails, topics that were not named yet
 * go on with their old logs. Loop 0, unless a method says otherwise.
 */
public final class Purge {

  private static final int LOOP_ZERO = 0;
  private static final Logger LOG = LoggerFactory.getLogger(Purge.class);

  /** One partition's way. */
  private static final class Step {
    final PartitionEntry old;
    final PartitionEntry fresh;
    final PartitionLog oldLog;
    PartitionLog log;

    Step(PartitionEntry old, PartitionEntry fresh, PartitionLog oldLog) {
      this.old = old;
      this.fresh = fresh;
      this.oldLog = oldLog;
    }
  }

  /** One topic's, which happen together. */
  private record Share(TopicEntry topic, List<Step> steps) {}

  private final Services services;
  private final Partitions partitions;
  private final Hops hops;
  private final Exchange<?> x;
  private final StreamEntry stream;
  private final List<Share> shares = new ArrayList<>();
  private long nextIncarnation;
  private int underWay;
  private LogFailure failure;

  private Purge(Services services, Exchange<?> x, StreamEntry stream, List<TopicEntry> topics) {
    this.services = services;
    this.partitions = services.partitions();
    this.hops = services.hops();
    this.x = x;
    this.stream = stream;
    this.nextIncarnation = services.catalog().latest().nextIncarnation();
    for (TopicEntry topic : topics) {
      List<Step> steps = new ArrayList<>(topic.partitions().size());
      topic.partitions().forEach(partition -> steps.add(step(partition)));
      if (!steps.isEmpty()) {
        shares.add(new Share(topic, steps));
      }
    }
  }

  /**
   * Purges and answers; {@code topics} are those of {@code stream}, as the latest catalog has them.
   */
  public static void run(
      Services services, Exchange<?> x, StreamEntry stream, List<TopicEntry> topics) {
    new Purge(services, x, stream, topics).begin();
  }

  /** The new log belongs to the loop of the old one. */
  private Step step(PartitionEntry old) {
    int owner = partitions.owner(old.incarnation());
    while (partitions.owner(nextIncarnation) != owner) {
      nextIncarnation++;
    }
    PartitionLog oldLog = partitions.log(old);
    return new Step(old, old.purged(nextIncarnation++), oldLog);
  }

  private void begin() {
    services.changes().hold();
    services
        .catalog()
        .commit(
            new IncarnationFloor(nextIncarnation),
            () -> {},
            (nothing, refused) -> {
              if (refused != null) {
                failure = refused;
                end();
              } else {
                prepare();
              }
            });
  }

  // --- each owner makes its new logs
  // --------------------------------------------------------------

  private void prepare() {
    shares.forEach(share -> underWay += share.steps.size());
    if (underWay == 0) {
      end();
    }
    for (Share share : shares) {
      for (Step step : share.steps) {
        hops.post(owner(step), () -> prepare(step));
      }
    }
  }

  /** Owner loop. */
  private void prepare(Step step) {
    step.log = partitions.made(step.oldLog.settings().purged(step.fresh.incarnation()));
    partitions.close(step.old.incarnation(), step.fresh.incarnation());
    step.oldLog.producers(
        (producers, nothing) ->
            step.log.begin(
                producers, (begun, failed) -> hops.post(LOOP_ZERO, () -> prepared(failed))));
  }

  private void prepared(LogFailure failed) {
    failure = failed == null ? failure : failed;
    underWay--;
    if (underWay > 0) {
      return;
    }
    underWay = shares.size();
    for (Share share : shares) {
      if (failure != null) {
        ended(share, failure);
      } else {
        commit(share);
      }
    }
  }

  // --- the catalog ------------------------------------------------------------------------------

  private void commit(Share share) {
    List<PartitionEntry> fresh = share.steps.stream().map(step -> step.fresh).toList();
    services
        .catalog()
        .commit(
            new PartitionsAre(stream.id(), share.topic.id(), fresh),
            () -> share.steps.forEach(this::show),
            (nothing, failed) -> ended(share, failed));
  }

  private void show(Step step) {
    services.offsets().admit(step.fresh.incarnation());
    partitions.lead(step.old.incarnation(), step.log);
  }

  private void ended(Share share, LogFailure failed) {
    failure = failed == null ? failure : failed;
    if (failed == null) {
      services
          .groups()
          .purged(services.catalog().visible().groups().of(stream.id(), share.topic.id()).all());
    }
    for (Step step : share.steps) {
      PartitionLog doomed = failed == null ? step.oldLog : step.log;
      if (failed == null) {
        services.offsets().forget(step.old.incarnation());
        partitions.remove(step.old.incarnation());
      }
      hops.post(
          owner(step),
          () -> {
            partitions.open(step.old.incarnation(), step.fresh.incarnation());
            PartitionLife.delete(doomed);
          });
    }
    underWay--;
    if (underWay == 0) {
      stopLeading();
      end();
    }
  }

  /**
   * Who looked into the catalog before it changed has sent what it does to the owner by the time a
   * task of every loop has passed through every owner.
   */
  private void stopLeading() {
    AtomicInteger left = new AtomicInteger(hops.loops() * hops.loops());
    Runnable arrived =
        () -> {
          if (left.decrementAndGet() == 0) {
            shares.forEach(
                share -> share.steps.forEach(step -> partitions.forget(step.old.incarnation())));
          }
        };
    for (int from = 0; from < hops.loops(); from++) {
      hops.post(
          from,
          () -> {
            for (int owner = 0; owner < hops.loops(); owner++) {
              hops.post(owner, arrived);
            }
          });
    }
  }

  private void end() {
    if (failure == null) {
      LOG.info(
          "{} topics of stream {} purged by user {} from {}",
          shares.size(),
          stream.id(),
          x.session.userId(),
          x.session.address());
      x.done();
    } else {
      x.refuse(failure);
    }
    services.changes().release();
  }

  private int owner(Step step) {
    return partitions.owner(step.old.incarnation());
  }
}

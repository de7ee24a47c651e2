package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
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
 * go on with their old logs; when nobody knows whether the catalog's entry is on the disk, those
 * take no more messages, since the next start may find the new ones named. A partition whose
 * producers recovery could not read is not purged. Loop 0, unless a method says otherwise.
 */
public final class Purge {

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

  /** What is purged, as the latest catalog has it. */
  public record Target(StreamEntry stream, List<TopicEntry> topics) {}

  private final Services services;
  private final Partitions partitions;
  private final Hops hops;
  private final Exchange<?> x;
  private final StreamEntry stream;
  private final List<Share> shares = new ArrayList<>();
  private long nextIncarnation;
  private int underWay;
  private LogFailure failure;

  /** A step threw; the log has it. */
  private boolean stumbled;

  private Purge(Services services, Exchange<?> x, Target target) {
    this.services = services;
    this.partitions = services.partitions();
    this.hops = services.hops();
    this.x = x;
    this.stream = target.stream;
    this.nextIncarnation = services.catalog().latest().nextIncarnation();
    for (TopicEntry topic : target.topics) {
      List<Step> steps = new ArrayList<>(topic.partitions().size());
      topic.partitions().forEach(partition -> steps.add(step(partition)));
      if (!steps.isEmpty()) {
        shares.add(new Share(topic, steps));
      }
    }
  }

  /**
   * Purges and answers. {@code target}, which may refuse, is asked when all changes under way have
   * ended: the logs of what it names are there by then.
   */
  public static void run(Services services, Exchange<?> x, Supplier<Target> target) {
    services.changes().hold();
    services
        .catalog()
        .settle(
            (nothing, whatever) -> {
              if (!Hops.guarded(x, () -> new Purge(services, x, target.get()).begin())) {
                services.changes().release();
              }
            });
  }

  /** The new log belongs to the loop of the old one. */
  private Step step(PartitionEntry old) {
    PartitionLog oldLog = partitions.log(old);
    if (!oldLog.knowsProducers()) {
      LOG.warn("not purged, since producers would be forgotten: {}", oldLog.readOnlyReason());
      throw new Exchange.Refused(Status.IO_ERROR);
    }
    int owner = partitions.owner(old.incarnation());
    while (partitions.owner(nextIncarnation) != owner) {
      nextIncarnation++;
    }
    return new Step(old, old.purged(nextIncarnation++), oldLog);
  }

  private void begin() {
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
        hops.post(owner(step), () -> attempt(step, () -> prepare(step)));
      }
    }
  }

  /** Owner loop. */
  private void prepare(Step step) {
    step.log = partitions.made(step.oldLog.settings().purged(step.fresh.incarnation()));
    partitions.close(step.old.incarnation(), step.fresh.incarnation());
    step.oldLog.producers((producers, nothing) -> attempt(step, () -> begin(step, producers)));
  }

  private void begin(Step step, byte[] producers) {
    step.log.begin(producers, (begun, failed) -> hops.postToLoopZero(() -> prepared(failed)));
  }

  /** Whatever {@code work} throws ends this step. Owner loop. */
  private void attempt(Step step, Runnable work) {
    try {
      work.run();
    } catch (RuntimeException | Error unexpected) {
      LOG.error("purge of partition {} of {} failed", step.old, stream.name(), unexpected);
      hops.postToLoopZero(
          () -> {
            stumbled = true;
            prepared(null);
          });
    }
  }

  private void prepared(LogFailure failed) {
    failure = failed == null ? failure : failed;
    underWay--;
    if (underWay > 0) {
      return;
    }
    underWay = shares.size();
    for (Share share : shares) {
      if (failure != null || stumbled) {
        ended(share, false);
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
            (nothing, failed) -> {
              failure = failed == null ? failure : failed;
              if (failed != null && failed.inDoubt()) {
                doubt(share, failed);
              } else {
                ended(share, failed == null);
              }
            });
  }

  private void show(Step step) {
    services.offsets().admit(step.fresh.incarnation());
    partitions.lead(step.old.incarnation(), step.log);
  }

  /** The next start finds the one log named or the other: neither is deleted, nor written to. */
  private void doubt(Share share, LogFailure failed) {
    AtomicInteger left = new AtomicInteger(share.steps.size());
    for (Step step : share.steps) {
      hops.post(
          owner(step),
          () -> {
            step.log.close((nothing, always) -> {});
            PartitionLife.retire(
                step.oldLog,
                failed,
                () -> {
                  partitions.open(step.old.incarnation(), step.fresh.incarnation());
                  if (left.decrementAndGet() == 0) {
                    hops.postToLoopZero(this::shareEnded);
                  }
                });
          });
    }
  }

  private void ended(Share share, boolean purged) {
    if (purged) {
      services
          .groups()
          .purged(services.catalog().visible().groups().of(stream.id(), share.topic.id()).all());
    }
    for (Step step : share.steps) {
      PartitionLog doomed = purged ? step.oldLog : step.log;
      if (purged) {
        services.offsets().forget(step.old.incarnation());
        partitions.remove(step.old.incarnation());
      }
      hops.post(
          owner(step),
          () -> {
            partitions.open(step.old.incarnation(), step.fresh.incarnation());
            if (doomed != null) { // else it was not made
              PartitionLife.delete(doomed);
            }
          });
    }
    shareEnded();
  }

  private void shareEnded() {
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
    if (stumbled) {
      x.refuse(Status.ERROR);
    } else if (failure == null) {
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

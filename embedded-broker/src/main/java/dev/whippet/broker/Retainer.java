package dev.whippet.broker;

import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.log.Housekeeping;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.system.WallClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.IntFunction;
import java.util.function.LongFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the data directory within its bounds, on the thread {@code whippet-retain}: every {@value
 * #TICK_MILLIS} ms, and when a segment was begun. Tells {@link Health} what went, and which
 * consumer had not read it.
 */
final class Retainer {

  /** How long a full disk, or a message that expires, may wait to be seen. */
  private static final long TICK_MILLIS = 1_000;

  private static final long TOLD_MILLIS = 60_000;

  private static final Logger LOG = LoggerFactory.getLogger(Retainer.class);

  private final DiskSpace space;
  private final Partitions partitions;
  private final ConsumerOffsets offsets;
  private final Housekeeping housekeeping;
  private final ScheduledThreadPoolExecutor thread;
  private final AtomicBoolean sweepWaits = new AtomicBoolean();

  /** Owned by the thread. */
  private long told;

  private long toldNanos;

  /** Offsets are those of the starting broker; protection is an age. */
  Retainer(
      Path directory,
      DiskSpace space,
      Partitions partitions,
      ConsumerOffsets offsets,
      Loops loops,
      long protectedMillis) {
    this.space = space;
    this.partitions = partitions;
    this.offsets = offsets;
    this.housekeeping =
        new Housekeeping(
            space,
            new Housekeeping.Surroundings(
                partitions::all,
                (log, task) -> loops.loop(partitions.owner(log.incarnation())).execute(task),
                offsets::consumedTo,
                WallClock::micros,
                () -> freeBytes(directory),
                TimeUnit.MILLISECONDS.toMicros(protectedMillis)));
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            work -> {
              Thread made = new Thread(work, "whippet-retain");
              made.setDaemon(true);
              return made;
            });
  }

  /** The disk's size; 0 when it can't be told. Blocks. */
  static long totalBytes(Path directory) {
    try {
      return Files.getFileStore(directory).getTotalSpace();
    } catch (IOException e) {
      LOG.warn("size of the disk of {} can't be told: {}", directory, e.toString());
      return 0;
    }
  }

  private static long freeBytes(Path directory) {
    try {
      return Files.getFileStore(directory).getUsableSpace();
    } catch (IOException e) {
      return Long.MAX_VALUE;
    }
  }

  void start() {
    space.onAlarm(this::alarm);
    thread.scheduleWithFixedDelay(
        () ->
            guarded(
                () -> {
                  housekeeping.tick();
                  tell();
                }),
        0,
        TICK_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  private void alarm() {
    if (sweepWaits.compareAndSet(false, true)) {
      try {
        thread.execute(
            () -> {
              sweepWaits.set(false);
              guarded(housekeeping::sweep);
            });
      } catch (RejectedExecutionException stopping) {
        // the next start looks at everything
      }
    }
  }

  /** One failure does not end the thread. */
  private void guarded(Runnable work) {
    try {
      work.run();
    } catch (RuntimeException e) {
      LOG.error("retention failed, tried again in {} ms", TICK_MILLIS, e);
    }
  }

  /** Decides nothing any more; blocks until the decision under way is made. */
  void stop() {
    space.onAlarm(() -> {});
    thread.shutdownNow();
    try {
      thread.awaitTermination(TICK_MILLIS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  Health.Disk disk(LongFunction<String> name) {
    List<Health.Dropped> dropped = new ArrayList<>();
    for (Drop drop : housekeeping.drops().ranges()) {
      dropped.add(
          new Health.Dropped(
              name.apply(drop.incarnation()),
              drop.reason().words(),
              drop.range().first(),
              drop.range().last(),
              drop.size().messages(),
              drop.size().bytes()));
    }
    return new Health.Disk(
        space.segmentBytes(),
        space.segmentBytesMax(),
        space.estimate(),
        space.freeBytesMin(),
        space.isFull(),
        droppedMessages(),
        List.copyOf(dropped));
  }

  private long droppedMessages() {
    long messages = 0;
    for (Drop.Reason reason : Drop.Reason.values()) {
      messages += housekeeping.drops().sum(reason).messages();
    }
    return messages;
  }

  /** At most once in {@value #TOLD_MILLIS} ms, so that a busy broker does not fill its log. */
  private void tell() {
    long now = System.nanoTime();
    long dropped = droppedMessages();
    if (dropped > told
        && (told == 0 || now - toldNanos >= TimeUnit.MILLISECONDS.toNanos(TOLD_MILLIS))) {
      LOG.info("retention dropped {} messages, {} since the start", dropped - told, dropped);
      told = dropped;
      toldNanos = now;
    }
  }

  /**
   * A full disk, and consumers that missed messages: those whose stored offset lies before the
   * first message that is left. It goes away when the consumer goes on, or its offset is deleted.
   */
  List<Health.Problem> problems(LongFunction<String> name, IntFunction<String> groupName) {
    List<Health.Problem> problems = new ArrayList<>();
    if (space.isFull()) {
      problems.add(
          new Health.Problem(
              Health.Kind.FULL,
              "disk",
              "about "
                  + Math.max(0, space.estimate())
                  + " bytes are free, "
                  + space.freeBytesMin()
                  + " must stay free: messages are refused until there is room, then taken again"));
    }
    Map<Long, TreeSet<String>> reasons = new HashMap<>();
    for (Drop drop : housekeeping.drops().ranges()) {
      reasons
          .computeIfAbsent(drop.incarnation(), incarnation -> new TreeSet<>())
          .add(drop.reason().words());
    }
    for (PartitionLog log : partitions.all()) {
      long first = log.firstOffset();
      if (first > 0) {
        offsets.forEach(
            log.incarnation(),
            (owner, stored) -> {
              if (stored + 1 < first && problems.size() <= Health.PROBLEMS_MAX) {
                problems.add(
                    missed(
                        name.apply(log.incarnation()),
                        owner.group()
                            ? "consumer group " + groupName.apply(owner.key())
                            : "consumer " + Integer.toUnsignedString(owner.key()),
                        stored + 1,
                        first,
                        reasons.get(log.incarnation())));
              }
            });
      }
    }
    return problems;
  }

  private static Health.Problem missed(
      String partition, String consumer, long from, long first, TreeSet<String> why) {
    return new Health.Problem(
        Health.Kind.MISSED,
        partition,
        consumer
            + " missed "
            + (first - from)
            + " messages, offsets "
            + from
            + " to "
            + (first - 1)
            + ": dropped by "
            + (why == null ? "retention before this start" : String.join(", ", why)));
  }
}

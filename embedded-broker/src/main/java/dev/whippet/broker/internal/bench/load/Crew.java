package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Timeline;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The actors of one stage: starts their threads, watches them from the caller's thread, gathers
 * what they measured. A stage in which no actor moves for a while has failed.
 */
final class Crew {

  private static final int WATCH_MILLIS = 100;
  private static final long STACK_BYTES = 256 << 10;

  private final String stage;
  private final List<Actor> actors = new ArrayList<>();
  private final Meter meter;
  private final double stallSeconds;
  private Gate gate;
  private volatile boolean interrupted;
  private Meter.Usage usage;

  Crew(String stage, Meter meter, double stallSeconds) {
    this.stage = stage;
    this.meter = meter;
    this.stallSeconds = stallSeconds;
  }

  /** Makes the gate that the actors are built with. */
  Gate gate(int actorCount) {
    gate = new Gate(actorCount, meter::start);
    return gate;
  }

  void add(Actor actor) {
    actors.add(actor);
  }

  void interrupt() {
    interrupted = true;
  }

  long warmUpMessages() {
    return actors.stream().mapToLong(Actor::warmUpMessages).sum();
  }

  /** Runs them all. */
  StageResult run(Consumer<String> progress) throws InterruptedException {
    List<Thread> threads = new ArrayList<>();
    for (Actor actor : actors) {
      Thread thread = new Thread(null, actor, "bench-" + actor.group, STACK_BYTES);
      thread.setDaemon(true);
      threads.add(thread);
      thread.start();
    }
    watch(threads, progress);
    try {
      usage = meter.stop();
    } catch (IOException e) {
      gate.fail("the machine's counters can't be read: " + e);
    }
    return result();
  }

  private void watch(List<Thread> threads, Consumer<String> progress) throws InterruptedException {
    long stallNanos = (long) (stallSeconds * 1e9);
    for (Thread thread : threads) {
      while (thread.isAlive()) {
        thread.join(WATCH_MILLIS);
        if (interrupted) {
          gate.stop();
        } else if (isStalled(stallNanos)) {
          gate.fail(stage + ": no progress for " + stallSeconds + " s, " + missing());
        }
        if (gate.isOver()) {
          endAll(threads);
        }
        progress.accept(line());
      }
    }
  }

  private void endAll(List<Thread> threads) {
    for (int i = 0; i < threads.size(); i++) {
      if (!actors.get(i).isEnded()) {
        actors.get(i).stop();
        threads.get(i).interrupt();
      }
    }
  }

  private boolean isStalled(long stallNanos) {
    long now = System.nanoTime();
    boolean waiting = false;
    for (Actor actor : actors) {
      if (!actor.isEnded()) {
        waiting = true;
        if (now - actor.lastProgressNanos() < stallNanos) {
          return false;
        }
      }
    }
    return waiting;
  }

  private String missing() {
    long missing = actors.stream().mapToLong(Actor::missing).sum();
    return missing == 0 ? "a reply is missing" : missing + " messages are missing";
  }

  private String line() {
    long start = gate.startNanos();
    if (start == 0) {
      return stage + ": warming up";
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    long messages = actors.stream().mapToLong(Actor::messages).sum();
    long bytes = actors.stream().mapToLong(Actor::bytes).sum();
    return String.format(
        Locale.ROOT,
        "%s: %.1f s, %,d messages, %,.0f messages/s, %,.1f MB/s",
        stage,
        seconds,
        messages,
        messages / seconds,
        bytes / 1e6 / seconds);
  }

  private StageResult result() {
    Map<String, List<Actor>> groups =
        actors.stream()
            .collect(
                Collectors.groupingBy(
                    actor -> actor.group, LinkedHashMap::new, Collectors.toList()));
    List<GroupResult> results = new ArrayList<>();
    groups.forEach((name, members) -> results.add(result(name, members)));
    String failure = gate.failure();
    long missing = actors.stream().mapToLong(Actor::missing).sum();
    if (failure == null && !interrupted && missing > 0) {
      failure = stage + ": " + missing + " messages are missing";
    }
    return new StageResult(stage, results, List.of(), usage, failure);
  }

  private GroupResult result(String name, List<Actor> members) {
    long start = gate.startNanos();
    long end = members.stream().mapToLong(Actor::endNanos).filter(n -> n != 0).max().orElse(start);
    return new GroupResult(
        name,
        Latencies.merged(members.stream().map(actor -> actor.latencies).toList()),
        Timeline.merged(members.stream().map(actor -> actor.timeline).toList()),
        members.stream().mapToLong(Actor::messages).sum(),
        members.stream().mapToLong(Actor::bytes).sum(),
        (end - start) / 1e9);
  }
}

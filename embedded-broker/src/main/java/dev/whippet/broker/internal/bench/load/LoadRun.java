package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Pace;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Runs one or more kinds of load after each other, over the same streams.
 *
 * <p>After producers it asks the server how many messages it has: fewer or more than were
 * acknowledged is a failure.
 */
public final class LoadRun implements Run {

  private static final String GROUP = "bench-group";

  private final String title;
  private final LoadPlan plan;
  private final List<Kind> kinds;
  private final Supplier<Meter> meters;
  private final AtomicLong groupRemaining = new AtomicLong();
  private volatile Crew crew;
  private volatile boolean interrupted;

  /**
   * Prepares a run.
   *
   * @param meters one for each kind
   */
  public LoadRun(String title, LoadPlan plan, List<Kind> kinds, Supplier<Meter> meters) {
    this.title = title;
    this.plan = plan;
    this.kinds = List.copyOf(kinds);
    this.meters = meters;
  }

  @Override
  public RunResult run(Consumer<String> progress) throws BenchException, InterruptedException {
    List<StageResult> stages = new ArrayList<>();
    boolean made = false;
    for (Kind kind : kinds) {
      Streams streams = new Streams(plan.target(), streams(kind), plan.shape().partitions());
      if (kind.produces() && !made) {
        streams.create(plan.shape().streamsAre() == LoadPlan.Streams.KEPT);
      }
      made = true;
      StageResult stage = run(kind, streams, progress);
      stages.add(stage);
      if (stage.failure() != null || interrupted) {
        break;
      }
    }
    return new RunResult(title, plan.target().url(), stages, interrupted);
  }

  @Override
  public void interrupt() {
    interrupted = true;
    Crew working = crew;
    if (working != null) {
      working.interrupt();
    }
  }

  private StageResult run(Kind kind, Streams streams, Consumer<String> progress)
      throws BenchException, InterruptedException {
    long before = 0;
    if (checked()) {
      streams.require();
      before = kind.produces() ? streams.messages() : 0;
    }
    if (kind == Kind.BALANCED_CONSUMER_GROUP) {
      streams.createGroup(GROUP);
      long messages = plan.messages();
      groupRemaining.set(
          messages == Long.MAX_VALUE ? messages : messages * plan.shape().consumers());
    }
    Crew working = hire(kind);
    crew = working;
    StageResult stage = working.run(progress);
    if (!kind.produces() || !checked() || stage.failure() != null || interrupted) {
      return stage;
    }
    long sent = acknowledged(stage, working);
    long stored = streams.messages() - before;
    if (stored == sent) {
      return stage;
    }
    String failure = "the server has " + stored + " of " + sent + " acknowledged messages";
    return new StageResult(stage.name(), stage.groups(), stage.figures(), stage.usage(), failure);
  }

  private boolean checked() {
    return plan.shape().streamsAre() != LoadPlan.Streams.UNCHECKED;
  }

  private static long acknowledged(StageResult stage, Crew crew) {
    long measured =
        stage.groups().stream()
            .filter(group -> !group.name().equals("consumers"))
            .mapToLong(GroupResult::messages)
            .sum();
    return measured + crew.warmUpMessages();
  }

  private Crew hire(Kind kind) {
    boolean both = kind == Kind.PINNED_PRODUCER_AND_CONSUMER;
    int producers = kind.hasProducers() ? plan.shape().producers() : 0;
    int others = kind.hasReaders() ? plan.shape().consumers() : 0;
    String stage = kind.name().toLowerCase(Locale.ROOT).replace('_', '-');
    Crew hired = new Crew(stage, meters.get(), plan.volume().stallSeconds());
    Gate gate = hired.gate(producers + others);
    for (int i = 0; i < producers; i++) {
      hired.add(
          new Actor(
              "producers",
              new ProducerWork(plan, place(kind, i), both),
              pace(producers),
              share(true),
              gate));
    }
    for (int i = 0; i < others; i++) {
      hired.add(reader(kind, i, others, gate));
    }
    return hired;
  }

  private Actor reader(Kind kind, int index, int count, Gate gate) {
    Place place = place(kind, index);
    return switch (kind) {
      case END_TO_END ->
          new Actor(
              "end-to-end",
              new EndToEndWork(
                  new ProducerWork(plan, place, false),
                  new ConsumerWork(plan, place, index + 1, true, false)),
              pace(count),
              share(true),
              gate);
      case BALANCED_CONSUMER_GROUP ->
          new Actor(
              "consumers",
              new GroupWork(plan, place, GROUP, groupRemaining),
              pace(count),
              new Actor.Share(Long.MAX_VALUE, plan.volume().seconds(), 0),
              gate);
      default -> {
        boolean follows = kind == Kind.PINNED_PRODUCER_AND_CONSUMER;
        yield new Actor(
            "consumers",
            new ConsumerWork(plan, place, index + 1, follows, follows),
            follows ? Pace.perSecond(0) : pace(count),
            share(!follows),
            gate);
      }
    };
  }

  private Actor.Share share(boolean warmUp) {
    LoadPlan.Volume volume = plan.volume();
    return new Actor.Share(plan.messages(), volume.seconds(), warmUp ? volume.warmUpSeconds() : 0);
  }

  private Pace pace(int actors) {
    return Pace.perSecond(plan.volume().requestsPerSecond() / actors);
  }

  private int streams(Kind kind) {
    if (plan.shape().streams() > 0) {
      return plan.shape().streams();
    }
    if (!kind.isPinned()) {
      return 1;
    }
    return Math.max(
        kinds.stream().anyMatch(Kind::hasProducers) ? plan.shape().producers() : 1,
        kinds.stream().anyMatch(Kind::hasReaders) ? plan.shape().consumers() : 1);
  }

  /** Pinned actors go round the streams, then round their partitions. */
  private Place place(Kind kind, int index) {
    int streams = streams(kind);
    String stream = Streams.name(index % streams);
    boolean pinned = kind.isPinned();
    int partition = pinned ? index / streams % plan.shape().partitions() : Place.BALANCED;
    return new Place(stream, Streams.TOPIC, partition);
  }
}

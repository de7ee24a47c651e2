package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.LoadOptions.Defaults;
import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.Kind;
import dev.whippet.broker.internal.bench.load.LoadPlan;
import dev.whippet.broker.internal.bench.load.LoadRun;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Meter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** A kind of load, or a preset made of kinds. */
@Command
final class LoadCommand extends MeasureCommand {

  private static final int ACTORS = 8;
  private static final int BALANCED_PARTITIONS = 24;
  private static final int BATCHES = 1000;
  private static final Range THOUSAND = Range.of(1000);
  private static final Range ONE = Range.of(1);

  @Mixin LoadOptions load;

  private final String title;
  private final List<Kind> kinds;
  private final Defaults defaults;
  private final long batches;

  private LoadCommand(String title, List<Kind> kinds, Defaults defaults, long batches) {
    this.title = title;
    this.kinds = kinds;
    this.defaults = defaults;
    this.batches = batches;
  }

  /** iggy-bench's kind, with its defaults. */
  static LoadCommand of(String title, Kind kind) {
    boolean balanced = kind == Kind.BALANCED_PRODUCER || kind == Kind.BALANCED_CONSUMER_GROUP;
    int partitions = balanced ? BALANCED_PARTITIONS : 1;
    Defaults defaults = new Defaults(ACTORS, ACTORS, partitions, THOUSAND, THOUSAND);
    return new LoadCommand(title, List.of(kind), defaults, BATCHES);
  }

  /** The published comparison's shape: four producers, then four consumers. */
  static LoadCommand blog() {
    Defaults defaults = new Defaults(4, 4, 1, THOUSAND, THOUSAND);
    List<Kind> kinds = List.of(Kind.PINNED_PRODUCER, Kind.PINNED_CONSUMER);
    return new LoadCommand("blog", kinds, defaults, 250);
  }

  /** One small message a request, many connections. */
  static LoadCommand devices() {
    Defaults defaults = new Defaults(64, 1, 16, ONE, Range.of(256));
    return new LoadCommand("devices", List.of(Kind.PINNED_PRODUCER), defaults, 1000);
  }

  /** One large message, there and back. */
  static LoadCommand oneBig() {
    Defaults defaults = new Defaults(1, 1, 1, ONE, Range.of(16_000_000));
    List<Kind> kinds = List.of(Kind.PINNED_PRODUCER, Kind.PINNED_CONSUMER);
    return new LoadCommand("one-big", kinds, defaults, 20);
  }

  String name() {
    return title;
  }

  String description() {
    return switch (title) {
      case "blog" ->
          "Four producers, then four consumers, 1000 x 1000 B: the published comparison.";
      case "devices" -> "Many connections, one small message a request, each acknowledged.";
      case "one-big" -> "One message of 16 MB, sent and read back.";
      case "pinned-producer" -> "Producers, each on a stream of its own.";
      case "pinned-consumer" -> "Consumers of what pinned producers stored.";
      case "pinned-producer-and-consumer" -> "Both at once; consumers measure from the send.";
      case "balanced-producer" -> "Producers on one topic, the server chooses partitions.";
      case "balanced-consumer-group" -> "Members of a group read what balanced producers stored.";
      default -> "Each actor sends a batch and reads it back.";
    };
  }

  @Override
  public Run run(Target server, long serverPid, Disk disk) {
    load.check(spec.commandLine());
    if (title.equals("devices") && load.streams == null) {
      load.streams = 1;
    }
    boolean reads = kinds.get(0) == Kind.PINNED_CONSUMER;
    LoadPlan plan = load.plan(server, defaults, batches, reads);
    return new LoadRun(head(plan), plan, kinds, () -> new Meter(serverPid, disk));
  }

  /** Title and shape; only the actors that there are. */
  private String head(LoadPlan plan) {
    String head = title + ": " + plan.messagesPerBatch() + " x " + plan.messageBytes() + " B";
    if (kinds.stream().anyMatch(Kind::hasProducers)) {
      head += ", " + plan.shape().producers() + " producers";
    }
    if (kinds.stream().anyMatch(Kind::hasReaders)) {
      head += ", " + plan.shape().consumers() + " consumers";
    }
    return head;
  }
}

package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.LoadPlan;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** How much of what; the letters are iggy-bench's. Absent values have each command's defaults. */
final class LoadOptions {

  @Option(
      names = {"-s", "--streams"},
      paramLabel = "N",
      description = "Streams; default one for each pinned actor, else 1.")
  Integer streams;

  @Option(
      names = {"-a", "--partitions"},
      paramLabel = "N",
      description = "Partitions of each topic; default 1, balanced kinds 24.")
  Integer partitions;

  @Option(
      names = {"-p", "--producers"},
      paramLabel = "N",
      description = "Producers.")
  Integer producers;

  @Option(
      names = {"-c", "--consumers"},
      paramLabel = "N",
      description = "Consumers.")
  Integer consumers;

  @Option(
      names = {"-m", "--message-size"},
      paramLabel = "BYTES",
      description = "Payload of a message, fixed or a range such as 64..512.")
  Range messageBytes;

  @Option(
      names = {"-P", "--messages-per-batch"},
      paramLabel = "N",
      description = "Messages of a request, fixed or a range.")
  Range messagesPerBatch;

  @Option(
      names = {"-b", "--message-batches"},
      paramLabel = "N",
      description = "Batches of each actor.")
  Long batches;

  @Option(
      names = {"-T", "--total-data"},
      paramLabel = "SIZE",
      description = "Payload of all actors together, such as 1GB, instead of -b.")
  String totalData;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      description = "Measure for so long, instead of -b.")
  Double seconds;

  @Option(
      names = {"-w", "--warmup-time"},
      paramLabel = "S",
      description = "Seconds of load before measuring; default 0.")
  Double warmUpSeconds;

  @Option(
      names = {"-r", "--rate-limit"},
      paramLabel = "SIZE",
      description = "Payload a second of all producers, such as 100MB.")
  String rateLimit;

  @Option(
      names = "--rate",
      paramLabel = "N",
      description =
          "Requests a second of all actors of a group, instead of -r. With either, latency counts"
              + " from when a request was due.")
  Double rate;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "30",
      description = "Seconds without progress after which a run has failed; default 30.")
  double timeout;

  @Option(
      names = "--streams-are",
      paramLabel = "WHAT",
      defaultValue = "new",
      description =
          "new (default), kept from an earlier run, or unchecked: new, and never counted.")
  LoadPlan.Streams streamsAre;

  /** What a command does when it is told nothing. */
  record Defaults(int producers, int consumers, int partitions, Range batch, Range message) {}

  LoadPlan plan(Target target, Defaults defaults, long defaultBatches, boolean reads) {
    Range batch = messagesPerBatch == null ? defaults.batch() : messagesPerBatch;
    Range message = messageBytes == null ? defaults.message() : messageBytes;
    int producing = positive("producers", or(producers, defaults.producers()));
    int consuming = positive("consumers", or(consumers, defaults.consumers()));
    double batchBytes = (double) batch.max() * message.max();
    long count = batches == null ? defaultBatches : positive("message-batches", batches);
    if (totalData != null) {
      int actors = reads ? consuming : producing;
      count = Math.max(1, Math.round(ByteCount.parse(totalData) / batchBytes / actors));
    } else if (seconds != null && batches == null) {
      count = Long.MAX_VALUE;
    }
    double requests = rate == null ? 0 : rate;
    if (rateLimit != null) {
      requests = ByteCount.parse(rateLimit) / batchBytes;
    }
    LoadPlan.Volume volume =
        new LoadPlan.Volume(
            count, orZero(seconds), orZero(warmUpSeconds), Math.max(0, requests), timeout);
    LoadPlan.Shape shape =
        new LoadPlan.Shape(
            streams == null ? 0 : positive("streams", streams),
            positive("partitions", or(partitions, defaults.partitions())),
            producing,
            consuming,
            streamsAre);
    return new LoadPlan(target, batch, message, volume, shape);
  }

  /** Refuses what contradicts itself. */
  void check(picocli.CommandLine command) {
    int ends = (batches == null ? 0 : 1) + (totalData == null ? 0 : 1);
    if (ends > 1) {
      throw new ParameterException(
          command, "--message-batches and --total-data exclude each other");
    }
    if (rate != null && rateLimit != null) {
      throw new ParameterException(command, "--rate and --rate-limit exclude each other");
    }
    try {
      plan(null, new Defaults(1, 1, 1, Range.of(1), Range.of(1)), 1, false);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(command, e.getMessage());
    }
  }

  private static int or(Integer given, int otherwise) {
    return given == null ? otherwise : given;
  }

  private static double orZero(Double given) {
    if (given != null && given < 0) {
      throw new IllegalArgumentException(given + " seconds: below 0");
    }
    return given == null ? 0 : given;
  }

  private static int positive(String name, int value) {
    return (int) positive(name, (long) value);
  }

  private static long positive(String name, long value) {
    if (value < 1) {
      throw new IllegalArgumentException("--" + name + ": " + value + " is not above 0");
    }
    return value;
  }
}

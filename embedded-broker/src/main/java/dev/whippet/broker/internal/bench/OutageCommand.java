package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.LoadPlan;
import dev.whippet.broker.internal.bench.load.OutageRun;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Meter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code outage}: producers with an outbox lose the network for a while. */
@Command(
    name = "outage",
    description = "Producers with an outbox (the SDK) go through an outage, then drain.")
final class OutageCommand extends MeasureCommand {

  @Option(
      names = "--outage",
      paramLabel = "S",
      defaultValue = "5",
      description = "Length in seconds; default ${DEFAULT-VALUE}.")
  double outageSeconds;

  @Option(
      names = {"-p", "--producers"},
      paramLabel = "N",
      defaultValue = "1",
      description = "Default ${DEFAULT-VALUE}.")
  int producers;

  @Option(
      names = "--rate",
      paramLabel = "N",
      defaultValue = "1000",
      description =
          "Messages a second of all producers, also while draining; 0 = as fast as the outbox takes"
              + " them, and none while draining. Default ${DEFAULT-VALUE}.")
  double rate;

  @Mixin RecordSizeOption records;

  @Option(
      names = {"-a", "--partitions"},
      paramLabel = "N",
      defaultValue = "1",
      description = "Default ${DEFAULT-VALUE}.")
  int partitions;

  @Option(
      names = "--outbox",
      paramLabel = "DIR",
      description = "A directory for the outboxes; default one below the temporary directory.")
  Path outbox;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "30",
      description = "Seconds without progress after which it has failed; default 30.")
  double timeout;

  @Override
  public Run run(Target server, long serverPid, Disk disk) throws BenchException {
    if (producers < 1 || partitions < 1 || outageSeconds <= 0 || rate < 0) {
      throw new BenchException("producers, partitions and the outage's length must be above 0");
    }
    LoadPlan plan =
        new LoadPlan(
            server,
            Range.of(1),
            records.messageBytes,
            new LoadPlan.Volume(Long.MAX_VALUE, 0, 0, rate, timeout),
            new LoadPlan.Shape(1, partitions, producers, 1, LoadPlan.Streams.NEW));
    return new OutageRun(plan, outageSeconds, directory(), new Meter(serverPid, disk));
  }

  private Path directory() throws BenchException {
    try {
      if (outbox == null) {
        return Files.createTempDirectory("whippet-bench-");
      }
      Files.createDirectories(outbox);
      return Files.createTempDirectory(outbox, "outage-");
    } catch (IOException e) {
      throw new BenchException("no directory for the outboxes: " + e, e);
    }
  }
}

package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.LoadPlan;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.load.StormRun;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Meter;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code storm}: everybody reconnects. */
@Command(
    name = "storm",
    description =
        "Many clients connect, log in and publish at the same moment, while one works on.")
final class StormCommand extends MeasureCommand {

  private static final int PARTITIONS = 16;

  @Option(
      names = {"-n", "--clients"},
      paramLabel = "N",
      defaultValue = "500",
      description = "Default ${DEFAULT-VALUE}.")
  int clients;

  @Mixin RecordSizeOption records;

  @Option(
      names = "--timeout",
      paramLabel = "S",
      defaultValue = "120",
      description = "Seconds until all must publish again; default ${DEFAULT-VALUE}.")
  double timeout;

  @Override
  public Run run(Target server, long serverPid, Disk disk) throws BenchException {
    if (clients < 1) {
      throw new BenchException("--clients " + clients + ": not above 0");
    }
    LoadPlan plan =
        new LoadPlan(
            server,
            Range.of(1),
            records.messageBytes,
            new LoadPlan.Volume(1, 0, 0, 0, timeout),
            new LoadPlan.Shape(1, PARTITIONS, clients, 1, LoadPlan.Streams.NEW));
    return new StormRun(plan, new Meter(serverPid, disk));
  }
}

package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.engine.EngineBench;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.report.Findings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code log}: the log on one loop, without the network, against its goals. */
@Command(
    name = "log",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "The log alone on one loop, against its goals: durable commits beside the same writes"
            + " without it, many producers, many partitions, a slow disk. About a minute.")
final class LogCommand implements Callable<Integer> {

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "whippet-bench-data",
      description = "Where files are written, and removed; default ${DEFAULT-VALUE}.")
  Path data;

  @Option(
      names = "--share",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the usual times; default 1.")
  double share;

  @Option(names = "--json", paramLabel = "FILE", description = "The figures, for programs.")
  Path json;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    Findings findings = new Findings(out);
    try {
      Files.createDirectories(data);
      Disk disk = Disk.under(data);
      if (!disk.isStable()) {
        out.println("NOT DURABLE: " + data + " is on " + disk.type());
      }
      new EngineBench(data, share, findings).run();
      if (json != null) {
        findings.write(json);
      }
      return findings.areMet() ? 0 : 1;
    } catch (IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }
}

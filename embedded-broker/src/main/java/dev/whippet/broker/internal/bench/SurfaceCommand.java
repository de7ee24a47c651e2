package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.report.Findings;
import dev.whippet.broker.internal.bench.surface.Row;
import dev.whippet.broker.internal.bench.surface.SurfaceBench;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code surface}: everything but messages, against its goals. */
@Command(
    name = "surface",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Small commands against their goals, on brokers that it starts itself: a ping beside an"
            + " echo, CPU of two loops beside one, a login storm, a crowd. About three minutes.")
final class SurfaceCommand implements Callable<Integer> {

  @Parameters(paramLabel = "ROW", description = "Default: all of ${COMPLETION-CANDIDATES}.")
  List<Row> rows = List.of(Row.values());

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "whippet-bench-data",
      description = "Where the brokers keep theirs; default ${DEFAULT-VALUE}.")
  Path data;

  @Option(
      names = "--share",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the usual times and numbers; default 1.")
  double share;

  @Option(
      names = "--java",
      paramLabel = "FLAGS",
      defaultValue = "",
      description = "Of the servers' virtual machines.")
  String javaFlags;

  @Option(names = "--json", paramLabel = "FILE", description = "The figures, for programs.")
  Path json;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    Findings findings = new Findings(out);
    try {
      Files.createDirectories(data);
      new SurfaceBench(data, javaFlags, share).run(rows, findings);
      if (json != null) {
        findings.write(json);
      }
      return findings.areMet() ? 0 : 1;
    } catch (BenchException | IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }
}

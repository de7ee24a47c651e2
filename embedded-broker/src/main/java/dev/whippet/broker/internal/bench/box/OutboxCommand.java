package dev.whippet.broker.internal.bench.box;

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

/** {@code outbox}: the outbox of the SDK, without the network, against its goals. */
@Command(
    name = "outbox",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "The outbox of the SDK alone, against its goals: durable enqueues, a receipt at a time, the"
            + " call itself, encryption, bytes written, start. About two minutes, 1.2 GB.")
public final class OutboxCommand implements Callable<Integer> {

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
      new OutboxBench(data, share, findings).run();
      if (json != null) {
        findings.write(json);
      }
      return findings.areMet() ? 0 : 1;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    } catch (IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }
}

package dev.whippet.broker.internal.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.limits.Floor;
import dev.whippet.broker.internal.bench.limits.Limits;
import dev.whippet.broker.internal.bench.load.Kind;
import dev.whippet.broker.internal.bench.load.LoadPlan;
import dev.whippet.broker.internal.bench.load.LoadRun;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.result.RunResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code limits}: what this machine can do at all, and how near a server comes to it. */
@Command(
    name = "limits",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "This machine's floors: durable writes, loopback, memory, checksums, unmasking.")
final class LimitsCommand implements Callable<Integer> {

  private static final double STALL_SECONDS = 30;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "whippet-bench-data",
      description = "Where files are written; default ${DEFAULT-VALUE}.")
  Path data;

  @Option(
      names = "--url",
      paramLabel = "URL",
      description = "A server with data on the same disk: it is measured against the floors.")
  String url;

  @Mixin CredentialOptions credentials;

  @Option(
      names = "--share",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the usual repeats; default 1, which takes some seconds.")
  double share;

  @Option(names = "--json", paramLabel = "FILE", description = "The floors, for programs.")
  Path json;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try {
      Target target = url == null ? null : credentials.target(url);
      Files.createDirectories(data);
      Disk disk = Disk.under(data);
      if (!disk.isStable()) {
        out.println("NOT DURABLE: " + data + " is on " + disk.type());
      }
      Limits.Result limits = Limits.measure(data, share);
      out.println("durable writes: " + limits.files() + ", " + disk.type());
      out.printf("%-34s %12s %12s%n", "", "p50", "p99");
      limits.floors().forEach(out::println);
      out.flush();
      if (target != null) {
        against(limits, target, out);
      }
      if (json != null) {
        write(limits);
      }
      return 0;
    } catch (BenchException | IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }

  private void against(Limits.Result limits, Target target, PrintWriter out)
      throws BenchException, InterruptedException {
    double large =
        limits.p50Millis(Limits.WRITE_MEBIBYTE) + limits.p50Millis(Limits.LOOPBACK_MEBIBYTE);
    ratio("durable produce, 1000 x 1000 B", produce(target, 1000, 1000), large, out);
    double small = limits.p50Millis(Limits.WRITE_BLOCK) + limits.p50Millis(Limits.PING_PONG);
    ratio("durable produce, 1 x 256 B", produce(target, 1, 256), small, out);
  }

  private static void ratio(String name, double millis, double floor, PrintWriter out) {
    out.printf(
        Locale.ROOT,
        "%-34s p50 %.3f ms / (write + loopback) %.3f ms = %.2f%n",
        name,
        millis,
        floor,
        millis / floor);
  }

  private double produce(Target target, int batch, int bytes)
      throws BenchException, InterruptedException {
    LoadPlan plan =
        new LoadPlan(
            target,
            Range.of(batch),
            Range.of(bytes),
            new LoadPlan.Volume(Long.MAX_VALUE, 3 * share, 5 * share, 0, STALL_SECONDS),
            new LoadPlan.Shape(1, 1, 1, 1, LoadPlan.Streams.NEW));
    LoadRun run =
        new LoadRun("limits", plan, List.of(Kind.PINNED_PRODUCER), () -> new Meter(0, null));
    RunResult result = run.run(line -> {});
    if (result.failure() != null) {
      throw new BenchException(result.failure());
    }
    return result.stages().get(0).groups().get(0).latencies().percentileMillis(50);
  }

  private void write(Limits.Result limits) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    root.put("files", limits.files());
    for (Floor floor : limits.floors()) {
      root.putObject(floor.name())
          .put("p50Nanos", floor.p50Nanos())
          .put("p99Nanos", floor.p99Nanos())
          .put("gigabytesPerSecond", floor.gigabytesPerSecond());
    }
    mapper.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), root);
  }
}

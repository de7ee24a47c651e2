package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.compare.Comparison;
import dev.whippet.broker.internal.bench.compare.Contender;
import dev.whippet.broker.internal.bench.compare.Verdicts;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Goal;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code compare}: several servers in turns, and whether their ratio keeps a promise. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Measures servers in turns and judges the ratio to the last one.",
    footer = {
      "",
      "Example:",
      "  bench compare --target ws=ws://127.0.0.1:9001 --target tcp=tcp://127.0.0.1:9001",
      "    --server ws='java -jar app.jar serve --listen 127.0.0.1:9001 --data {data}'",
      "    --server tcp='java -jar app.jar serve --listen 127.0.0.1:9001 --data {data}'",
      "    --goal 'p50<=1.05' -- pinned-producer -p 1 -b 250 -w 3",
      "Exit status: 0 all goals met, 1 one missed or a run failed, 3 undecided, 2 wrong use."
    })
final class CompareCommand implements Callable<Integer> {

  private static final int UNDECIDED = 3;

  @Option(
      names = "--target",
      paramLabel = "NAME=URL",
      required = true,
      description = "A server; the last one is the baseline.")
  Map<String, String> targets = new LinkedHashMap<>();

  @Option(
      names = "--server",
      paramLabel = "NAME=COMMAND",
      description =
          "Starts it, for sh; {data} becomes an empty directory. Without: it runs already.")
  Map<String, String> servers = new LinkedHashMap<>();

  @Option(
      names = "--goal",
      paramLabel = "METRIC<=N",
      description = "A promise about the ratio, such as p50<=1.05 or rate>=2; repeatable.")
  List<Goal> goals = new ArrayList<>();

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "6",
      description = "Default ${DEFAULT-VALUE}, the fewest that can decide anything.")
  int rounds;

  @Option(
      names = "--rounds-max",
      paramLabel = "N",
      defaultValue = "15",
      description = "While a goal is undecided; default ${DEFAULT-VALUE}.")
  int roundsMax;

  @Option(
      names = "--discard",
      paramLabel = "N",
      defaultValue = "1",
      description = "Rounds before those that count; default ${DEFAULT-VALUE}.")
  int discard;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      defaultValue = "whippet-bench-data",
      description = "Where servers store, below; default ${DEFAULT-VALUE}.")
  Path data;

  @Option(
      names = "--volatile",
      description = "Measure although the directory's file system has no stable storage.")
  boolean allowVolatile;

  @Option(names = "--no-pin", description = "Leave servers and load on all cores.")
  boolean noPin;

  @Option(
      names = "--noisy",
      description = "Neither wait for a quiet machine nor throw noisy runs away.")
  boolean noisy;

  @Option(
      names = "--warm",
      paramLabel = "SIZE",
      defaultValue = "2GB",
      description = "Written and deleted first, to have warm memory; default ${DEFAULT-VALUE}.")
  String warm;

  @Mixin CredentialOptions credentials;

  @Option(names = "--json", paramLabel = "FILE", description = "Every round, for programs.")
  Path json;

  @Parameters(
      paramLabel = "LOAD",
      arity = "1..*",
      description = "After --: another bench command with its options, without --url.")
  List<String> load;

  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter out = spec.commandLine().getOut();
    try {
      Measurement measurement = measurement();
      Comparison.Settings settings =
          new Comparison.Settings(
              rounds,
              roundsMax,
              discard,
              goals,
              new Comparison.Conditions(!noPin, noisy, warmBytes()));
      List<Contender> contenders = contenders();
      checkStable(out);
      Comparison comparison =
          new Comparison(
              contenders,
              settings,
              data,
              measurement::run,
              line -> {
                out.println(line);
                out.flush();
              });
      try (Interruption interruption = new Interruption(comparison::interrupt)) {
        Verdicts verdicts = comparison.run();
        verdicts.print(out);
        if (json != null) {
          verdicts.write(json);
        }
        interruption.reported();
        if (verdicts.failure() != null) {
          spec.commandLine().getErr().println(verdicts.failure());
          return 1;
        }
        return verdicts.areMet() ? 0 : verdicts.isMissed() ? 1 : UNDECIDED;
      }
    } catch (BenchException | IOException e) {
      spec.commandLine().getErr().println(e.getMessage());
      return 1;
    }
  }

  private long warmBytes() {
    return warm.equals("0") ? 0 : (long) ByteCount.parse(warm);
  }

  private Measurement measurement() {
    CommandLine bench = BenchCommand.commandLine();
    CommandLine.ParseResult parsed = bench.parseArgs(load.toArray(new String[0]));
    Object command = parsed.hasSubcommand() ? parsed.subcommand().commandSpec().userObject() : null;
    if (command instanceof Measurement measurement) {
      return measurement;
    }
    throw new ParameterException(spec.commandLine(), load.get(0) + " is not something to compare");
  }

  private List<Contender> contenders() throws BenchException {
    List<Contender> contenders = new ArrayList<>();
    if (targets.size() < 2) {
      throw new ParameterException(spec.commandLine(), "compare needs two targets");
    }
    for (String name : servers.keySet()) {
      if (!targets.containsKey(name)) {
        throw new ParameterException(spec.commandLine(), "--server " + name + " has no --target");
      }
    }
    for (Map.Entry<String, String> each : targets.entrySet()) {
      Target target = credentials.target(each.getValue());
      contenders.add(new Contender(each.getKey(), target, servers.get(each.getKey())));
    }
    return contenders;
  }

  private void checkStable(PrintWriter out) throws BenchException, IOException {
    Files.createDirectories(data);
    Disk disk = Disk.under(data);
    if (disk.isStable()) {
      return;
    }
    if (!allowVolatile) {
      throw new BenchException(
          data + " is on " + disk.type() + ": no figure there is durable (--volatile measures it)");
    }
    out.println("NOT DURABLE: " + data + " is on " + disk.type());
  }
}

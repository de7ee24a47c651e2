package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.box.OutboxCommand;
import dev.whippet.broker.internal.bench.client.Range;
import dev.whippet.broker.internal.bench.load.Kind;
import dev.whippet.broker.internal.bench.measure.Goal;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** {@code bench}: the parent of everything that measures. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    description = "Measures any server of Apache Iggy's classic wire (0.7, 0.8), ours or not.",
    footer = {
      "",
      "The kinds and their letters are iggy-bench's. Producing kinds make their streams anew.",
      "Exit status: 0 all replies good and no message missing, 1 not so, 2 wrong use."
    })
public final class BenchCommand implements Runnable {

  @Spec private CommandSpec spec;

  private BenchCommand() {}

  /** The command with all its subcommands. */
  public static CommandLine commandLine() {
    CommandLine bench = new CommandLine(new BenchCommand());
    add(bench, LoadCommand.of("pinned-producer", Kind.PINNED_PRODUCER), "pp");
    add(bench, LoadCommand.of("pinned-consumer", Kind.PINNED_CONSUMER), "pc");
    add(
        bench,
        LoadCommand.of("pinned-producer-and-consumer", Kind.PINNED_PRODUCER_AND_CONSUMER),
        "ppc");
    add(bench, LoadCommand.of("balanced-producer", Kind.BALANCED_PRODUCER), "bp");
    add(bench, LoadCommand.of("balanced-consumer-group", Kind.BALANCED_CONSUMER_GROUP), "bcg");
    add(bench, LoadCommand.of("end-to-end-producing-consumer", Kind.END_TO_END), "e2e");
    add(bench, LoadCommand.blog());
    add(bench, LoadCommand.devices());
    add(bench, LoadCommand.oneBig());
    bench.addSubcommand(new IdleCommand());
    bench.addSubcommand(new OutageCommand());
    bench.addSubcommand(new StormCommand());
    bench.addSubcommand(new HostileCommand());
    bench.addSubcommand(new CompareCommand());
    bench.addSubcommand(new LimitsCommand());
    bench.addSubcommand(new LogCommand());
    bench.addSubcommand(new OutboxCommand());
    bench.addSubcommand(new SurfaceCommand());
    bench.addSubcommand(new EchoCommand());
    bench.setCaseInsensitiveEnumValuesAllowed(true);
    bench.registerConverter(Range.class, text -> convert(Range::parse, text));
    bench.registerConverter(Goal.class, text -> convert(Goal::parse, text));
    return bench;
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "bench needs to be told what to measure");
  }

  /** picocli shows the message of this exception only. */
  private static <T> T convert(Function<String, T> parse, String text) {
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static void add(CommandLine bench, LoadCommand command, String... aliases) {
    CommandLine line = new CommandLine(command);
    line.getCommandSpec().usageMessage().description(command.description());
    bench.addSubcommand(command.name(), line, aliases);
  }
}

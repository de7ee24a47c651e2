package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.IdleRun;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code idle}: silent clients. */
@Command(
    name = "idle",
    description = "Connected, logged-in, silent clients: memory of each, wake-ups of the server.")
final class IdleCommand extends MeasureCommand {

  @Option(
      names = {"-n", "--clients"},
      paramLabel = "N",
      defaultValue = "1000",
      description = "Default ${DEFAULT-VALUE}.")
  int clients;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "10",
      description = "Of silence; default ${DEFAULT-VALUE}.")
  double seconds;

  @Override
  public Run run(Target server, long serverPid, Disk disk) throws BenchException {
    if (clients < 1 || seconds <= 0) {
      throw new BenchException("--clients " + clients + " --seconds " + seconds + ": not above 0");
    }
    return new IdleRun(server, clients, seconds, serverPid);
  }
}

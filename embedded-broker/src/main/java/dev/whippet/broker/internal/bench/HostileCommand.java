package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.hostile.Attack;
import dev.whippet.broker.internal.bench.hostile.HostileRun;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code hostile}: peers that mean harm. */
@Command(
    name = "hostile",
    description =
        "Hundreds of hostile WebSocket peers, one kind after the other, while a client works on.")
final class HostileCommand extends MeasureCommand {

  @Parameters(paramLabel = "ATTACK", description = "Default: all of ${COMPLETION-CANDIDATES}.")
  List<Attack> attacks = List.of(Attack.values());

  @Option(
      names = {"-n", "--attackers"},
      paramLabel = "N",
      defaultValue = "300",
      description = "Of each kind; default ${DEFAULT-VALUE}.")
  int attackers;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "Of each round, alone and attacked; default ${DEFAULT-VALUE}.")
  double seconds;

  @Option(
      names = "--rounds",
      paramLabel = "N",
      defaultValue = "2",
      description = "Alone and attacked in turns, so often; default ${DEFAULT-VALUE}.")
  int rounds;

  @Option(
      names = "--link",
      paramLabel = "BYTES",
      defaultValue = "12500000",
      description = "A second that all attackers send together; default ${DEFAULT-VALUE}.")
  long bytesPerSecond;

  @Override
  public Run run(Target server, long serverPid, Disk disk) throws BenchException {
    if (!server.webSocket()) {
      throw new BenchException("hostile peers speak WebSocket: give a ws:// address");
    }
    if (attackers < 1 || seconds <= 0 || rounds < 1 || bytesPerSecond < 1) {
      throw new BenchException("--attackers, --seconds, --rounds, --link: not above 0");
    }
    HostileRun.Force force = new HostileRun.Force(attackers, seconds, rounds, bytesPerSecond);
    return new HostileRun(server, attacks, force, serverPid);
  }
}

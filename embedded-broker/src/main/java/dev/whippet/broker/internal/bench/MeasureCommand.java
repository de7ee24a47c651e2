package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.system.ProgressLine;
import java.io.PrintWriter;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * One measurement as a command: runs it, reports it. Exit status 0 = every reply was good and no
 * message is missing, 1 = not so.
 */
@Command(mixinStandardHelpOptions = true, sortOptions = false)
abstract class MeasureCommand implements Callable<Integer>, Measurement {

  @Mixin TargetOptions target;
  @Mixin OutputOptions output;
  @Spec CommandSpec spec;

  @Override
  public Integer call() throws InterruptedException {
    PrintWriter err = spec.commandLine().getErr();
    try {
      Target server = target.target();
      Run run = run(server, target.pid(server), target.disk());
      RunResult result;
      try (Interruption interruption = new Interruption(run::interrupt);
          ProgressLine progress = ProgressLine.onTerminal()) {
        result = run.run(progress::show);
        progress.clear();
        output.write(result, spec.commandLine().getOut());
        interruption.reported();
      }
      if (result.failure() != null) {
        err.println(result.failure());
        return 1;
      }
      return result.interrupted() ? 1 : 0;
    } catch (BenchException e) {
      err.println(e.getMessage());
      return 1;
    }
  }
}

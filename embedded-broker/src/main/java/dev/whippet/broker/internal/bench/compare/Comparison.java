package dev.whippet.broker.internal.bench.compare;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.load.Run;
import dev.whippet.broker.internal.bench.measure.Disk;
import dev.whippet.broker.internal.bench.measure.Goal;
import dev.whippet.broker.internal.bench.measure.Noise;
import dev.whippet.broker.internal.bench.measure.Proc;
import dev.whippet.broker.internal.bench.result.RunResult;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Measures all contenders in turns, round after round.
 *
 * <pre>
 * warm the page cache - rounds that don't count - rounds - more rounds while a goal is undecided
 * one run: start the server, load it, stop it; noisy: thrown away, repeated up to three times
 * </pre>
 *
 * <p>A run that is still noisy after that counts, and is named. One thread; {@link #interrupt} from
 * any.
 */
public final class Comparison implements AutoCloseable {

  private static final int QUIET_WAIT_SECONDS_MAX = 20;
  private static final int QUIET_SAMPLE_MILLIS = 500;
  private static final int WARM_BLOCK_BYTES = 4 << 20;

  private final List<Contender> contenders;
  private final Settings settings;
  private final RunFactory factory;
  private final Consumer<String> log;
  private final Rounds rounds;
  private final Path data;
  private final Proc proc = Proc.system();
  private Pinning pinning;
  private int thrownAway;
  private int keptNoisy;
  private int directories;
  private volatile Run working;
  private String failure;
  private volatile boolean interrupted;

  /** Makes the load of one run. */
  public interface RunFactory {
    /** See {@code Measurement}. */
    Run run(Target target, long serverPid, Disk disk) throws BenchException;
  }

  /**
   * How long and how sure.
   *
   * @param discard rounds before those that count
   */
  public record Settings(
      int rounds, int roundsMax, int discard, List<Goal> goals, Conditions conditions) {}

  /**
   * What is done for comparable runs.
   *
   * @param pin servers and load to cores of their own
   * @param noisy runs count as any other
   * @param warmBytes written and deleted first
   */
  public record Conditions(boolean pin, boolean noisy, long warmBytes) {}

  /**
   * Prepares a comparison.
   *
   * @param contenders the last one is the baseline
   * @param data a directory of its own, where servers keep what they store
   * @param log told about every run
   */
  public Comparison(
      List<Contender> contenders,
      Settings settings,
      Path data,
      RunFactory factory,
      Consumer<String> log) {
    this.contenders = List.copyOf(contenders);
    this.settings = settings;
    this.data = data;
    this.factory = factory;
    this.log = log;
    this.rounds = new Rounds(contenders.stream().map(Contender::name).toList());
  }

  /**
   * Runs all rounds. A run that fails ends it; the rounds before it are judged all the same, and
   * {@link Verdicts#failure} says why. After {@link #interrupt} a failure is nothing to tell:
   * Ctrl-C reaches servers too.
   */
  public Verdicts run() throws InterruptedException {
    try {
      pinning = Pinning.ofLoad(settings.conditions().pin());
      log.accept(pinning.toString());
      warmPageCache();
      for (int i = 0; i < settings.discard() && !interrupted; i++) {
        round("round that does not count");
      }
      while (!interrupted && needsAnother()) {
        Map<String, Map<String, Double>> round = round("round " + (rounds.count() + 1));
        if (!interrupted) {
          rounds.add(round);
        }
      }
    } catch (BenchException e) {
      failure = e.getMessage();
    } catch (IOException e) {
      failure = "comparison: " + e;
    }
    return verdicts();
  }

  /** Ends it after the run under way, which is cut short. */
  public void interrupt() {
    interrupted = true;
    Run run = working;
    if (run != null) {
      run.interrupt();
    }
  }

  @Override
  public void close() {
    interrupt();
  }

  private Verdicts verdicts() {
    return new Verdicts(
        rounds,
        settings.goals(),
        contenders.stream().map(Contender::name).toList(),
        pinning + "; " + thrownAway + " noisy runs thrown away, " + keptNoisy + " kept",
        interrupted ? null : failure);
  }

  private boolean needsAnother() {
    if (rounds.count() < settings.rounds()) {
      return true;
    }
    return rounds.count() < settings.roundsMax() && verdicts().isUndecided();
  }

  private Map<String, Map<String, Double>> round(String name)
      throws BenchException, InterruptedException, IOException {
    Map<String, Map<String, Double>> round = new LinkedHashMap<>();
    for (Contender contender : contenders) {
      for (int repeat = 0; !interrupted; repeat++) {
        awaitQuiet();
        RunResult result = run(contender);
        if (result.failure() != null) {
          throw new BenchException(contender.name() + ": " + result.failure());
        }
        Map<String, Double> metrics = Metrics.of(result);
        double foreign = Metrics.foreignCores(result);
        boolean noisy = Noise.spoils(foreign);
        boolean again = noisy && !settings.conditions().noisy() && repeat < Noise.REPEATS_MAX;
        log.accept(line(name, contender, metrics, foreign) + (again ? ", thrown away" : ""));
        if (!again) {
          keptNoisy += noisy ? 1 : 0;
          round.put(contender.name(), metrics);
          break;
        }
        thrownAway++;
      }
    }
    return round;
  }

  private RunResult run(Contender contender) throws BenchException, InterruptedException {
    Path directory = data.resolve("run-" + ++directories);
    try (ServerProcess server = ServerProcess.start(contender, directory, pinning)) {
      Disk disk = Disk.under(data);
      Run run = factory.run(contender.target(), server.pid(), disk);
      working = run;
      if (interrupted) {
        run.interrupt();
      }
      try {
        return run.run(line -> {});
      } catch (BenchException e) {
        throw new BenchException(contender.name() + ": " + e.getMessage() + server.lastWords(), e);
      }
    } catch (IOException e) {
      throw new BenchException(data + ": " + e, e);
    } finally {
      working = null;
    }
  }

  private static String line(
      String name, Contender contender, Map<String, Double> metrics, double foreign) {
    StringBuilder text = new StringBuilder(name).append(", ").append(contender.name()).append(':');
    for (Map.Entry<String, Double> metric : metrics.entrySet()) {
      String key = metric.getKey();
      if (key.endsWith("p50") || key.endsWith("p99") || key.endsWith("rate")) {
        text.append(' ').append(key).append(' ').append(Verdicts.number(metric.getValue()));
      }
    }
    return text.append(", others ").append(Verdicts.number(foreign)).append(" cores").toString();
  }

  private void awaitQuiet() throws InterruptedException, IOException {
    if (settings.conditions().noisy()) {
      return;
    }
    for (int i = 0; i < QUIET_WAIT_SECONDS_MAX * 1000 / QUIET_SAMPLE_MILLIS; i++) {
      Noise.Sample before = Noise.Sample.take(proc, 0);
      Thread.sleep(QUIET_SAMPLE_MILLIS);
      if (interrupted || !Noise.spoils(Noise.foreignCores(before, Noise.Sample.take(proc, 0)))) {
        return;
      }
    }
  }

  private void warmPageCache() throws IOException {
    if (settings.conditions().warmBytes() == 0) {
      return;
    }
    Path file = data.resolve("warm");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer block = ByteBuffer.allocateDirect(WARM_BLOCK_BYTES);
      for (long at = 0;
          at < settings.conditions().warmBytes() && !interrupted;
          at += WARM_BLOCK_BYTES) {
        channel.write(block.duplicate(), at);
      }
    }
    Files.delete(file);
  }
}

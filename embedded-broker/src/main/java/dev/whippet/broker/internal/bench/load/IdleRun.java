package dev.whippet.broker.internal.bench.load;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Proc;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import okio.Buffer;

/**
 * What connected, logged-in, silent clients cost a server: resident memory of each after a silence,
 * beyond what the server needs after the same silence with one, and wake-ups of the whole process.
 * Afterwards every client must still get an answer.
 *
 * <p>Memory that a server keeps from earlier work hides what clients need: run it against one that
 * has just started.
 */
public final class IdleRun implements Run {

  private static final int SETTLE_MILLIS = 1_000;
  private static final int PROGRESS_EVERY = 50;

  private final Target target;
  private final int clients;
  private final double seconds;
  private final long serverPid;
  private volatile boolean interrupted;

  /**
   * Prepares a run.
   *
   * @param seconds of silence
   * @param serverPid 0 = its memory can't be seen
   */
  public IdleRun(Target target, int clients, double seconds, long serverPid) {
    this.target = target;
    this.clients = clients;
    this.seconds = seconds;
    this.serverPid = serverPid;
  }

  @Override
  public RunResult run(Consumer<String> progress) throws BenchException, InterruptedException {
    List<BenchConnection> connections = new ArrayList<>();
    Proc proc = Proc.system();
    Meter meter = new Meter(serverPid, null);
    try {
      // The first connection pays for what all of them use
      connections.add(BenchConnection.open(target, BenchConnection.SMALL_BYTES));
      progress.accept("idle: one client is silent for " + seconds + " s");
      pause((long) (seconds * 1000));
      long residentBefore = proc.residentBytes(serverPid);
      connect(connections, progress);
      pause(SETTLE_MILLIS);
      long residentAtFirst = proc.residentBytes(serverPid);
      meter.start();
      long wakeUps = proc.wakeUps(serverPid);
      progress.accept("idle: " + clients + " clients are silent for " + seconds + " s");
      pause((long) (seconds * 1000));
      wakeUps = proc.wakeUps(serverPid) - wakeUps;
      Meter.Usage usage = meter.stop();
      long residentAfter = proc.residentBytes(serverPid);
      List<Figure> figures = new ArrayList<>();
      int connected = connections.size() - 1;
      figures.add(new Figure("clients", connected, ""));
      if (serverPid != 0 && connected > 0) {
        double each = (residentAfter - residentBefore) / 1024.0 / connected;
        figures.add(new Figure("server RSS before", residentBefore / 1048576.0, "MiB"));
        figures.add(
            new Figure("server RSS when they had come", residentAtFirst / 1048576.0, "MiB"));
        figures.add(new Figure("server RSS after their silence", residentAfter / 1048576.0, "MiB"));
        figures.add(new Figure("server RSS a client", each, "KiB"));
        figures.add(new Figure("server wake-ups a second", wakeUps / usage.seconds(), ""));
        figures.add(new Figure("server CPU", usage.serverSeconds() / usage.seconds() * 100, "%"));
      }
      StageResult stage = new StageResult("idle", List.of(), figures, usage, ping(connections));
      return new RunResult("idle", target.url(), List.of(stage), interrupted);
    } catch (IOException e) {
      throw new BenchException("the machine's counters can't be read: " + e, e);
    } finally {
      connections.forEach(BenchConnection::close);
    }
  }

  @Override
  public void interrupt() {
    interrupted = true;
  }

  private void connect(List<BenchConnection> connections, Consumer<String> progress)
      throws BenchException {
    while (connections.size() <= clients && !interrupted) {
      connections.add(BenchConnection.open(target, BenchConnection.SMALL_BYTES));
      if (connections.size() % PROGRESS_EVERY == 0) {
        progress.accept("idle: " + connections.size() + " of " + clients + " clients logged in");
      }
    }
  }

  private String ping(List<BenchConnection> connections) {
    int lost = 0;
    for (BenchConnection connection : connections) {
      Buffer request = new Buffer();
      Requests.ping(request);
      try {
        connection.ask(request, "a ping after silence");
      } catch (BenchException e) {
        lost++;
      }
    }
    return lost == 0 ? null : "idle: " + lost + " clients were disconnected";
  }

  private void pause(long millis) throws InterruptedException {
    long end = System.nanoTime() + millis * 1_000_000;
    while (!interrupted && System.nanoTime() < end) {
      Thread.sleep(Math.min(50, Math.max(1, (end - System.nanoTime()) / 1_000_000)));
    }
  }
}

package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Frame;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.broker.internal.bench.surface.OwnServers.Server;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A thousand devices connect and log in after a power-up, again and again, while others go on with
 * their small commands: each a ping every millisecond. One thread is all devices: they send what
 * they have before anybody reads an answer, and the others do not wait for threads of the load.
 */
final class StormRow {
  private static final int STORMS = 5;
  private static final int DEVICES = 1_000;
  private static final int OTHERS = 4;
  private static final int PACE_MILLIS = 1;
  private static final double QUIET_SECONDS = 4;
  private static final int LOOPS = 2;

  private StormRow() {}

  static Finding measure(OwnServers servers, double share)
      throws BenchException, InterruptedException {
    try (Server first = servers.broker("storm", LOOPS);
        Connections connections = Connections.open(first.target(), 1, 1)) {
      Connections.roundTrips(connections.all.get(0), Connections.ping(), 1);
    } // whose password was just made remembers it: the storm comes after a start
    try (Server broker = servers.broker("storm", LOOPS);
        Connections others = Connections.open(broker.target(), OTHERS, 1)) {
      long warm = System.nanoTime() + (long) (QUIET_SECONDS * share * 1e9);
      beside(others, () -> pass(warm));
      long end = System.nanoTime() + (long) (QUIET_SECONDS * share * 1e9);
      Latencies quiet = beside(others, () -> pass(end));
      long begun = System.nanoTime();
      Latencies storm = beside(others, () -> storms(broker, Math.max(1, (int) (STORMS * share))));
      double seconds = (System.nanoTime() - begun) / 1e9;
      return new Finding(
          "login storm of 1,000: others' p99 / quiet",
          storm.percentileMillis(99) / quiet.percentileMillis(99),
          2,
          true,
          "x",
          String.format(
              Locale.ROOT,
              "%.2f / %.2f ms, longest %.1f ms; %.0f logins/s",
              storm.percentileMillis(99),
              quiet.percentileMillis(99),
              storm.maxMillis(),
              Math.max(1, (int) (STORMS * share)) * DEVICES / seconds));
    }
  }

  private static Void pass(long end) throws InterruptedException {
    TimeUnit.NANOSECONDS.sleep(end - System.nanoTime());
    return null;
  }

  private static Void storms(Server broker, int count) throws BenchException {
    for (int i = 0; i < count; i++) {
      List<BenchConnection> devices = new ArrayList<>();
      try {
        for (int device = 0; device < DEVICES; device++) {
          devices.add(BenchConnection.begin(broker.target(), BenchConnection.SMALL_BYTES));
        }
        for (BenchConnection device : devices) {
          device.complete();
        }
      } finally {
        devices.forEach(BenchConnection::close);
      }
    }
    return null;
  }

  /** What the others wait while {@code work} goes on. */
  private static Latencies beside(Connections others, Callable<Void> work)
      throws BenchException, InterruptedException {
    AtomicBoolean over = new AtomicBoolean();
    List<Callable<Latencies>> all = new ArrayList<>();
    others.all.forEach(other -> all.add(() -> pings(other, over)));
    all.add(
        () -> {
          try {
            work.call();
            return new Latencies();
          } finally {
            over.set(true);
          }
        });
    return Latencies.merged(Connections.together(all));
  }

  private static Latencies pings(BenchConnection connection, AtomicBoolean over)
      throws IOException, InterruptedException {
    Frame ping = connection.prepare(Connections.ping());
    Latencies latencies = new Latencies();
    while (!over.get()) {
      long start = System.nanoTime();
      connection.send(ping);
      connection.receive();
      latencies.record(System.nanoTime() - start);
      TimeUnit.MILLISECONDS.sleep(PACE_MILLIS);
    }
    return latencies;
  }
}

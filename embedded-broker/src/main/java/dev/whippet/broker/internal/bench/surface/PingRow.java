package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Frame;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.broker.internal.bench.surface.OwnServers.Server;
import java.io.IOException;

/** A ping of one connection, beside an answer of a server that does nothing on the same loop. */
final class PingRow {
  private static final int ROUNDS = 7;
  private static final int WARM_UP = 40_000;
  private static final int PINGS = 10_000;

  private PingRow() {}

  static Finding measure(OwnServers servers, double share)
      throws BenchException, InterruptedException {
    try (Server broker = servers.broker("ping", 1);
        Server echo = servers.echo();
        BenchConnection ours = BenchConnection.open(broker.target(), BenchConnection.SMALL_BYTES);
        BenchConnection theirs = BenchConnection.open(echo.target(), BenchConnection.SMALL_BYTES)) {
      p50(ours, (int) (WARM_UP * share));
      p50(theirs, (int) (WARM_UP * share));
      double[] pings = new double[ROUNDS];
      double[] echoes = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        echoes[round] = p50(theirs, (int) (PINGS * share));
        pings[round] = p50(ours, (int) (PINGS * share));
      }
      return Finding.ratio("ping p50 / echo on the same loop", pings, echoes, 1.2, true, "ms");
    } catch (IOException e) {
      throw new BenchException("ping: " + BenchConnection.reason(e), e);
    }
  }

  private static double p50(BenchConnection connection, int count) throws IOException {
    Frame ping = connection.prepare(Connections.ping());
    Latencies latencies = new Latencies();
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      connection.send(ping);
      connection.receive();
      latencies.record(System.nanoTime() - start);
    }
    return latencies.percentileMillis(50);
  }
}

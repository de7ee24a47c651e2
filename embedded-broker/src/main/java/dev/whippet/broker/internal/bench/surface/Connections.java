package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.internal.wire.Requests;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import okio.Buffer;

/** Many logged-in connections, opened by several threads at once. */
final class Connections implements AutoCloseable {
  final List<BenchConnection> all;

  private Connections(List<BenchConnection> all) {
    this.all = all;
  }

  /** Opens {@code count}, {@code atOnce} of them at any moment. */
  static Connections open(Target target, int count, int atOnce)
      throws BenchException, InterruptedException {
    List<Callable<List<BenchConnection>>> parts = new ArrayList<>();
    for (int thread = 0; thread < atOnce; thread++) {
      int share = count / atOnce + (thread < count % atOnce ? 1 : 0);
      parts.add(() -> some(target, share));
    }
    List<BenchConnection> all = new ArrayList<>();
    together(parts).forEach(all::addAll);
    return new Connections(all);
  }

  private static List<BenchConnection> some(Target target, int count) throws BenchException {
    List<BenchConnection> some = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      some.add(BenchConnection.open(target, BenchConnection.SMALL_BYTES));
    }
    return some;
  }

  /** Runs all, each on a thread of its own; the first failure is the caller's. */
  static <T> List<T> together(List<Callable<T>> parts) throws BenchException, InterruptedException {
    ExecutorService threads = Executors.newFixedThreadPool(parts.size());
    try {
      List<T> results = new ArrayList<>();
      for (Future<T> one : threads.invokeAll(parts)) {
        results.add(one.get());
      }
      return results;
    } catch (ExecutionException e) {
      throw new BenchException("a client failed: " + e.getCause(), e);
    } finally {
      threads.shutdownNow();
    }
  }

  /** Round trips of {@code request}, one after the other. */
  static Latencies roundTrips(BenchConnection connection, Buffer request, int count)
      throws BenchException {
    Latencies latencies = new Latencies();
    for (int i = 0; i < count; i++) {
      long start = System.nanoTime();
      connection.ask(request.clone(), "a command");
      latencies.record(System.nanoTime() - start);
    }
    return latencies;
  }

  static Buffer ping() {
    Buffer request = new Buffer();
    Requests.ping(request);
    return request;
  }

  @Override
  public void close() {
    all.forEach(BenchConnection::close);
  }
}

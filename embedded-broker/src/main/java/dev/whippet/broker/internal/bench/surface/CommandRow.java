package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.client.Frame;
import dev.whippet.broker.internal.bench.measure.Proc;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.broker.internal.bench.surface.OwnServers.Server;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.TopicSettings;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import okio.Buffer;

/**
 * What a small command costs a server of two loops, beside one of one loop: 200 connections, each
 * with one request under way, ping, get_stream and get_topic in turn. CPU time of the whole
 * process, from {@code /proc}.
 */
final class CommandRow {
  private static final int ROUNDS = 7;
  private static final int CONNECTIONS = 200;
  private static final int THREADS = 2;
  private static final double WARM_UP_SECONDS = 6;
  private static final double SECONDS = 2;
  private static final String NAME = "surface";

  private CommandRow() {}

  static Finding measure(OwnServers servers, double share)
      throws BenchException, InterruptedException {
    try (Server one = servers.broker("one", 1);
        Server two = servers.broker("two", 2);
        Connections ofOne = Connections.open(one.target(), CONNECTIONS, THREADS);
        Connections ofTwo = Connections.open(two.target(), CONNECTIONS, THREADS)) {
      create(ofOne.all.get(0));
      create(ofTwo.all.get(0));
      microsEach(one, ofOne, WARM_UP_SECONDS * share);
      microsEach(two, ofTwo, WARM_UP_SECONDS * share);
      double[] cheap = new double[ROUNDS];
      double[] shared = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        cheap[round] = microsEach(one, ofOne, SECONDS * share);
        shared[round] = microsEach(two, ofTwo, SECONDS * share);
      }
      return Finding.ratio(
          "CPU a small command, 200 connections, 2 loops / 1", shared, cheap, 1.15, true, "us");
    }
  }

  private static void create(BenchConnection connection) throws BenchException {
    Buffer stream = new Buffer();
    Requests.createStream(stream, NAME);
    connection.ask(stream, "create_stream");
    Buffer topic = new Buffer();
    Requests.createTopic(topic, Identifier.named(NAME), NAME, 1, TopicSettings.DEFAULT);
    connection.ask(topic, "create_topic");
  }

  /** Microseconds of the server's CPU for each command of a round. */
  private static double microsEach(Server server, Connections connections, double seconds)
      throws BenchException, InterruptedException {
    Proc proc = Proc.system();
    double before = proc.processSeconds(server.process().pid());
    long end = System.nanoTime() + (long) (seconds * 1e9);
    List<Callable<Long>> drivers = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int share = CONNECTIONS / THREADS;
      List<BenchConnection> own = connections.all.subList(thread * share, (thread + 1) * share);
      drivers.add(() -> drive(own, end));
    }
    long commands = 0;
    for (long driven : Connections.together(drivers)) {
      commands += driven;
    }
    return (proc.processSeconds(server.process().pid()) - before) * 1e6 / commands;
  }

  private static long drive(List<BenchConnection> connections, long end) throws IOException {
    Buffer stream = new Buffer();
    Requests.getStream(stream, Identifier.named(NAME));
    Buffer topic = new Buffer();
    Requests.getTopic(topic, Identifier.named(NAME), Identifier.named(NAME));
    BenchConnection any = connections.get(0);
    Frame[] small = {any.prepare(Connections.ping()), any.prepare(stream), any.prepare(topic)};
    long commands = 0;
    for (int turn = 0; System.nanoTime() < end; turn++) {
      for (BenchConnection connection : connections) {
        connection.send(small[turn % small.length]);
      }
      for (BenchConnection connection : connections) {
        connection.receive();
      }
      commands += connections.size();
    }
    return commands;
  }
}

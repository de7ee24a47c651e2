package dev.whippet.broker.internal.bench.surface;

import dev.whippet.broker.internal.bench.client.BenchConnection;
import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Medians;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.broker.internal.bench.surface.OwnServers.Server;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Requests;
import dev.whippet.internal.wire.TopicSettings;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import okio.Buffer;

/**
 * A large catalog, 1,000 streams of 10 topics of a partition each, and 10,000 connected clients:
 * how long get_streams takes, and a start on that catalog, from the process to the first login.
 */
final class CrowdRow {
  private static final int STREAMS = 1_000;
  private static final int TOPICS = 10;
  private static final int AT_ONCE = 50;
  private static final int CLIENTS = 10_000;
  private static final int FIRST_ASKED = 5;
  private static final int ASKED = 100;
  private static final int STARTS = 5;
  private static final int LOOPS = 2;
  private static final String DATA = "crowd";

  private CrowdRow() {}

  static void measure(OwnServers servers, double share, Consumer<Finding> found)
      throws BenchException, InterruptedException {
    int streams = Math.max(AT_ONCE, (int) (STREAMS * share));
    int clients = Math.max(AT_ONCE, (int) (CLIENTS * share));
    try (Server broker = servers.broker(DATA, LOOPS)) {
      create(broker, streams);
    }
    try (Server broker = servers.broker(DATA, LOOPS);
        Connections crowd = Connections.open(broker.target(), clients, AT_ONCE)) {
      Buffer request = new Buffer();
      Requests.getStreams(request);
      BenchConnection one = crowd.all.get(0);
      Latencies first = Connections.roundTrips(one, request, FIRST_ASKED);
      Latencies warm = Connections.roundTrips(one, request, ASKED);
      found.accept(
          new Finding(
              "get_streams, %,d x %d topics, %,d clients: p50".formatted(streams, TOPICS, clients),
              warm.percentileMillis(50),
              50,
              true,
              "ms",
              String.format(
                  Locale.ROOT,
                  "p99 %.1f ms, the first after a start %.1f ms",
                  warm.percentileMillis(99),
                  first.maxMillis())));
    }
    double[] seconds = new double[STARTS];
    for (int i = 0; i < STARTS; i++) {
      try (Server broker = servers.broker(DATA, LOOPS)) {
        seconds[i] = broker.startSeconds();
      }
    }
    found.accept(
        new Finding(
            "start on it, from the process to a login", Medians.median(seconds), 1, true, "s", ""));
  }

  private static void create(Server broker, int streams)
      throws BenchException, InterruptedException {
    try (Connections connections = Connections.open(broker.target(), AT_ONCE, AT_ONCE)) {
      List<Callable<Void>> parts = new ArrayList<>();
      for (int i = 0; i < AT_ONCE; i++) {
        int from = i;
        parts.add(
            () -> {
              for (int stream = from; stream < streams; stream += AT_ONCE) {
                create(connections.all.get(from), "stream-" + stream);
              }
              return null;
            });
      }
      Connections.together(parts);
    }
  }

  private static void create(BenchConnection connection, String name) throws BenchException {
    Buffer stream = new Buffer();
    Requests.createStream(stream, name);
    connection.ask(stream, "create_stream");
    for (int i = 0; i < TOPICS; i++) {
      Buffer topic = new Buffer();
      Requests.createTopic(topic, Identifier.named(name), "topic-" + i, 1, TopicSettings.DEFAULT);
      connection.ask(topic, "create_topic");
    }
  }
}

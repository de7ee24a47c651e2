package dev.whippet.broker;

import dev.whippet.broker.internal.catalog.CatalogState;
import dev.whippet.broker.internal.catalog.StreamEntry;
import dev.whippet.broker.internal.catalog.TopicEntry;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.engine.LogMetrics;
import dev.whippet.broker.internal.net.LoopMemory;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.event.ConnectionCounts.What;
import dev.whippet.broker.internal.system.Aside;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The figures of {@code /metrics}, in the text format of Prometheus; docs/SPEC.md lists them.
 * Nothing is counted for them: they are read where they are when somebody asks, once an answer, on
 * the thread aside. Those without {@code whippet} in their names are Apache Iggy's.
 */
final class Metrics {
  private final PrometheusRegistry registry = new PrometheusRegistry();
  private final Storage storage;
  private final Aside aside;

  /** What costs something to find out, as of the answer that is being made. Thread aside. */
  private Moment now;

  private record Sums(int topics, int partitions, int segments, long messages) {}

  private record Moment(Sums sums, Health health, LogMetrics.Snapshot log) {}

  Metrics(Storage storage, Aside aside) {
    this.storage = storage;
    this.aside = aside;
  }

  /** The route; registers what is read from the rest of the broker. */
  Route route(Loops loops, Supplier<Health> health, DoubleSupplier httpRequests) {
    catalog();
    log();
    net(loops);
    health();
    counter("http_requests", "Requests over HTTP", httpRequests);
    return Route.open(
        "GET",
        "/metrics",
        false,
        call -> HealthRoutes.aside(aside, call, it -> answer(it, health.get())));
  }

  private void answer(Call call, Health health) {
    now = new Moment(sums(), health, storage.metrics());
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    try {
      PrometheusTextFormatWriter.create().write(text, registry.scrape());
    } catch (IOException e) { // memory does not fail
      throw new UncheckedIOException(e);
    }
    call.answer(new Answer(200, "text/plain; version=0.0.4; charset=utf-8", text.toByteArray()));
  }

  private void catalog() {
    gauge("streams", "Streams", () -> storage.catalog().visible().streams().size());
    gauge("topics", "Topics", () -> now.sums().topics());
    gauge("partitions", "Partitions", () -> now.sums().partitions());
    gauge("users", "Users", () -> storage.catalog().visible().users().users().size());
    gauge("segments", "Segments", () -> now.sums().segments());
    gauge("messages", "Messages that are kept", () -> now.sums().messages());
  }

  private Sums sums() {
    CatalogState state = storage.catalog().visible();
    int topics = 0;
    int partitions = 0;
    for (StreamEntry stream : state.streams().all()) {
      for (TopicEntry topic : stream.topics().all()) {
        topics++;
        partitions += topic.partitions().size();
      }
    }
    int segments = 0;
    long messages = 0;
    for (PartitionLog log : storage.partitions().all()) {
      segments += log.segments();
      messages += log.messages();
    }
    return new Sums(topics, partitions, segments, messages);
  }

  private void log() {
    logCounter("whippet_log_batches", "Batches acknowledged", LogMetrics.Snapshot::batches);
    logCounter("whippet_log_record_bytes", "Bytes of these batches", s -> s.recordBytes());
    logCounter("whippet_log_written_bytes", "Bytes written to segments", s -> s.bytesWritten());
    logCounter("whippet_log_commits", "Commits", LogMetrics.Snapshot::commits);
    logCounter("whippet_log_syncs", "Writes and syncs to stable storage", s -> s.syncs());
    logCounter("whippet_log_folds", "Moves from commit files to segments", s -> s.folds());
  }

  private void logCounter(String name, String help, ToDoubleFunction<LogMetrics.Snapshot> figure) {
    counter(name, help, () -> figure.applyAsDouble(now.log()));
  }

  private void net(Loops loops) {
    gauge("clients", "Open connections", () -> loops.connections());
    CounterWithCallback.builder()
        .name("whippet_connections")
        .help("How connections began and ended")
        .labelNames("event")
        .callback(
            counts -> {
              for (What what : What.values()) {
                counts.call(loops.counts().get(what), what.name().toLowerCase(Locale.ROOT));
              }
            })
        .register(registry);
    GaugeWithCallback.builder()
        .name("whippet_loop_memory_bytes")
        .help("What is in flight on each loop, and its bound")
        .labelNames("loop", "of")
        .callback(
            gauges -> {
              for (int index = 0; index < loops.size(); index++) {
                LoopMemory memory = loops.loop(index).memory();
                String loop = Integer.toString(index);
                gauges.call(memory.requestsBytes(), loop, "requests");
                gauges.call(memory.repliesBytes(), loop, "replies");
                gauges.call(memory.arrivedBytes(), loop, "arrived");
                gauges.call(memory.bytesMax(), loop, "bound");
              }
            })
        .register(registry);
  }

  private void health() {
    GaugeWithCallback.builder()
        .name("whippet_health_problems")
        .help("What is wrong now; /health says more")
        .labelNames("kind")
        .callback(
            gauges -> {
              for (Health.Kind kind : Health.Kind.values()) {
                gauges.call(
                    now.health().problems().stream().filter(each -> each.kind() == kind).count(),
                    kind.name().toLowerCase(Locale.ROOT));
              }
            })
        .register(registry);
    gauge("whippet_disk_message_bytes", "Of all topics", () -> now.health().disk().messageBytes());
    gauge("whippet_disk_free_bytes", "Left of the disk", () -> now.health().disk().freeBytes());
    counter(
        "whippet_dropped_messages",
        "Messages that retention dropped",
        () -> now.health().disk().droppedMessages());
  }

  private void gauge(String name, String help, DoubleSupplier value) {
    GaugeWithCallback.builder()
        .name(name)
        .help(help)
        .callback(gauge -> gauge.call(value.getAsDouble()))
        .register(registry);
  }

  private void counter(String name, String help, DoubleSupplier value) {
    CounterWithCallback.builder()
        .name(name)
        .help(help)
        .callback(counter -> counter.call(value.getAsDouble()))
        .register(registry);
  }
}

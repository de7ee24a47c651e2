package dev.whippet.broker.internal.bench.compare;

import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The numbers of one run that are compared, by name.
 *
 * <pre>
 * p50 p90 p99 p99.9 average max    milliseconds        rate      messages a second
 * cpu-message                      server CPU seconds per million messages
 * cpu-gb                           server CPU seconds per GB of payload
 * load-cpu-gb                      the load's own
 * flushes                          device flushes per acknowledgement
 * written                          bytes the server sent to storage per byte of payload
 * </pre>
 *
 * <p>With several stages or groups the name has theirs in front: {@code pinned-producer.p50}.
 */
final class Metrics {
  private Metrics() {}

  static Map<String, Double> of(RunResult result) {
    Map<String, Double> metrics = new LinkedHashMap<>();
    boolean stages = result.stages().size() > 1;
    for (StageResult stage : result.stages()) {
      String prefix = stages ? stage.name() + "." : "";
      for (GroupResult group : stage.groups()) {
        boolean groups = stage.groups().size() > 1;
        add(metrics, groups ? prefix + group.name() + "." : prefix, group);
      }
      for (Figure figure : stage.figures()) {
        metrics.put(prefix + figure.name().replace(",", "").replace(' ', '-'), figure.value());
      }
      usage(metrics, prefix, stage);
    }
    return metrics;
  }

  private static void add(Map<String, Double> metrics, String prefix, GroupResult group) {
    for (String percentile : new String[] {"50", "90", "99", "99.9"}) {
      double value = group.latencies().percentileMillis(Double.parseDouble(percentile));
      metrics.put(prefix + "p" + percentile, value);
    }
    metrics.put(prefix + "average", group.latencies().averageMillis());
    metrics.put(prefix + "max", group.latencies().maxMillis());
    metrics.put(prefix + "rate", group.messagesPerSecond());
  }

  private static void usage(Map<String, Double> metrics, String prefix, StageResult stage) {
    Meter.Usage usage = stage.usage();
    if (stage.messages() == 0 || usage == null) {
      return;
    }
    if (usage.serverSeconds() > 0) {
      metrics.put(prefix + "cpu-message", usage.serverSeconds() / stage.messages() * 1e6);
      metrics.put(prefix + "cpu-gb", usage.serverSeconds() / stage.bytes() * 1e9);
    }
    metrics.put(prefix + "load-cpu-gb", usage.loadSeconds() / stage.bytes() * 1e9);
    if (usage.storage().flushes() > 0) {
      metrics.put(prefix + "flushes", (double) usage.storage().flushes() / stage.requests());
    }
    if (usage.storage().serverBytes() > 0) {
      metrics.put(prefix + "written", (double) usage.storage().serverBytes() / stage.bytes());
    }
  }

  /** The noisiest part of a run. */
  static double foreignCores(RunResult result) {
    double most = 0;
    for (StageResult stage : result.stages()) {
      most = Math.max(most, stage.usage() == null ? 0 : stage.usage().foreignCores());
    }
    return most;
  }
}

package dev.whippet.broker.internal.bench.report;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Noise;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.PrintWriter;
import java.util.Locale;

/** A result as text: one line a group of actors, latencies in milliseconds. */
public final class Table {

  private static final String HEAD =
      "%-14s %8s %8s %8s %8s %8s %8s %8s %8s %8s %9s %10s%n"
          .formatted(
              "ms",
              "average",
              "p50",
              "p90",
              "p95",
              "p99",
              "p99.9",
              "p99.99",
              "max",
              "min",
              "MB/s",
              "messages/s");

  private static final double[] PERCENTILES = {50, 90, 95, 99, 99.9, 99.99};

  private Table() {}

  /** Prints everything that a run measured. */
  public static void print(RunResult result, PrintWriter out) {
    out.println(result.title() + ", " + result.target());
    for (StageResult stage : result.stages()) {
      if (!stage.groups().isEmpty()) {
        out.print(HEAD);
      }
      for (GroupResult group : stage.groups()) {
        out.println(line(group));
      }
      for (Figure figure : stage.figures()) {
        String text =
            String.format(
                Locale.ROOT, "%-42s %,14.3f %s", figure.name(), figure.value(), figure.unit());
        out.println(text.stripTrailing());
      }
      usage(stage, out);
    }
    if (result.interrupted()) {
      out.println("interrupted: this is what was measured until then");
    }
    out.flush();
  }

  private static String line(GroupResult group) {
    Latencies latencies = group.latencies();
    StringBuilder line = new StringBuilder();
    line.append(String.format(Locale.ROOT, "%-14s %8.3f", group.name(), latencies.averageMillis()));
    for (double percentile : PERCENTILES) {
      line.append(String.format(Locale.ROOT, " %8.3f", latencies.percentileMillis(percentile)));
    }
    line.append(
        String.format(
            Locale.ROOT,
            " %8.3f %8.3f %9.1f %10.0f",
            latencies.maxMillis(),
            latencies.minMillis(),
            group.megabytesPerSecond(),
            group.messagesPerSecond()));
    return line.toString();
  }

  private static void usage(StageResult stage, PrintWriter out) {
    Meter.Usage usage = stage.usage();
    if (usage == null || usage.seconds() == 0) {
      return;
    }
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "CPU: load %.2f s, others %.2f of a core",
            usage.loadSeconds(),
            usage.foreignCores()));
    if (Noise.spoils(usage.foreignCores())) {
      text.append(" (too noisy to compare)");
    }
    if (usage.serverResidentBytes() > 0) {
      text.append(String.format(Locale.ROOT, "; server %.2f s", usage.serverSeconds()));
      if (stage.messages() > 0) {
        text.append(
            String.format(
                Locale.ROOT,
                " = %.2f s per million messages, %.2f s per GB",
                usage.serverSeconds() / stage.messages() * 1e6,
                usage.serverSeconds() / stage.bytes() * 1e9));
      }
      text.append(
          String.format(
              Locale.ROOT, ", RSS %.1f MiB", usage.serverResidentBytes() / (double) (1 << 20)));
    }
    long flushes = usage.storage().flushes();
    if (flushes > 0 && stage.requests() > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "; device flushes per acknowledgement %.2f",
              (double) flushes / stage.requests()));
    }
    if (usage.storage().serverBytes() > 0 && stage.bytes() > 0) {
      text.append(
          String.format(
              Locale.ROOT,
              "; written for a byte of payload: %.2f by the server, %.2f by the device",
              (double) usage.storage().serverBytes() / stage.bytes(),
              (double) usage.storage().deviceBytes() / stage.bytes()));
    }
    out.println(text);
  }
}

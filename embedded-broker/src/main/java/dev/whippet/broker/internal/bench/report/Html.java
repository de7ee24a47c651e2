package dev.whippet.broker.internal.bench.report;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Timeline;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * A result as one HTML page that needs no network: the table, latency by percentile (one plot a
 * stage), rate over time.
 */
public final class Html {

  /** Shares of requests that are slower, as powers of ten: 10^0 to 10^-5. */
  private static final double DECADES = 5;

  private static final int POINTS = 400;

  private static final String STYLE =
      """
      :root{color-scheme:light dark}
      body{font:15px/1.45 system-ui,sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem}
      table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
      th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid #8884}
      th:first-child,td:first-child{text-align:left}
      svg{width:100%;height:auto}
      svg text{font-size:12px;fill:currentColor}
      svg .end{text-anchor:end} svg .mid{text-anchor:middle}
      svg path,svg polyline{fill:none;stroke-width:2;stroke-linejoin:round}
      svg .grid{stroke:#8884;stroke-width:1}
      .bad{color:#d00}
      """;

  private Html() {}

  /** Writes one file. */
  public static void write(RunResult result, Path file) throws IOException {
    Files.write(file, page(result).getBytes(StandardCharsets.UTF_8));
  }

  static String page(RunResult result) {
    StringBuilder page = new StringBuilder();
    String title = escape(result.title() + ", " + result.target());
    page.append("<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>");
    page.append(title).append("</title>\n<style>\n").append(STYLE).append("</style></head><body>");
    page.append("\n<h1>").append(title).append("</h1>\n<p>");
    page.append(Instant.now().truncatedTo(ChronoUnit.SECONDS)).append("</p>\n");
    if (result.failure() != null) {
      page.append("<p class=\"bad\">").append(escape(result.failure())).append("</p>\n");
    }
    if (result.interrupted()) {
      page.append("<p class=\"bad\">Interrupted.</p>\n");
    }
    for (StageResult stage : result.stages()) {
      stage(stage, page);
    }
    return page.append("</body></html>\n").toString();
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static void stage(StageResult stage, StringBuilder page) {
    page.append("<h2>").append(escape(stage.name())).append("</h2>\n");
    if (!stage.groups().isEmpty()) {
      table(stage, page);
      page.append("<h3>Latency by percentile</h3>\n").append(percentiles(stage)).append('\n');
      page.append("<h3>Rate over time</h3>\n").append(rates(stage)).append('\n');
    }
    if (!stage.figures().isEmpty()) {
      page.append("<table>\n");
      for (Figure figure : stage.figures()) {
        page.append("<tr><td>").append(escape(figure.name())).append("</td><td>");
        page.append(String.format(Locale.ROOT, "%,.3f", figure.value())).append(' ');
        page.append(escape(figure.unit())).append("</td></tr>\n");
      }
      page.append("</table>\n");
    }
  }

  private static void table(StageResult stage, StringBuilder page) {
    page.append("<table>\n<tr><th>ms</th><th>average</th><th>p50</th><th>p95</th><th>p99</th>");
    page.append("<th>p99.9</th><th>p99.99</th><th>max</th><th>min</th><th>MB/s</th>");
    page.append("<th>messages/s</th></tr>\n");
    for (GroupResult group : stage.groups()) {
      Latencies latencies = group.latencies();
      page.append("<tr><td>").append(escape(group.name())).append("</td>");
      cell(page, "%.3f", latencies.averageMillis());
      for (double percentile : new double[] {50, 95, 99, 99.9, 99.99}) {
        cell(page, "%.3f", latencies.percentileMillis(percentile));
      }
      cell(page, "%.3f", latencies.maxMillis());
      cell(page, "%.3f", latencies.minMillis());
      cell(page, "%,.1f", group.megabytesPerSecond());
      cell(page, "%,.0f", group.messagesPerSecond());
      page.append("</tr>\n");
    }
    page.append("</table>\n");
  }

  private static void cell(StringBuilder page, String format, double value) {
    page.append("<td>").append(String.format(Locale.ROOT, format, value)).append("</td>");
  }

  /** x is the number of nines: 0 %, 90 %, 99 %, ... are equally far apart. */
  private static String percentiles(StageResult stage) {
    Plot plot = new Plot("milliseconds, by percentile of requests");
    String[] labels = {"0", "90", "99", "99.9", "99.99", "99.999"};
    for (int i = 0; i < labels.length; i++) {
      plot.tick(i / DECADES, labels[i]);
    }
    plot.tick(-Math.log10(0.5) / DECADES, "50");
    for (GroupResult group : stage.groups()) {
      double[] x = new double[POINTS];
      double[] y = new double[POINTS];
      for (int i = 0; i < POINTS; i++) {
        x[i] = (double) i / (POINTS - 1);
        double percentile = 100 * (1 - Math.pow(10, -x[i] * DECADES));
        y[i] = group.latencies().percentileMillis(percentile);
      }
      plot.line(group.name(), x, y);
    }
    return plot.svg();
  }

  private static String rates(StageResult stage) {
    boolean small = stage.bytes() < 1000L * Math.max(1, stage.messages()) / 2;
    Plot plot = new Plot(small ? "messages/s, over seconds" : "MB/s, over seconds");
    int steps = stage.groups().stream().mapToInt(g -> g.timeline().steps()).max().orElse(1);
    double seconds = steps * Timeline.STEP_MILLIS / 1e3;
    double step = Plot.roundUp(seconds / 10);
    for (double at = 0; at <= seconds; at += step) {
      plot.tick(at / seconds, String.format(Locale.ROOT, "%.1f", at));
    }
    for (GroupResult group : stage.groups()) {
      Timeline timeline = group.timeline();
      double[] x = new double[timeline.steps()];
      double[] y = new double[timeline.steps()];
      for (int i = 0; i < x.length; i++) {
        x[i] = (i + 0.5) / steps;
        y[i] = small ? timeline.messagesPerSecond(i) : timeline.megabytesPerSecond(i);
      }
      plot.line(group.name(), x, y);
    }
    return plot.svg();
  }
}

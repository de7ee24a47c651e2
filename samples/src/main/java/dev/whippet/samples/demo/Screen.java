package dev.whippet.samples.demo;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * The live view: redrawn in place on a terminal, a plain line a second when it is not one. One
 * thread.
 */
final class Screen {

  /** What is shown; collected by the demo a few times a second. */
  record View(
      long elapsedSeconds,
      String story,
      double ratePerSecond,
      double p50Millis,
      double p99Millis,
      long received,
      List<SensorProcess> sensors) {}

  private static final String BARS = "▁▂▃▄▅▆▇█";
  private static final int HISTORY = 40;
  private static final String CLEAR_TO_END = "\u001b[J";

  private final PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
  private final boolean terminal;
  private final Deque<Double> rates = new ArrayDeque<>();
  private int linesDrawn;

  Screen(boolean terminal) {
    this.terminal = terminal;
  }

  /** How often to {@link #show}; rates and percentiles cover one frame. */
  long frameMillis() {
    return terminal ? 250 : 1000;
  }

  /** Prints a line that stays. */
  void say(String line) {
    eraseView();
    out.println(line);
  }

  void show(View view) {
    rates.addLast(view.ratePerSecond);
    if (rates.size() > HISTORY) {
      rates.removeFirst();
    }
    if (terminal) {
      redraw(view);
    } else {
      out.println(plain(view));
    }
  }

  private void redraw(View view) {
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "  %3d s  %s%n", view.elapsedSeconds, view.story));
    text.append(
        String.format(Locale.ROOT, "  rate     %6.0f /s  %s%n", view.ratePerSecond, sparkline()));
    text.append(
        String.format(
            Locale.ROOT,
            "  latency  p50 %s   p99 %s   from send to consumed%n",
            millis(view.p50Millis),
            millis(view.p99Millis)));
    for (SensorProcess sensor : view.sensors) {
      text.append(
          String.format(
              Locale.ROOT,
              "  %-8s %-12s backlog on the device %6d%n",
              sensor.name(),
              sensor.state(),
              sensor.backlog()));
    }
    text.append(String.format(Locale.ROOT, "  received %d%n", view.received));
    eraseView();
    out.print(text);
    out.flush();
    linesDrawn = (int) text.chars().filter(c -> c == '\n').count();
  }

  private String plain(View view) {
    StringBuilder backlogs = new StringBuilder();
    for (SensorProcess sensor : view.sensors) {
      backlogs.append(backlogs.length() == 0 ? "" : " ").append(sensor.backlog());
    }
    return String.format(
        Locale.ROOT,
        "%3d s  %5.0f/s  p50 %s  p99 %s  backlog %s  received %d  %s",
        view.elapsedSeconds,
        view.ratePerSecond,
        millis(view.p50Millis),
        millis(view.p99Millis),
        backlogs,
        view.received,
        view.story);
  }

  private void eraseView() {
    if (linesDrawn > 0) {
      out.print("\u001b[" + linesDrawn + "A\r" + CLEAR_TO_END);
      linesDrawn = 0;
    }
  }

  private String sparkline() {
    double top = rates.stream().mapToDouble(Double::doubleValue).max().orElse(0);
    StringBuilder line = new StringBuilder();
    for (double rate : rates) {
      int level = top <= 0 ? 0 : (int) Math.round(rate / top * (BARS.length() - 1));
      line.append(BARS.charAt(level));
    }
    return line.toString();
  }

  private static String millis(double value) {
    return Double.isNaN(value) ? "   -    " : String.format(Locale.ROOT, "%7.1f ms", value);
  }
}

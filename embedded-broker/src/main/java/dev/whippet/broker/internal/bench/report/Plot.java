package dev.whippet.broker.internal.bench.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A line plot as inline SVG. The y axis starts at 0 and ends at a round number; the caller says
 * where on x (0 to 1) things are. One thread.
 */
final class Plot {

  private static final int WIDTH = 860;
  private static final int HEIGHT = 320;
  private static final int LEFT = 70;
  private static final int RIGHT = 30;
  private static final int TOP = 16;
  private static final int BOTTOM = 44;
  private static final int Y_TICKS = 5;
  private static final String[] COLOURS = {"#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00"};

  private record Line(String name, double[] x, double[] y) {}

  private record Tick(double x, String text) {}

  private final String yLabel;
  private final List<Line> lines = new ArrayList<>();
  private final List<Tick> ticks = new ArrayList<>();

  Plot(String yLabel) {
    this.yLabel = yLabel;
  }

  void line(String name, double[] x, double[] y) {
    lines.add(new Line(name, x, y));
  }

  void tick(double x, String text) {
    ticks.add(new Tick(x, text));
  }

  String svg() {
    double top = 0;
    for (Line line : lines) {
      for (double y : line.y()) {
        top = Math.max(top, y);
      }
    }
    top = roundUp(top);
    StringBuilder svg = new StringBuilder();
    add(svg, "<svg viewBox=\"0 0 %d %d\" role=\"img\">%n", WIDTH, HEIGHT);
    for (int i = 0; i <= Y_TICKS; i++) {
      double value = top * i / Y_TICKS;
      double y = y(value, top);
      add(svg, "<path class=\"grid\" d=\"M%d %.1fH%d\"/>", LEFT, y, WIDTH - RIGHT);
      add(svg, "<text x=\"%d\" y=\"%.1f\" class=\"end\">%s</text>%n", LEFT - 8, y + 4, text(value));
    }
    for (Tick tick : ticks) {
      add(svg, "<path class=\"grid\" d=\"M%.1f %dV%d\"/>", x(tick.x()), TOP, HEIGHT - BOTTOM);
      int below = HEIGHT - BOTTOM + 18;
      add(svg, "<text x=\"%.1f\" y=\"%d\" class=\"mid\">", x(tick.x()), below);
      add(svg, "%s</text>%n", Html.escape(tick.text()));
    }
    add(svg, "<text x=\"%d\" y=\"%d\">%s</text>%n", LEFT, HEIGHT - 6, Html.escape(yLabel));
    for (int i = 0; i < lines.size(); i++) {
      line(svg, i, top);
    }
    return svg.append("</svg>").toString();
  }

  private void line(StringBuilder svg, int index, double top) {
    Line line = lines.get(index);
    String colour = COLOURS[index % COLOURS.length];
    add(svg, "<polyline stroke=\"%s\" points=\"", colour);
    for (int i = 0; i < line.x().length; i++) {
      add(svg, "%.1f,%.1f ", x(line.x()[i]), y(line.y()[i], top));
    }
    svg.append("\"/>");
    int legend = LEFT + 12 + index * 180;
    add(svg, "<path d=\"M%d %dh22\" stroke=\"%s\"/>", legend, TOP + 8, colour);
    add(svg, "<text x=\"%d\" y=\"%d\">", legend + 28, TOP + 12);
    add(svg, "%s</text>%n", Html.escape(line.name()));
  }

  private static double x(double share) {
    return LEFT + share * (WIDTH - LEFT - RIGHT);
  }

  private static double y(double value, double top) {
    return HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM);
  }

  /** The next of 1, 2, 5, 10, ... */
  static double roundUp(double value) {
    if (value <= 0) {
      return 1;
    }
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    for (double factor : new double[] {1, 2, 5}) {
      if (value <= factor * power) {
        return factor * power;
      }
    }
    return 10 * power;
  }

  private static String text(double value) {
    String text = String.format(Locale.ROOT, "%.3f", value);
    return text.replaceAll("\\.?0+$", "");
  }

  private static void add(StringBuilder to, String format, Object... values) {
    to.append(String.format(Locale.ROOT, format, values));
  }
}

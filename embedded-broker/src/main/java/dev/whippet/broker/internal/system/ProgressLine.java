package dev.whippet.broker.internal.system;

import java.io.PrintStream;

/** One line on the terminal, written over again and again; nothing when stderr is no terminal. */
public final class ProgressLine implements AutoCloseable {

  private static final long SHOW_EVERY_NANOS = 200_000_000;

  private final PrintStream terminal;
  private long shownNanos = System.nanoTime() - SHOW_EVERY_NANOS;
  private int columns;

  /** Shows on {@code terminalOrNull}. */
  public ProgressLine(PrintStream terminalOrNull) {
    this.terminal = terminalOrNull;
  }

  /** Shows on stderr when that is a terminal. */
  public static ProgressLine onTerminal() {
    return new ProgressLine(System.console() == null ? null : System.err);
  }

  /** Replaces the line; five times a second at most. */
  public void show(String text) {
    if (terminal == null || System.nanoTime() - shownNanos < SHOW_EVERY_NANOS) {
      return;
    }
    shownNanos = System.nanoTime();
    terminal.print("\r" + text + " ".repeat(Math.max(0, columns - text.length())));
    terminal.flush();
    columns = text.length();
  }

  /** Takes the line away, before something else is printed. */
  public void clear() {
    if (terminal != null && columns > 0) {
      terminal.print("\r" + " ".repeat(columns) + "\r");
      terminal.flush();
      columns = 0;
    }
  }

  @Override
  public void close() {
    clear();
  }
}

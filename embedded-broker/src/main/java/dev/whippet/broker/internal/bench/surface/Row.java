package dev.whippet.broker.internal.bench.surface;

/** What {@code bench surface} measures, one line or two each. */
public enum Row {
  PING,
  COMMANDS,
  STORM,
  CROWD
}

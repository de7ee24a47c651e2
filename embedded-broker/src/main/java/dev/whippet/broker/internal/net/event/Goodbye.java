package dev.whippet.broker.internal.net.event;

/** An event for a connection's handlers. */
public enum Goodbye {
  /** The broker stops: end when what is under way is answered. */
  STOP
}

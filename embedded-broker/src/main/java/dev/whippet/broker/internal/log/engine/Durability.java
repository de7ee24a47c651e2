package dev.whippet.broker.internal.log.engine;

/**
 * What the reply to a write means, named for what it survives. Nothing is visible to anybody before
 * it is as durable as its level says.
 */
public enum Durability {
  /** On stable storage: survives {@code kill -9} and a power cut. */
  POWER,
  /**
   * In the page cache: survives {@code kill -9}. A power cut or a crash of the system may lose what
   * the system has not written by itself, usually the last 30 seconds.
   */
  PROCESS,
  /**
   * In the page cache, and on stable storage at most an interval later ({@link
   * LogConfig#syncIntervalMillis}): that is what a power cut may lose.
   */
  INTERVAL
}

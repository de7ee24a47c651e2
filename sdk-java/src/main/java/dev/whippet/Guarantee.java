package dev.whippet;

/** What the far side could promise about a delivered record. */
public enum Guarantee {
  /**
   * The broker filters what is sent again: the record is stored once, whatever was cut or killed.
   */
  ONCE,
  /**
   * The server has no such filter (a stock Apache Iggy), or lost its memory of this producer: the
   * record is stored, and may be stored more than once if a connection broke at the wrong moment.
   */
  AT_LEAST_ONCE
}

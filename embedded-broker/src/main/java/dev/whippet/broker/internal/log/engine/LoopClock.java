package dev.whippet.broker.internal.log.engine;

/** Time as one loop's logs see it, and tasks that wait for it. Tests walk it by hand. */
public interface LoopClock {

  /** Wall clock, microseconds since the Unix epoch. Any thread. */
  long micros();

  /** Runs {@code task} on the loop, once, not before {@code micros} have passed. On the loop. */
  void after(long micros, Runnable task);
}

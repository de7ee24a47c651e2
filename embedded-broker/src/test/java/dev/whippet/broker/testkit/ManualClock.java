package dev.whippet.broker.testkit;

import dev.whippet.broker.internal.log.engine.LoopClock;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.LongSupplier;

/** A loop's time that stands where the test puts it; tasks run when the test asks. One thread. */
public final class ManualClock implements LoopClock {
  private record Task(long due, long number, Runnable work) {}

  private final LongSupplier now;
  private final PriorityQueue<Task> waiting =
      new PriorityQueue<>(Comparator.comparingLong(Task::due).thenComparingLong(Task::number));
  private long tasks;

  /** Reads the time where the test keeps it, in microseconds. */
  public ManualClock(LongSupplier now) {
    this.now = now;
  }

  @Override
  public long micros() {
    return now.getAsLong();
  }

  @Override
  public void after(long micros, Runnable task) {
    waiting.add(new Task(micros() + micros, tasks++, task));
  }

  /** When the next task is due; {@link Long#MAX_VALUE} without one. */
  public long due() {
    return waiting.isEmpty() ? Long.MAX_VALUE : waiting.peek().due();
  }

  /** Runs the tasks that are due, oldest first; false when there was none. */
  public boolean runDue() {
    boolean ran = false;
    while (due() <= micros()) {
      waiting.poll().work().run();
      ran = true;
    }
    return ran;
  }
}

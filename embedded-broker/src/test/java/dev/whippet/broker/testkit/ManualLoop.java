package dev.whippet.broker.testkit;

import java.util.ArrayDeque;
import java.util.concurrent.Executor;

/** An event loop that turns only when a test says so, on the test's thread. */
public final class ManualLoop implements Executor {
  private final ArrayDeque<Runnable> tasks = new ArrayDeque<>();

  @Override
  public void execute(Runnable task) {
    tasks.add(task);
  }

  /** Runs the oldest task; false when there is none. */
  public boolean runOne() {
    Runnable task = tasks.poll();
    if (task != null) {
      task.run();
    }
    return task != null;
  }

  /** Runs until nothing is left to do. */
  public void runAll() {
    while (runOne()) {
      // until quiet
    }
  }
}

package dev.whippet.broker.internal.system;

import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where work is done that looks at everything or asks the disk: figures of the machine, snapshots,
 * metrics, health. Its thread, {@code whippet-aside}, has a bounded queue; whoever asks never does
 * the work itself: when the queue is full, it is refused. Any thread.
 */
public final class Aside {
  private static final Logger LOG = LoggerFactory.getLogger(Aside.class);

  private final LineLimit lines = new LineLimit();
  private final Executor thread;

  /** Why work was not done to its end. */
  public enum Trouble {
    /** Too much waits, or the broker stops. */
    BUSY,
    /** It threw; the log says what. */
    FAILED
  }

  /** {@code thread} rejects what is too much. */
  public Aside(Executor thread) {
    this.thread = thread;
  }

  /**
   * Runs {@code work} on the thread aside, or {@code otherwise} when that is not done: at once when
   * it is refused, on the thread aside when it throws.
   *
   * @param what for the line of the log
   */
  public void run(String what, Runnable work, Consumer<Trouble> otherwise) {
    try {
      thread.execute(() -> guarded(what, work, otherwise));
    } catch (RejectedExecutionException full) {
      otherwise.accept(Trouble.BUSY);
    }
  }

  private void guarded(String what, Runnable work, Consumer<Trouble> otherwise) {
    try {
      work.run();
    } catch (RuntimeException | Error unexpected) {
      String end = lines.next(System.nanoTime());
      if (end != null) {
        LOG.error("{} failed{}", what, end, unexpected);
      }
      otherwise.accept(Trouble.FAILED);
    }
  }
}

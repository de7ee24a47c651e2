package dev.whippet.broker.internal.command.exchange;

import dev.whippet.internal.wire.Status;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a request gets from its connection's loop to the loop that owns what it needs: once, with its
 * buffer, as a task; not at all when it is there already. Order between two loops is kept.
 */
public final class Hops {

  private static final Logger LOG = LoggerFactory.getLogger(Hops.class);

  /** Where a thread is that is no loop. */
  static final int ELSEWHERE = -1;

  private final List<? extends Executor> loops;

  public Hops(List<? extends Executor> loops) {
    this.loops = List.copyOf(loops);
  }

  /** How many loops there are. */
  public int loops() {
    return loops.size();
  }

  /**
   * Runs {@code work} of {@code exchange} on loop {@code to}, at once when {@code here} is it.
   * False when that loop has ended: the exchange is refused then.
   */
  public boolean run(int here, int to, Exchange<?> exchange, Runnable work) {
    if (here == to) {
      guarded(exchange, work);
      return true;
    }
    try {
      loops.get(to).execute(() -> guarded(exchange, work));
      return true;
    } catch (RejectedExecutionException stopping) {
      exchange.release();
      exchange.refuse(Status.DISCONNECTED);
      return false;
    }
  }

  /** Runs {@code work} on loop {@code to}, later, or never when that loop has ended. */
  public void post(int to, Runnable work) {
    try {
      loops.get(to).execute(work);
    } catch (RejectedExecutionException stopping) {
      LOG.debug("loop {} has ended", to);
    }
  }

  private static void guarded(Exchange<?> exchange, Runnable work) {
    try {
      work.run();
    } catch (Exchange.Refused refused) {
      exchange.refuse(refused);
    } catch (RuntimeException | Error unexpected) {
      LOG.error("{} failed for {}", name(exchange), exchange.session, unexpected);
      exchange.refuse(unexpected);
    }
  }

  private static String name(Exchange<?> exchange) {
    return exchange.request.getClass().getSimpleName();
  }
}

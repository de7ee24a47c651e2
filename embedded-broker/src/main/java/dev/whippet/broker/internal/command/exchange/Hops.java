package dev.whippet.broker.internal.command.exchange;

import dev.whippet.internal.wire.Status;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How a request gets from its connection's loop to the loop that owns what it needs: once, with its
 * buffer, as a task; not at all when it is there already. Order between two loops is kept. Whatever
 * a step throws ends in an answer: the refusal, or 1 and a line of the log.
 */
public final class Hops {

  private static final Logger LOG = LoggerFactory.getLogger(Hops.class);

  /** Where a thread is that is no loop, or may be any. */
  public static final int ELSEWHERE = -1;

  /** The catalog's, the offsets' and the groups'. */
  private static final int ZERO = 0;

  private final List<? extends Executor> loops;

  public Hops(List<? extends Executor> loops) {
    this.loops = List.copyOf(loops);
  }

  /** How many loops there are. */
  public int loops() {
    return loops.size();
  }

  /** Runs {@code work} on loop 0, from the loop of the exchange's connection. */
  public void onLoopZero(Exchange<?> exchange, Runnable work) {
    run(exchange.session.loop(), ZERO, exchange, work);
  }

  /** As {@link #run}, to loop 0. */
  public boolean onLoopZero(int here, Exchange<?> exchange, Runnable work) {
    return run(here, ZERO, exchange, work);
  }

  /** Runs {@code work} on the loop of the exchange's connection, from loop 0. */
  public void onConnection(Exchange<?> exchange, Runnable work) {
    run(ZERO, exchange.session.loop(), exchange, work);
  }

  /** As {@link #post}, to loop 0. */
  public void postToLoopZero(Runnable work) {
    post(ZERO, work);
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

  /** Runs {@code work} here; false when it threw, and the exchange was refused. Any thread. */
  public static boolean guarded(Exchange<?> exchange, Runnable work) {
    try {
      work.run();
      return true;
    } catch (Exchange.Refused refused) {
      exchange.refuse(refused);
    } catch (RuntimeException | Error unexpected) {
      LOG.error("{} failed for {}", name(exchange), exchange.session, unexpected);
      exchange.refuse(unexpected);
    }
    return false;
  }

  private static String name(Exchange<?> exchange) {
    return exchange.request.getClass().getSimpleName();
  }
}

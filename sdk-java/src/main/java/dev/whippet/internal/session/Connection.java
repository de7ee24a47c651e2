package dev.whippet.internal.session;

import dev.whippet.internal.call.Call;
import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Refusal;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.wire.Reply;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection of a client, that comes and goes, with its thread "whippet-net": one selector,
 * one {@link Engine}. The methods here are for any thread; they leave a note and wake the thread.
 *
 * <p>While paused there is no thread and no socket; the selector stays. Begin and end of the thread
 * are guarded by {@link #life}; what the engine holds passes from one thread to the next under it.
 *
 * <p>An exception that nobody expected is logged and costs the link, not the thread: the state
 * machine goes on from there.
 */
public final class Connection implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** Closing and pausing wait so long for the thread, which may hang in a callback. */
  private static final long END_MILLIS_MAX = 2_000;

  private final Clock clock;
  private final Selector selector;
  private final Engine engine;
  private final Object life = new Object();
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile boolean hinted;
  private volatile boolean renewed;
  private volatile boolean pausing;
  private volatile boolean closing;

  /** Null when there is none; guarded by life. */
  private Thread thread;

  /** Guarded by life. */
  private boolean begun;

  /** Guarded by life. */
  private boolean ended;

  /**
   * Makes the connection; nothing happens before {@link #start}.
   *
   * @param outbox null for a client that only consumes and administers
   */
  public Connection(SessionConfig config, Outbox outbox, SessionObserver observer, Clock clock)
      throws IOException {
    this.clock = clock;
    this.selector = Selector.open();
    this.engine = new Engine(config, outbox, observer, clock, selector);
  }

  /** Begins to connect, or goes on after a pause. Does not wait. */
  public void start() {
    synchronized (life) {
      pausing = false;
      life.notifyAll();
      if (thread != null || closing) {
        return; // It goes on by itself.
      }
      thread =
          new Thread(
              new Runnable() {
                @Override
                public void run() {
                  loop();
                }
              },
              "whippet-net");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /**
   * Says goodbye, closes the link, ends the thread, and waits for that, but not if called by the
   * thread itself.
   */
  public void pause() {
    Thread ending;
    synchronized (life) {
      if (closing) {
        return;
      }
      ending = thread;
      pausing = true;
      wakeAlways();
      awaitEnd();
      ending = thread == null ? ending : null;
    }
    join(ending);
  }

  /** It has nothing more to do: waits for its last instructions. */
  private static void join(Thread ending) {
    if (ending != null && ending != Thread.currentThread()) {
      try {
        ending.join(END_MILLIS_MAX);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void wakeAlways() {
    woken.set(true);
    selector.wakeup();
  }

  /** Under life, which is given up while it waits. */
  private void awaitEnd() {
    boolean interrupted = false;
    long deadline = clock.millis() + END_MILLIS_MAX;
    long left = END_MILLIS_MAX;
    while ((pausing || closing) && thread != null && thread != Thread.currentThread() && left > 0) {
      try {
        TimeUnit.MILLISECONDS.timedWait(life, left);
      } catch (InterruptedException e) {
        interrupted = true;
      }
      left = deadline - clock.millis();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void loop() {
    while (!closing) {
      begin();
      while (!closing && !pausing) {
        try {
          turn();
        } catch (IOException | RuntimeException e) {
          LOG.error("Unexpected; the connection is made anew", e);
          engine.broken(e);
        }
      }
      if (!closing) {
        engine.pause();
        leave();
      }
      synchronized (life) {
        if (pausing && !closing) {
          engine.abandon();
          thread = null;
          life.notifyAll();
          return;
        }
      }
    }
    engine.close();
    leave();
    synchronized (life) {
      endForGood();
      thread = null;
      life.notifyAll();
    }
  }

  private void begin() {
    boolean first;
    synchronized (life) {
      first = !begun;
      begun = true;
    }
    if (first) {
      engine.start();
    } else {
      engine.resume();
    }
  }

  /** Under life. */
  private void endForGood() {
    engine.abandon();
    ended = true;
    try {
      selector.close();
    } catch (IOException e) {
      LOG.warn("The selector did not close", e);
    }
  }

  /** Waits for the answers to goodbyes, each for a second at most. */
  private void leave() {
    try {
      long wait = engine.leave();
      while (wait != Clock.NEVER && (closing || pausing)) {
        selector.select(Math.max(1, wait));
        readyLinks();
        wait = engine.leave();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Not waited for the server's goodbye", e);
    }
  }

  private void turn() throws IOException {
    long wait = engine.work();
    if (wait == 0) {
      selector.selectNow();
    } else {
      selector.select(wait == Clock.NEVER ? 0 : wait);
    }
    woken.set(false);
    if (hinted) {
      hinted = false;
      engine.hint();
    }
    if (renewed) {
      renewed = false;
      engine.newCredentials();
    }
    readyLinks();
  }

  private void readyLinks() {
    Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
    while (keys.hasNext()) {
      SelectionKey key = keys.next();
      keys.remove();
      engine.ready(key);
    }
  }

  /** There may be something to do. */
  public void wake() {
    if (woken.compareAndSet(false, true)) {
      selector.wakeup();
    }
  }

  /** The network may be back. */
  public void hint() {
    hinted = true;
    wake();
  }

  /** Logs in with these from now on; tries at once when others were refused. */
  public void credentials(Identity.Source source) {
    engine.login().source(source);
    renewed = true;
    wake();
  }

  /** Everything about where the connection stands. */
  public Standing standing() {
    return engine.standing();
  }

  public Traffic traffic() {
    return engine.traffic();
  }

  /** Where the connection stands. */
  public Session.State state() {
    return engine.session().state();
  }

  /** Why it stands there. */
  public String reason() {
    return engine.session().reason();
  }

  /**
   * Asks the server, and waits for the answer.
   *
   * @param what is asked, for messages
   */
  public Reply call(String what, Call.Request request, long timeoutMillis)
      throws InterruptedException, Call.RefusedException {
    return await(submit(what, request), timeoutMillis);
  }

  /** Asks the server; does not wait. */
  public Call submit(String what, Call.Request request) {
    Call call = new Call(what, request);
    engine.calls().submit(call);
    if (state() == Session.State.REFUSED) {
      call.fail(new Refusal(Refusal.Kind.CREDENTIALS, 0, reason()));
    }
    wake();
    return call;
  }

  /** Waits for the answer to a call; gives the call up when the time is over. */
  public Reply await(Call call, long timeoutMillis)
      throws InterruptedException, Call.RefusedException {
    return call.await(clock, timeoutMillis, engine.session());
  }

  /** Waits for the answer to a call; null when the time is over, and the call goes on. */
  public Reply poll(Call call, long timeoutMillis)
      throws InterruptedException, Call.RefusedException {
    return call.poll(clock, timeoutMillis);
  }

  /** Closes the link and ends the thread. Called by the thread itself, it does not wait. */
  @Override
  public void close() {
    Thread ending;
    synchronized (life) {
      ending = thread;
      closing = true;
      wakeAlways();
      if (thread == null && !ended) {
        engine.close();
        endForGood();
      }
      awaitEnd();
      ending = thread == null ? ending : null;
    }
    join(ending);
  }
}

package dev.whippet.internal.session;

import dev.whippet.internal.link.Link;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.wire.Reply;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.Iterator;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one connection of a client, that comes and goes, with its thread "whippet-net": one selector,
 * one {@link Engine}. The methods here are for any thread; they leave a note and wake the thread.
 *
 * <p>An exception that nobody expected is logged and costs the link, not the thread: the state
 * machine goes on from there.
 */
public final class Connection implements Closeable {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** Closing waits so long for the thread, which may hang in the system's resolver. */
  private static final long JOIN_MILLIS_MAX = 2_000;

  private final Clock clock;
  private final Selector selector;
  private final Engine engine;
  private final Thread thread;
  private final AtomicBoolean woken = new AtomicBoolean();
  private volatile boolean hinted;
  private volatile boolean closing;

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
    this.thread =
        new Thread(
            new Runnable() {
              @Override
              public void run() {
                loop();
              }
            },
            "whippet-net");
    thread.setDaemon(true);
  }

  public void start() {
    thread.start();
  }

  private void loop() {
    engine.start();
    while (!closing) {
      try {
        turn();
      } catch (IOException | RuntimeException e) {
        LOG.error("Unexpected; the connection is made anew", e);
        engine.broken(e);
      }
    }
    engine.close();
    leave();
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
      while (wait != Session.NEVER) {
        selector.select(Math.max(1, wait));
        readyLinks();
        wait = engine.leave();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("Not waited for the server's goodbye", e);
    }
    engine.abandon();
  }

  private void turn() throws IOException {
    long wait = engine.work();
    if (wait == 0) {
      selector.selectNow();
    } else {
      selector.select(wait == Session.NEVER ? 0 : wait);
    }
    woken.set(false);
    if (hinted) {
      hinted = false;
      engine.hint();
    }
    readyLinks();
  }

  private void readyLinks() {
    Iterator<SelectionKey> keys = selector.selectedKeys().iterator();
    while (keys.hasNext()) {
      SelectionKey key = keys.next();
      keys.remove();
      engine.ready((Link) key.attachment());
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
    closing = true;
    wake();
    selector.wakeup();
    if (Thread.currentThread() == thread || !thread.isAlive()) {
      return;
    }
    boolean interrupted = false;
    try {
      thread.join(JOIN_MILLIS_MAX);
    } catch (InterruptedException e) {
      interrupted = true;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}

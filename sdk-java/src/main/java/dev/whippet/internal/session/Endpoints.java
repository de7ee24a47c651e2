package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.link.Dial;
import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.link.Names;
import java.io.IOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.List;
import java.util.Random;

/**
 * Where to connect: a list in the order of preference. Attempts go through it and begin at its head
 * again after a connection that proved itself. While another than the first is in use, the first is
 * dialled from time to time (half of the interval to one and a half of it, at random); when it can
 * be reached, the connection goes back to it.
 *
 * <p>Owned by the net thread.
 */
final class Endpoints {
  private final List<Endpoint> list;
  private final long failBackMillis;
  private final Names names;
  private final Selector selector;
  private final Random random;
  private int tries;
  private int attempts;
  private int current;
  private long probeMillis = Clock.NEVER;
  private long nextMillis = Clock.NEVER;
  private Dial probe;

  Endpoints(SessionConfig config, Names names, Selector selector, Random random) {
    this.list = config.endpoints;
    this.failBackMillis = config.failBackMillis;
    this.names = names;
    this.selector = selector;
    this.random = random;
  }

  /** The endpoint of the attempt, or of the last one. */
  Endpoint current() {
    return list.get(current);
  }

  /** All attempts so far. */
  int attempts() {
    return attempts;
  }

  /** Begins the next attempt. */
  Dial next() throws IOException {
    current = tries++ % list.size();
    int attempt = attempts++ & Integer.MAX_VALUE;
    // Each round over the list begins at another address of a name.
    return new Dial(current(), attempt / list.size(), names, selector);
  }

  /** Logged in: from now on the first one is tried from time to time. */
  void loggedIn(long nowMillis) {
    probeMillis = current == 0 ? Clock.NEVER : nowMillis + interval();
  }

  /** The connection works: after it, attempts begin at the head of the list. */
  void proved() {
    tries = 0;
  }

  /** The connection is gone. */
  void lost() {
    probeMillis = Clock.NEVER;
    endProbe();
  }

  private long interval() {
    return failBackMillis / 2 + (long) (random.nextDouble() * failBackMillis);
  }

  private void endProbe() {
    if (probe != null) {
      probe.close();
      probe = null;
    }
  }

  /** Whether the first can be reached again; to be called in every turn. */
  boolean failsBack(long nowMillis) {
    if (probe == null && nowMillis < probeMillis) {
      return false;
    }
    try {
      if (probe == null) {
        probe = new Dial(list.get(0), attempts, names, selector);
        probeMillis = nowMillis + failBackMillis;
      }
      long due = probe.work(nowMillis);
      SelectionKey key = probe.connected();
      if (key != null) {
        key.cancel();
        key.channel().close();
        lost();
        tries = 0;
        return true;
      }
      if (nowMillis >= probeMillis) {
        throw new IOException("not connected in time");
      }
      nextMillis = Math.min(due, probeMillis);
    } catch (IOException e) {
      endProbe();
      probeMillis = nowMillis + interval();
      nextMillis = probeMillis;
    }
    return false;
  }

  /** When {@link #failsBack} is due. */
  long deadlineMillis() {
    return probe == null ? probeMillis : nextMillis;
  }
}

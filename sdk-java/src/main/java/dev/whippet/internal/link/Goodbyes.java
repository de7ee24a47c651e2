package dev.whippet.internal.link;

import java.io.IOException;
import java.util.ArrayDeque;

/**
 * Links that said goodbye: each waits for the peer's goodbye and its end of the connection (RFC
 * 6455 7.1.1), for {@link #CLOSE_MILLIS} at most. Owned by the net thread; takes the time as a
 * parameter.
 *
 * <p>Limit: {@link #LINKS_MAX}; the oldest is closed when one more comes.
 */
public final class Goodbyes {
  /** From our goodbye to the end of the connection. */
  public static final long CLOSE_MILLIS = 1_000;

  static final int LINKS_MAX = 4;

  private final ArrayDeque<Link> links = new ArrayDeque<>();
  private final ArrayDeque<Long> deadlines = new ArrayDeque<>();

  /** Lets a link say goodbye, and keeps it while there is an answer to wait for. */
  public void add(Link link, long nowMillis) {
    if (!link.leave()) {
      return;
    }
    if (links.size() == LINKS_MAX) {
      closeOldest();
    }
    links.add(link);
    deadlines.add(nowMillis + CLOSE_MILLIS);
  }

  /** A link's key is ready; others than those here are left alone. */
  public void ready(Link link) {
    if (links.contains(link)) {
      try {
        link.ready();
      } catch (IOException e) {
        link.close(); // the peer's end of the connection, most likely
      }
    }
  }

  /**
   * Closes those whose time is over.
   *
   * @return when the next one's is; {@link Long#MAX_VALUE} if none is left
   */
  public long expire(long nowMillis) {
    while (!links.isEmpty() && (links.peek().isClosed() || deadlines.peek() <= nowMillis)) {
      closeOldest();
    }
    return links.isEmpty() ? Long.MAX_VALUE : deadlines.peek();
  }

  private void closeOldest() {
    links.remove().close();
    deadlines.remove();
  }

  /** Closes all. */
  public void close() {
    while (!links.isEmpty()) {
      closeOldest();
    }
  }
}

package dev.whippet.broker.internal.net.event;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How connections began and ended since the start. Any thread. */
public final class ConnectionCounts {

  /** What is counted. */
  public enum What {
    /** Accepted and given to a loop. */
    ACCEPTED,
    /** Closed at once: as many as may be open at all are. */
    REFUSED_FULL,
    /** Closed at once: as many as may be open of its address are. */
    REFUSED_ADDRESS,
    /** Cut off: a step took the peer too long; readers that take no replies are among them. */
    OVERDUE,
    /** Closed for want of memory. */
    NO_MEMORY,
    /** A TLS handshake failed, a client without TLS on a TLS port included. */
    TLS_FAILED
  }

  private final Map<What, LongAdder> counts = new EnumMap<>(What.class);

  public ConnectionCounts() {
    for (What what : What.values()) {
      counts.put(what, new LongAdder());
    }
  }

  public void add(What what) {
    counts.get(what).increment();
  }

  public long get(What what) {
    return counts.get(what).sum();
  }
}

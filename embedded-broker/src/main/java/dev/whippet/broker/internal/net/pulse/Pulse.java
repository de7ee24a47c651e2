package dev.whippet.broker.internal.net.pulse;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Whether the peer of one connection is still there. Knows no clock: {@link Pings} says when an
 * interval is over.
 *
 * <pre>
 *   QUIET --interval with a request--> QUIET
 *   QUIET --interval without---------> ASKED   ping
 *   ASKED --its pong-----------------> QUIET   another payload is no answer
 *   ASKED --interval with a request--> QUIET
 *   ASKED --interval without---------> gone
 * </pre>
 *
 * <p>So a peer that vanished is found in two to three intervals. Owner: the connection's loop.
 */
public final class Pulse {
  /** Whose pulse it is. */
  public interface Peer {
    /** Complete requests so far. */
    long frames();

    /** {@code payload} is heap memory outside every pool. */
    void ping(ByteBuf payload);

    void gone();
  }

  private static final long NOTHING = 0;

  private final Peer peer;

  /** What the pong must hold; drawn anew for each ping, so that nobody can answer ahead. */
  private long asked = NOTHING;

  private long frames;

  /** Whose rhythm it follows, {@code null} for nobody's. */
  private Pings pings;

  /** Its place, kept by {@link Pings}. */
  int slot;

  int index;

  public Pulse(Peer peer) {
    this.peer = peer;
    this.frames = peer.frames();
  }

  /** From now on it is asked in this rhythm; {@code null} for never. */
  public void follow(Pings rhythm) {
    if (rhythm == pings) {
      return;
    }
    if (pings != null) {
      pings.remove(this);
    }
    pings = rhythm;
    if (pings != null) {
      pings.add(this);
    }
  }

  void intervalOver() {
    long now = peer.frames();
    if (now != frames) {
      frames = now;
      asked = NOTHING;
    } else if (asked == NOTHING) {
      asked = ThreadLocalRandom.current().nextLong() | 1;
      peer.ping(Unpooled.buffer(Long.BYTES).writeLong(asked));
    } else {
      peer.gone();
    }
  }

  /** An answer to a ping, or unasked for. */
  public void pong(ByteBuf payload) {
    if (payload.readableBytes() == Long.BYTES && payload.getLong(payload.readerIndex()) == asked) {
      asked = NOTHING;
    }
  }
}

package dev.whippet.internal.call;

import dev.whippet.internal.link.Link;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.Reply;
import dev.whippet.internal.wire.ReplyReader;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.ArrayDeque;
import okio.Buffer;

/**
 * Requests and their replies on one link: replies come in the order of the requests and carry no
 * name (iggy-classic.md 1.2), so this is a queue. Towards a stock server one request is in flight;
 * no stock client pipelines. Owned by the net thread.
 *
 * <p>Limits: {@link #REQUESTS_MAX} unanswered requests, {@link #REPLY_BYTES_MAX} a reply.
 */
public final class Pipeline {
  static final int REQUESTS_MAX = 1_024;

  /** One message of the largest size with its headers, and a poll's usual neighbours. */
  static final long REPLY_BYTES_MAX = 72L << 20;

  private final ArrayDeque<Pending> pendings = new ArrayDeque<>();
  private final Heartbeat heartbeat;
  private Link link;
  private ReplyReader reader;
  private boolean serial;

  public Pipeline(Heartbeat heartbeat) {
    this.heartbeat = heartbeat;
  }

  /** A new link is open. One request at a time until {@link #overlap}. */
  public void begin(Link link, long keepAliveMillis, long nowMillis) {
    this.link = link;
    this.reader = new ReplyReader(REPLY_BYTES_MAX);
    this.serial = true;
    heartbeat.begin(keepAliveMillis, nowMillis);
  }

  /** The peer is known to take requests while others are unanswered. */
  public void overlap() {
    serial = false;
  }

  /** The peer wants to hear from us at least so often. */
  public void shorten(long keepAliveMillis) {
    heartbeat.shorten(keepAliveMillis);
  }

  public boolean canAsk() {
    return link != null
        && pendings.size() < (serial ? 1 : REQUESTS_MAX)
        && (pendings.isEmpty() || link.hasRoom());
  }

  public boolean isEmpty() {
    return pendings.isEmpty();
  }

  /** Sends a request; {@link #canAsk} was true. */
  public void ask(Buffer request, Pending pending, long nowMillis) {
    if (pendings.isEmpty()) {
      heartbeat.asked(nowMillis);
    }
    pending.endsAtBytes = link.send(request);
    pendings.add(pending);
  }

  /** Bytes arrived: hands complete replies to their requests. */
  public void received(Buffer in, long nowMillis) throws IOException {
    heartbeat.received(nowMillis);
    while (link != null) {
      Reply reply;
      try {
        reply = reader.next(in);
      } catch (ProtocolException e) {
        tooLarge(e);
        throw e;
      }
      if (reply == null) {
        return;
      }
      Pending pending = pendings.poll();
      if (pending != null) {
        heartbeat.answered(nowMillis);
        pending.replied(reply, nowMillis);
      } else if (reply.status() == Status.DISCONNECTED) {
        throw new ProtocolException("the server is stopping");
      } else {
        throw new ProtocolException("a reply without a request: " + reply);
      }
    }
  }

  /** The link is doubted: something has to be heard by then. A request is unanswered. */
  public void expectBy(long timeMillis) {
    heartbeat.expectBy(timeMillis);
  }

  /** How long the last request that was alone took; 0 if unknown. */
  public long roundTripMillis() {
    return heartbeat.roundTripMillis();
  }

  /** The peer is there, but brought no reply. */
  public void heard(long nowMillis) {
    heartbeat.heard(nowMillis);
  }

  /** The oldest request's reply can't be taken: asking again would end the same way. */
  private void tooLarge(ProtocolException cause) {
    if (pendings.peek() instanceof Call.Slot) {
      Call.Slot slot = (Call.Slot) pendings.poll();
      slot.call.fail(new Refusal(Refusal.Kind.TOO_LARGE, 0, slot.what + ": " + cause.getMessage()));
    }
  }

  /** Lets the socket take what it can. */
  public void flush(long nowMillis) throws IOException {
    if (link == null) {
      return;
    }
    link.flush();
    if (!pendings.isEmpty()) {
      heartbeat.written(link.writtenBytes(), pendings.peek().endsAtBytes, nowMillis);
    }
  }

  public boolean pingDue(long nowMillis) {
    return link != null && pendings.isEmpty() && heartbeat.pingDue(nowMillis);
  }

  /** Why the link counts as dead; null if it does not. */
  public String death(long nowMillis, long timeoutMillis) {
    if (link == null || pendings.isEmpty() || !heartbeat.isDead(nowMillis)) {
      return null;
    }
    return "no answer to " + pendings.peek().what + " within " + timeoutMillis + " ms";
  }

  public long deadlineMillis() {
    return link == null ? Clock.NEVER : heartbeat.deadlineMillis(!pendings.isEmpty());
  }

  /** The link is gone. */
  public void end(String why) {
    link = null;
    reader = null;
    Pending pending = pendings.poll();
    while (pending != null) {
      pending.lost(why);
      pending = pendings.poll();
    }
  }
}

package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.RequestHandler;
import dev.whippet.internal.wire.Status;
import java.util.ArrayDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The requests of one connection that were received and not answered: starts them, and writes their
 * replies in their order. Owner: the connection's loop.
 *
 * <pre>
 *   waiting ----starts----> running ----answered, and all before it----> written
 *
 *   starts when nothing is running, or when it and all that run are send_messages or publish;
 *   nothing starts while the peer does not take its replies;
 *   a poll starts when it was granted memory for its reply ({@link LoopMemory}), and starts again
 *   with more when one message needs more
 * </pre>
 *
 * <p>Limits: {@link NetLimits#connectionRequestsMax}, {@link NetLimits#connectionBytesMax}.
 */
final class ReplyQueue {
  private static final Logger LOGGER = LoggerFactory.getLogger(ReplyQueue.class);

  private final Connection connection;
  private final Loop loop;
  private final LoopMemory memory;
  private final NetLimits limits;
  private final RequestHandler handler;
  private final ArrayDeque<Exchange> waiting = new ArrayDeque<>(2);
  private final ArrayDeque<Exchange> running = new ArrayDeque<>(2);

  private ClientSession session;
  private ReplyWriter writer;
  private long bytes;
  private boolean working;
  private boolean awaitsGrant;
  private boolean awaitsPeer;
  private boolean closed;
  private boolean ended;
  private Farewell farewell;

  ReplyQueue(Connection connection, Loop loop, NetLimits limits, RequestHandler handler) {
    this.connection = connection;
    this.loop = loop;
    this.memory = loop.memory();
    this.limits = limits;
    this.handler = handler;
  }

  /** The generation is known. */
  void open(ClientSession session, ReplyWriter writer) {
    this.session = session;
    this.writer = writer;
  }

  Loop loop() {
    return loop;
  }

  /**
   * True when one more request of that size may be received. Before login only after all others are
   * answered: its admission depends on how the login ends.
   */
  boolean accepts(long payloadBytes) {
    int count = waiting.size() + running.size();
    return count < limits.connectionRequestsMax()
        && (bytes == 0 || bytes + payloadBytes <= limits.connectionBytesMax())
        && (count == 0 || session.loggedIn())
        && farewell == null;
  }

  /** Takes over the request and {@code charged} bytes of the loop's memory. */
  void add(Request request, long charged) {
    bytes += charged;
    waiting.add(new Exchange(this, request, charged));
    work();
  }

  /** Answers a request that never became one. */
  void refuse(int status, boolean close) {
    Exchange refused = new Exchange(this, null, 0);
    refused.reply = new Reply.Failure(status);
    refused.closes = close;
    waiting.add(refused);
    work();
  }

  /** Takes no more requests; says farewell when those taken are answered. */
  void end(Farewell last) {
    if (farewell == null) {
      farewell = last;
      connection.stopRequests();
      work();
    }
  }

  /** As {@link #end} for the broker's stop: what has not started never will. */
  void stop() {
    dropWaiting();
    end(Farewell.STOP);
  }

  /** The connection is gone. */
  void close() {
    closed = true;
    dropWaiting();
    for (Exchange exchange : running) {
      if (exchange.reply != null) {
        Exchange.release(exchange.reply);
        exchange.reply = null;
        giveGranted(exchange);
      }
    }
    running.clear();
  }

  /** On the loop, once per started request, also when the connection is gone. */
  void answered(Exchange exchange, Reply reply, boolean closes) {
    if (closed) {
      Exchange.release(reply);
      giveGranted(exchange);
    } else {
      exchange.reply = reply;
      exchange.closes = closes;
      long held = reply instanceof Reply.Polled polled ? polled.heldBytes() : 0;
      if (held < exchange.granted) {
        memory.giveReply(exchange.granted - held);
      } else {
        memory.addReply(held - exchange.granted);
      }
      exchange.granted = held;
    }
    giveBack(exchange);
    work();
  }

  /** On the loop: its reply needs {@code replyBytes}. */
  void again(Exchange exchange, long replyBytes) {
    giveGranted(exchange);
    memory.takeReply(
        replyBytes,
        () -> {
          exchange.granted = replyBytes;
          if (closed) {
            giveGranted(exchange);
            giveBack(exchange);
          } else {
            start(exchange.request, exchange);
          }
        });
  }

  /** The peer has taken replies. */
  void taken() {
    if (awaitsPeer) {
      awaitsPeer = false;
      work();
    }
  }

  /** Writes and starts whatever can be. */
  void work() {
    if (working || closed) {
      return;
    }
    working = true;
    try {
      boolean more = true;
      while (more && !closed) {
        more = writeNext() | startNext();
      }
    } finally {
      working = false;
    }
    if (closed || ended) {
      return;
    }
    boolean wantsNoMore = farewell != null && farewell.isAnswer() && !writer.isIdle();
    if (farewell != null && (wantsNoMore || waiting.isEmpty() && running.isEmpty())) {
      ended = true;
      connection.finish(farewell);
    } else {
      connection.resumeReading();
    }
  }

  private boolean writeNext() {
    Exchange first = running.peek();
    if (first == null || first.reply == null) {
      return false;
    }
    running.remove();
    Reply reply = first.reply;
    first.reply = null;
    try {
      writer.write(reply, first.granted); // from here on its own
    } catch (RuntimeException | OutOfMemoryError e) {
      LOGGER.error("{}: cannot encode {}", session, reply.getClass().getSimpleName(), e);
      connection.drop("a reply was lost");
    }
    if (first.closes) {
      dropWaiting();
      farewell = Farewell.REPLIED; // those that still run are answered before
      connection.stopRequests();
    }
    return true;
  }

  private boolean startNext() {
    Exchange next = waiting.peek();
    if (next == null || !connection.writable()) {
      return false;
    }
    Exchange last = running.peekLast(); // those that run all overlap, or there is one
    if (last != null && !(last.overlaps && next.overlaps)) {
      return false;
    }
    if (next.isPoll() && !isGranted(next)) {
      return false;
    }
    waiting.remove();
    running.add(next);
    Request request = next.request;
    if (!next.isPoll()) {
      next.request = null;
    }
    if (request != null) {
      start(request, next);
    }
    return true;
  }

  private boolean isGranted(Exchange poll) {
    if (awaitsGrant) {
      return false;
    }
    awaitsPeer = memory.isShort() && writer.holdsMemory();
    if (awaitsPeer) {
      return false; // what is short goes to those who take it
    }
    poll.granted = memory.tryGrant();
    if (poll.granted == 0) {
      awaitsGrant = true;
      memory.awaitGrant(
          () -> {
            awaitsGrant = false;
            work();
          });
    }
    return poll.granted > 0;
  }

  private void start(Request request, Exchange exchange) {
    try {
      handler.handle(session, request, exchange);
    } catch (RuntimeException e) {
      LOGGER.error("{}: {} failed", session, request.getClass().getSimpleName(), e);
      if (!exchange.isAnswered()) {
        exchange.replyAndClose(new Reply.Failure(Status.ERROR));
      }
    }
  }

  private void dropWaiting() {
    Exchange exchange;
    while ((exchange = waiting.poll()) != null) {
      Exchange.release(exchange.request);
      giveBack(exchange);
    }
  }

  private void giveBack(Exchange exchange) {
    bytes -= exchange.bytes;
    memory.give(exchange.bytes);
  }

  private void giveGranted(Exchange exchange) {
    long granted = exchange.granted;
    exchange.granted = 0;
    memory.giveReply(granted);
  }
}

package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import io.netty.buffer.ByteBuf;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.RejectedExecutionException;

/**
 * One request and its answer. The answer may come on any thread; everything else happens on the
 * connection's loop.
 */
final class Exchange implements ReplySink {
  private static final VarHandle ANSWERED;

  static {
    try {
      ANSWERED = MethodHandles.lookup().findVarHandle(Exchange.class, "answered", boolean.class);
    } catch (ReflectiveOperationException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  private final ReplyQueue queue;
  final boolean overlaps;
  final long bytes;

  /** Until it starts. */
  Request request;

  /** From when it is answered until it is written. */
  Reply reply;

  boolean closes;

  private volatile boolean answered;

  Exchange(ReplyQueue queue, Request request, long bytes) {
    this.queue = queue;
    this.request = request;
    this.bytes = bytes;
    this.overlaps = request instanceof Request.SendMessages || request instanceof Request.Publish;
  }

  @Override
  public void reply(Reply answer) {
    answer(answer, false);
  }

  @Override
  public void replyAndClose(Reply answer) {
    answer(answer, true);
  }

  private void answer(Reply answer, boolean close) {
    if (!ANSWERED.compareAndSet(this, false, true)) {
      release(answer);
      throw new IllegalStateException("answered twice, now with " + answer);
    }
    Loop loop = queue.loop();
    if (loop.inLoop()) {
      queue.answered(this, answer, close);
      return;
    }
    try {
      loop.execute(() -> queue.answered(this, answer, close));
    } catch (RejectedExecutionException e) { // the loop has ended
      release(answer);
    }
  }

  boolean isAnswered() {
    return answered;
  }

  static void release(Reply reply) {
    if (reply instanceof Reply.Polled polled) {
      polled.records().forEach(ByteBuf::release);
    }
  }

  static void release(Request request) {
    if (request instanceof Request.SendMessages send) {
      send.batch().release();
    } else if (request instanceof Request.Publish publish) {
      publish.batch().release();
    }
  }
}

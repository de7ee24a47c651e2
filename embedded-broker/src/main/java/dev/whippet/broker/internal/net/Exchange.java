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
  private final boolean poll;
  final long bytes;

  /** Until it starts; a poll until it is answered. */
  Request request;

  /** Of the loop's memory, for the reply: taken before it starts, until the reply is written. */
  volatile long granted;

  /** From when it is answered until it is written. */
  Reply reply;

  boolean closes;

  private volatile boolean answered;

  Exchange(ReplyQueue queue, Request request, long bytes) {
    this.queue = queue;
    this.request = request;
    this.bytes = bytes;
    this.poll = request instanceof Request.Poll;
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

  @Override
  public long replyBytesMax() {
    return isPoll() ? granted : Long.MAX_VALUE;
  }

  @Override
  public void again(long bytes) {
    if (queue.loop().inLoop()) {
      queue.again(this, bytes);
      return;
    }
    try {
      queue.loop().execute(() -> queue.again(this, bytes));
    } catch (RejectedExecutionException e) {
      // the loop has ended, and with it all that waits
    }
  }

  /** Its reply may be large. */
  boolean isPoll() {
    return poll;
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

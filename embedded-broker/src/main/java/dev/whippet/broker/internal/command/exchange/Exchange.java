package dev.whippet.broker.internal.command.exchange;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.internal.wire.Status;

/**
 * One request under way: who asked, what, and the way back. Answered exactly once, by {@link
 * #reply}, {@link #done}, {@link #refuse} or {@link #replyAndClose}, on any thread.
 */
public final class Exchange<R extends Request> {

  public final ClientSession session;
  public final R request;
  private final ReplySink sink;

  /** Written by whoever answers; steps that follow each other see it. */
  private boolean answered;

  public Exchange(ClientSession session, R request, ReplySink sink) {
    this.session = session;
    this.request = request;
    this.sink = sink;
  }

  /** Executes one kind of request. */
  @FunctionalInterface
  public interface Handler<R extends Request> {
    /**
     * Answers {@code exchange}, now or later. May throw {@link Refused} as long as nothing was
     * changed and the request's buffers are still its own.
     */
    void handle(Exchange<R> exchange);
  }

  /** A check that failed, with the status to answer. Without a stack: it is an answer. */
  public static final class Refused extends RuntimeException {
    private final int status;

    public Refused(int status) {
      super(Status.name(status), null, false, false);
      this.status = status;
    }
  }

  public void reply(Reply reply) {
    answered = true;
    sink.reply(reply);
  }

  public void done() {
    reply(new Reply.Empty());
  }

  public void refuse(int status) {
    reply(new Reply.Failure(status));
  }

  /** True when nothing more is to be said. */
  boolean isAnswered() {
    return answered;
  }

  /** Memory that the reply's records may keep alive. */
  public long replyBytesMax() {
    return sink.replyBytesMax();
  }

  /** Instead of an answer: {@link ReplySink#again}. */
  public void again(long bytes) {
    answered = true;
    sink.again(bytes);
  }

  public void replyAndClose(int status) {
    answered = true;
    sink.replyAndClose(new Reply.Failure(status));
  }

  /** Answers a failed catalog or offsets journal. */
  public void refuse(LogFailure failure) {
    refuse(failure.reason() == LogFailure.Reason.CLOSED ? Status.DISCONNECTED : Status.IO_ERROR);
  }

  /**
   * Answers {@code refused}, or an unexpected failure, and gives the request's buffers back;
   * nothing of that when what failed comes after the answer.
   */
  public void refuse(Throwable cause) {
    if (!answered) {
      release();
      refuse(cause instanceof Refused refused ? refused.status : Status.ERROR);
    }
  }

  /** Gives the request's buffers back, unless they went to a log. */
  public void release() {
    if (request instanceof Request.SendMessages send) {
      send.batch().release();
    } else if (request instanceof Request.Publish publish) {
      publish.batch().release();
    }
  }
}

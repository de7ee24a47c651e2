package dev.whippet.internal.call;

import dev.whippet.internal.wire.Reply;
import java.util.ArrayDeque;
import okio.Buffer;

/**
 * Calls that wait for the connection, in the order they came; those whose connection broke go back
 * to the front in their old order. At most {@link #WAITING_MAX}; one more is refused at once.
 *
 * <p>{@link #submit} is for any thread; the rest belongs to the net thread. The queue is guarded by
 * {@code this}.
 */
public final class Calls {
  static final int WAITING_MAX = 1_024;

  private final ArrayDeque<Call> waiting = new ArrayDeque<>();
  private final ArrayDeque<Call> broken = new ArrayDeque<>();
  private final Runnable proved;
  private Refusal closed;

  /** {@code proved} is told that the connection answered a call. */
  public Calls(Runnable proved) {
    this.proved = proved;
  }

  /** Takes a call, or ends it at once. */
  public synchronized void submit(Call call) {
    if (closed != null) {
      call.fail(closed);
    } else if (waiting.size() >= WAITING_MAX) {
      call.fail(
          new Refusal(
              Refusal.Kind.BUSY, 0, call.what() + ": " + WAITING_MAX + " calls wait already"));
    } else {
      waiting.add(call);
    }
  }

  /** Sends one waiting call; false if there is none. */
  public boolean askNext(Pipeline pipeline, long nowMillis) {
    Call call = next();
    if (call == null) {
      return false;
    }
    Buffer frame = new Buffer();
    call.encode(frame);
    pipeline.ask(frame, new Call.Slot(call, this), nowMillis);
    return true;
  }

  private synchronized Call next() {
    Call call = waiting.poll();
    while (call != null && call.isDone()) {
      call = waiting.poll(); // Given up by its caller.
    }
    return call;
  }

  void answered(Reply reply, long nowMillis) {
    if (reply.ok()) {
      proved.run();
    }
  }

  /** A call's connection broke; {@link #regroup} follows when all are known. */
  void again(Call call) {
    broken.add(call);
  }

  /** Puts broken calls in front. */
  public synchronized void regroup() {
    while (!broken.isEmpty()) {
      waiting.addFirst(broken.pollLast());
    }
  }

  /** Ends all that wait. */
  public void failAll(Refusal refusal) {
    Call call = next();
    while (call != null) {
      call.fail(refusal);
      call = next();
    }
  }

  /** Ends all that wait and all that will come. */
  public void close(Refusal refusal) {
    synchronized (this) {
      closed = refusal;
    }
    failAll(refusal);
  }
}

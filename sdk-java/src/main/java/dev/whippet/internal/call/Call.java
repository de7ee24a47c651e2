package dev.whippet.internal.call;

import dev.whippet.internal.wire.Reply;
import java.util.concurrent.TimeUnit;
import okio.Buffer;

/**
 * A request of an application's thread over the one connection. It waits for a connection, is sent
 * again when that breaks (all such requests may be done twice), and ends with a reply or a refusal.
 *
 * <p>Any thread; the outcome is guarded by {@code this}.
 */
public final class Call {
  /** Writes one complete request frame; called once per sending, on the net thread. */
  public interface Request {
    void encode(Buffer out);
  }

  /** A call ended without a reply; says why. */
  public static final class RefusedException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Refusal refusal;

    RefusedException(Refusal refusal) {
      super(refusal.message());
      this.refusal = refusal;
    }

    public Refusal refusal() {
      return refusal;
    }
  }

  private final String what;
  private final Request request;
  private Reply reply;
  private Refusal refusal;

  public Call(String what, Request request) {
    this.what = what;
    this.request = request;
  }

  /** The place of a sent call in the pipeline. */
  static final class Slot extends Pending {
    final Call call;
    private final Calls calls;

    Slot(Call call, Calls calls) {
      super(call.what);
      this.call = call;
      this.calls = calls;
    }

    @Override
    public void replied(Reply reply, long nowMillis) {
      call.complete(reply);
      calls.answered(reply, nowMillis);
    }

    @Override
    public void lost(String why) {
      calls.again(call);
    }
  }

  void encode(Buffer out) {
    request.encode(out);
  }

  public String what() {
    return what;
  }

  synchronized void complete(Reply reply) {
    if (!isDone()) {
      this.reply = reply;
      notifyAll();
    }
  }

  public synchronized void fail(Refusal refusal) {
    if (!isDone()) {
      this.refusal = refusal;
      notifyAll();
    }
  }

  /** Whether it has ended. */
  public synchronized boolean isDone() {
    return reply != null || refusal != null;
  }

  /**
   * Waits for the end; after the time the call is given up.
   *
   * @param where tells in its toString where the connection stands
   */
  public synchronized Reply await(Clock clock, long timeoutMillis, Object where)
      throws InterruptedException, RefusedException {
    Reply found = null;
    try {
      found = poll(clock, timeoutMillis);
    } finally {
      if (!isDone()) {
        fail(
            new Refusal(
                Refusal.Kind.TIMEOUT,
                0,
                what + ": no answer within " + timeoutMillis + " ms; the connection is " + where));
      }
    }
    return found == null ? poll(clock, 0) : found;
  }

  /** Waits for the end; null when the time is over. */
  public synchronized Reply poll(Clock clock, long timeoutMillis)
      throws InterruptedException, RefusedException {
    long deadline = clock.millis() + timeoutMillis;
    long left = timeoutMillis;
    while (!isDone() && left > 0) {
      TimeUnit.MILLISECONDS.timedWait(this, left);
      left = deadline - clock.millis();
    }
    if (refusal != null) {
      throw new RefusedException(refusal);
    }
    return reply;
  }
}

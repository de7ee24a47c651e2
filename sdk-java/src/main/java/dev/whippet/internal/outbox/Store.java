package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.OutboxException.Reason;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The thread "whippet-store": takes all that waits, has it written, and tells. Other threads may
 * ask it for one round and wait ({@link #round}); what they want done stands in {@link Facts} or in
 * {@code renewAsked}.
 *
 * <p>Requests and gap reports are guarded by this; no disk and no listener is called under the
 * lock. Who found a gap waits until it is told.
 */
final class Store implements Runnable {
  static final String THREAD_NAME = "whippet-store";

  /** Cursor and spare files are looked after when nothing was sent for so long. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** The wait doubles with each failure, so often at most. */
  private static final int IDLE_DOUBLINGS_MAX = 6;

  private final Ring ring;
  private final Writer writer;
  private final Meta meta;
  private final Segments segments;
  private final Outbox.Listener listener;
  private final File directory;

  private final ArrayDeque<GapReport> gaps = new ArrayDeque<>();
  private long gapsFound;
  private long gapsTold;
  private long asked;
  private long done;
  private boolean renewAsked;
  private boolean ended;
  private IOException lastFailure;
  private int idleFailures;

  Store(Ring ring, Writer writer, Meta meta, Segments segments, Outbox.Listener listener, File at) {
    this.ring = ring;
    this.writer = writer;
    this.meta = meta;
    this.segments = segments;
    this.listener = listener;
    this.directory = at;
  }

  // ---- the store thread

  @Override
  public void run() {
    try {
      boolean closing = false;
      while (!closing) {
        Ring.Batch batch = ring.take(patience());
        closing = batch.closing;
        round(batch);
        if (batch.timedOut) {
          idleFailures = writer.idle() ? 0 : Math.min(idleFailures + 1, IDLE_DOUBLINGS_MAX);
        }
      }
      writer.finish(ring.lastSequence());
    } catch (RuntimeException | Error broken) {
      ring.close(broken);
      throw broken;
    } finally {
      synchronized (this) {
        ended = true;
        notifyAll();
      }
    }
  }

  private long patience() {
    return writer.wantsIdleWork() ? IDLE_NANOS << idleFailures : -1;
  }

  private void round(Ring.Batch batch) {
    long request;
    boolean renew;
    synchronized (this) {
      request = asked;
      renew = renewAsked;
      renewAsked = false;
    }
    IOException failed = renew ? renew() : null;
    writer.reserve(ring.lastSequence());
    ring.reserved(meta.reserved);
    IOException notStored = writer.commit(batch);
    if (batch.count > 0) {
      tellFailed(batch, notStored);
      segments.settle(batch.lastSequence()); // not before: nobody may take them for delivered
    }
    ring.settled();
    if (batch.count > 0) {
      listener.stored(batch.lastSequence());
    }
    tellGaps();
    complete(request, failed == null ? notStored : failed);
  }

  private IOException renew() {
    try {
      writer.renew();
      return null;
    } catch (IOException failed) {
      return failed;
    }
  }

  private void tellFailed(Ring.Batch batch, IOException notStored) {
    if (writer.batchStored() < batch.lastSequence()) {
      listener.failed(
          writer.batchStored() + 1, batch.lastSequence(), failure("records", notStored));
    }
  }

  private OutboxException failure(String what, IOException cause) {
    return new OutboxException(
        Reason.WRITE_FAILED,
        what
            + " could not be stored in "
            + directory
            + " ("
            + directory.getUsableSpace()
            + " bytes free): "
            + cause,
        cause);
  }

  private synchronized void complete(long request, IOException failed) {
    done = request;
    lastFailure = failed;
    notifyAll();
  }

  private void tellGaps() {
    for (; ; ) {
      GapReport gap;
      synchronized (this) {
        gap = gaps.poll();
        notifyAll();
      }
      if (gap == null) {
        return;
      }
      listener.gap(gap);
      synchronized (this) {
        gapsTold++;
        notifyAll();
      }
    }
  }

  // ---- other threads

  /** Waits until a round that began after this call is over. */
  void round() throws OutboxException {
    synchronized (this) {
      long request = ++asked;
      poke();
      boolean interrupted = false;
      while (done < request && !ended) {
        interrupted |= waitInterrupted();
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
      if (done < request) {
        throw new OutboxException(Reason.CLOSED, "outbox is closed");
      }
    }
  }

  /** What to throw when a round did not bring what it should. */
  synchronized OutboxException failure() {
    return failure("facts", lastFailure);
  }

  void renewProducer() throws OutboxException {
    byte[] old = meta.producerId();
    synchronized (this) {
      renewAsked = true;
    }
    round();
    if (java.util.Arrays.equals(old, meta.producerId())) {
      throw failure();
    }
  }

  /** Returns when the listener knows: what is missing may not be taken for delivered before. */
  synchronized void found(GapReport gap) {
    gaps.add(gap);
    long mine = ++gapsFound;
    poke();
    boolean interrupted = false;
    while (gapsTold < mine && !ended) {
      interrupted |= waitInterrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void poke() {
    ring.poke();
  }

  private boolean waitInterrupted() {
    try {
      wait();
      return false;
    } catch (InterruptedException interrupted) {
      return true;
    }
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.outbox.OutboxException.Reason;
import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import java.io.File;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * The thread "whippet-store", which is there always, or, during a pause, only while there is
 * something to store: takes all that waits, has it written, the most urgent lane first, and tells.
 * Other threads may ask it for one round and wait ({@link #round}); what they want done stands in
 * {@link Facts} or in {@code renewAsked}.
 *
 * <p>Requests and gap reports are guarded by this; no disk and no listener is called under the
 * lock. Who found a gap waits until it is told.
 */
final class Store implements Runnable {
  static final String THREAD_NAME = "whippet-store";

  /** Cursor and spare files are looked after when nothing was sent for so long. */
  private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** With a bound of age, what waits is looked at so often. */
  private static final long AGE_MILLIS = TimeUnit.MINUTES.toMillis(1);

  /** The wait doubles with each failure, so often at most. */
  private static final int IDLE_DOUBLINGS_MAX = 6;

  private final Ring ring;
  private final Writer.Shared shared;
  private final Writer[] writers;
  private final Dropper dropper;
  private final Outbox.Listener listener;
  private final Ring.Batch nothing = new Ring.Batch();

  private final ArrayDeque<GapReport> gaps = new ArrayDeque<>();
  private long gapsFound;
  private long gapsTold;
  private long asked;
  private long done;
  private boolean renewAsked;
  private boolean ended;

  /** Null: it rests. */
  private volatile Thread thread;

  private volatile boolean paused;

  /** There was no room to note a drop. */
  private volatile boolean gapRefused;

  private IOException lastFailure;
  private int idleFailures;
  private long expiredMillis;

  Store(Ring ring, Writer.Shared shared, Writer[] writers, Outbox.Listener listener) {
    this.ring = ring;
    this.shared = shared;
    this.writers = writers;
    this.dropper = new Dropper(shared, writers);
    this.listener = listener;
    nothing.clear();
  }

  // ---- the store thread

  @Override
  public void run() {
    boolean over = true;
    try {
      over = work();
    } catch (RuntimeException | Error broken) {
      ring.close(broken);
      throw broken;
    } finally {
      if (over) {
        end();
      }
    }
  }

  /** Until the outbox is closed (true), or rests (false). */
  private boolean work() {
    for (; ; ) {
      boolean resting = paused;
      Ring.Round round =
          ring.take(resting ? 0 : patience(), resting ? 0 : shared.config.commitIntervalNanos());
      round(round);
      expire();
      if (round.closing) {
        finish();
        return true;
      }
      if (round.timedOut) {
        idleFailures = idle() ? 0 : Math.min(idleFailures + 1, IDLE_DOUBLINGS_MAX);
      }
      if (rests()) {
        return false;
      }
    }
  }

  private synchronized boolean rests() {
    if (paused && !ring.hasWork() && done == asked && gaps.isEmpty()) {
      thread = null;
      return true;
    }
    return false;
  }

  private synchronized void end() {
    dropper.close();
    ended = true;
    notifyAll();
  }

  private long patience() {
    if (wantsIdleWork()) {
      return IDLE_NANOS << idleFailures;
    }
    return shared.config.ageMillisMax() > 0 && backlogRecords() > 0
        ? TimeUnit.MILLISECONDS.toNanos(AGE_MILLIS)
        : -1;
  }

  private long backlogRecords() {
    long records = 0;
    for (Segments channel : shared.channels) {
      records += channel.backlogRecords();
    }
    return records;
  }

  private void round(Ring.Round round) {
    long request;
    boolean renew;
    synchronized (this) {
      request = asked;
      renew = renewAsked;
      renewAsked = false;
    }
    IOException failed = renew ? renew() : null;
    reserve();
    for (int place = 0; place < Channel.LANES; place++) {
      int lane = Channel.laneByUrgency(place);
      for (int channel = 2 * lane; channel < 2 * lane + 2; channel++) {
        if (!round.batches[channel].isEmpty()) {
          IOException notStored = store(channel, round.batches[channel]);
          failed = failed == null ? notStored : failed;
        }
      }
    }
    IOException notStored = facts();
    tellGaps();
    makeRoomForGaps();
    complete(request, failed == null ? notStored : failed);
  }

  /** Stores the records of one channel, and tells. */
  private IOException store(int channel, Ring.Batch batch) {
    Segments segments = shared.channels[channel];
    IOException notStored = null;
    if (batch.count > 0) {
      int from = makeRoom(channel, batch);
      notStored = writers[channel].commit(batch, from);
      if (notStored != null) {
        tellFailed(batch, writers[channel].failedAt(), notStored);
      }
    }
    endDrops();
    for (GapReport refused : batch.refused) {
      listener.gap(refused);
    }
    long last = batch.lastSequence;
    segments.settle(last); // not before: nobody may take them for delivered
    ring.settled(channel);
    listener.stored(last);
    return notStored;
  }

  /** Returns where in the batch the records begin that have room; those before are refused. */
  private int makeRoom(int channel, Ring.Batch batch) {
    int at = Format.COMMIT_BYTES;
    if (shared.config.overflow() != OutboxConfig.Overflow.DROP_OLDEST) {
      return at;
    }
    dropper.makeRoom(Channel.lane(channel), batch.size(), batch.count);
    long bytesOver = dropper.bytesOver();
    long recordsOver = dropper.recordsOver();
    while (at < batch.end && (bytesOver > 0 || recordsOver > 0)) {
      int length = Format.i32(batch.bytes, at);
      bytesOver -= length;
      recordsOver--;
      at += length;
    }
    refuse(batch, at);
    return at;
  }

  /** Nothing less urgent could make room for what stands before {@code end}. */
  private void refuse(Ring.Batch batch, int end) {
    long now = shared.config.nowMillis();
    GapReport all = null;
    for (int at = Format.COMMIT_BYTES; at < end; at += Format.i32(batch.bytes, at)) {
      long sequence = Format.sequence(batch.bytes, at);
      int length = Format.i32(batch.bytes, at);
      GapReport one = GapReport.drop(GapReport.Reason.REFUSED, sequence, sequence, 1, length, now);
      if (all != null && !all.continuesWith(one)) {
        listener.gap(all);
        all = null;
      }
      all = all == null ? one : all.and(one);
    }
    if (all != null) {
      listener.gap(all);
    }
  }

  /** Brings facts that still wait to the disk. */
  private IOException facts() {
    if (shared.facts.pending() == null) {
      return null;
    }
    int channel = 0;
    for (int c = Channel.COUNT - 1; c >= 0; c--) {
      channel = writers[c].isActive() ? c : channel;
    }
    IOException failed = writers[channel].commit(nothing, nothing.end);
    endDrops();
    return failed;
  }

  /** What was dropped may be passed when all gaps are on the disk, and told. */
  private void endDrops() {
    long durable = shared.facts.durable();
    for (GapReport drop = shared.facts.pollGap(); drop != null; drop = shared.facts.pollGap()) {
      listener.gap(drop);
    }
    shared.facts.told(durable);
    if (shared.facts.pending() == null) {
      for (Segments channel : shared.channels) {
        channel.endDrop();
      }
    }
  }

  /** Somebody could not note a drop: forgets gaps that were passed, and lets him try again. */
  private void makeRoomForGaps() {
    if (gapRefused && shared.meta.keep(shared.channels)) {
      gapRefused = false;
      shared.facts.prune(shared.meta);
      listener.stored(shared.channels[0].stored());
    }
  }

  private IOException renew() {
    try {
      shared.meta.renew();
      shared.facts.forgetMarks();
      return null;
    } catch (IOException failed) {
      return failed;
    }
  }

  private void tellFailed(Ring.Batch batch, int from, IOException notStored) {
    OutboxException cause = failure("records", notStored);
    int at = from;
    while (at < batch.end) {
      long first = Format.sequence(batch.bytes, at);
      long last = first;
      at += Format.i32(batch.bytes, at);
      while (at < batch.end && Format.sequence(batch.bytes, at) == last + 1) {
        last++;
        at += Format.i32(batch.bytes, at);
      }
      listener.failed(first, last, cause);
    }
  }

  private OutboxException failure(String what, IOException cause) {
    File directory = shared.config.directory();
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

  // ---- meta, idle, end

  /** Raises the reservations when half of one is used. */
  private void reserve() {
    Meta meta = shared.meta;
    int block = shared.config.sequenceBlock();
    long[] old = new long[Channel.COUNT];
    boolean due = false;
    for (int c = 0; c < Channel.COUNT; c++) {
      old[c] = meta.reserved.get(c);
      long last = ring.lastSequence(c);
      if (old[c] - last < block / 2) {
        meta.reserved.set(c, last + block);
        due = true;
      }
    }
    if (due && !meta.keep(shared.channels)) {
      for (int c = 0; c < Channel.COUNT; c++) {
        meta.reserved.set(c, old[c]);
      }
    }
    ring.reserved(meta);
  }

  /** Once a minute. */
  private void expire() {
    long now = shared.config.nowMillis();
    if (shared.config.ageMillisMax() > 0 && Math.abs(now - expiredMillis) >= AGE_MILLIS) {
      expiredMillis = now;
      dropper.expire(now);
      facts();
      tellGaps();
    }
  }

  private boolean wantsIdleWork() {
    return cursorMoved() || wantsSpare();
  }

  private boolean cursorMoved() {
    for (Segments channel : shared.channels) {
      if (channel.acknowledged() > shared.meta.kept(channel.channel)) {
        return true;
      }
    }
    return false;
  }

  private boolean wantsSpare() {
    boolean active = false;
    for (Writer writer : writers) {
      active |= writer.isActive();
    }
    return active && shared.spares.wantsOne();
  }

  /** Nothing to store for a while: keeps the cursors, makes a file ahead; false if that failed. */
  private boolean idle() {
    ring.rest();
    if (cursorMoved() && !shared.meta.keep(shared.channels)) {
      return false;
    }
    for (Writer writer : writers) {
      writer.recycle();
    }
    if (wantsSpare()) {
      shared.spares.make();
    }
    return true;
  }

  /** The last act: a clean end, with nothing reserved beyond what was used. */
  private void finish() {
    for (int c = 0; c < Channel.COUNT; c++) {
      writers[c].seal();
      shared.meta.reserved.set(c, ring.lastSequence(c));
    }
    shared.meta.clean = true;
    shared.meta.keep(shared.channels); // if that fails, the next open takes it for a crash
  }

  // ---- other threads

  /** Starts the thread if there is none. */
  synchronized void awake() {
    if (thread == null && !ended) {
      thread = new Thread(this, THREAD_NAME);
      thread.setDaemon(true);
      thread.start();
    }
  }

  /** There is no room to note a drop. */
  void gapRefused() {
    gapRefused = true;
    ring.poke();
  }

  /** From now on there is a thread only while there is something to store. */
  void pause() {
    paused = true;
    ring.poke();
  }

  void resume() {
    paused = false;
    awake();
  }

  boolean isPaused() {
    return paused;
  }

  boolean isThread(Thread which) {
    return which == thread;
  }

  /** Waits until everything is stored and the thread has ended; the ring is closed. */
  synchronized void awaitEnd() {
    awake();
    boolean interrupted = false;
    while (!ended) {
      interrupted |= waitInterrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until a round that began after this call is over. */
  void round() throws OutboxException {
    synchronized (this) {
      long request = ++asked;
      ring.poke();
      awake();
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
    byte[] old = shared.meta.producerId();
    synchronized (this) {
      renewAsked = true;
    }
    round();
    if (java.util.Arrays.equals(old, shared.meta.producerId())) {
      throw failure();
    }
  }

  /** Returns when the listener knows: what is missing may not be taken for delivered before. */
  synchronized void found(GapReport gap) {
    gaps.add(gap);
    long mine = ++gapsFound;
    ring.poke();
    awake();
    boolean interrupted = false;
    while (gapsTold < mine && !ended) {
      interrupted |= waitInterrupted();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
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

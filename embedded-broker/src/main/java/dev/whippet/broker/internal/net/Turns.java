package dev.whippet.broker.internal.net;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.concurrent.TimeUnit;

/**
 * Fair shares of one loop's time. A turn is one pass of the loop: its events, then its tasks.
 *
 * <pre>
 *   a connection's bytes arrive    its share is worked on at once
 *   more than its share            it is late: its bytes wait, in the order of the late; with
 *                                  WAITING_BYTES_MAX of them it is not read
 *   newcomers                      are late from the start: accepted ones until they are begun,
 *                                  and what they say until they are logged in
 *   the turn's events are over     the late get a share each, again and again, for LATE_NANOS_MAX
 *   someone is late still          after the next turn's events
 * </pre>
 *
 * <p>So who sends little is served in the turn in which it arrives, whatever others send and
 * however many come and go. The loop reaches its events between two rounds of the late, which a
 * task that adds itself again would prevent. Owner: the loop.
 */
final class Turns {
  /** WebSocket frames and requests of a connection at once: some 50 us of the most costly. */
  static final int STEPS_MAX = 128;

  /** All connections' frames and requests at once in one turn; then shares are smaller. */
  static final int BUSY_STEPS_MIN = 512;

  /** What a connection may do at once in a turn that has done so much. */
  static final int BUSY_STEPS_MAX = 8;

  /** A late connection with more bytes waiting is not read. */
  static final int WAITING_BYTES_MAX = 16 << 10;

  /** Bytes of a connection that are read in one turn, but for what a read brings too much. */
  static final int BYTES_MAX = 1 << 20;

  /** For all that are late, per turn; one share may exceed it. */
  private static final long LATE_NANOS_MAX = 500_000;

  /** Who waits for a share of the loop's time. */
  interface Late {
    /** A share: to be used at once. */
    void goOn();
  }

  private final EventLoop loop;
  private final ArrayDeque<Late> late = new ArrayDeque<>();
  private final Runnable end = this::end;
  private int number;
  private int spent;
  private boolean ending;

  Turns(EventLoop loop) {
    this.loop = loop;
  }

  /** The turn under way: another number, another share. */
  int number() {
    if (!ending) {
      ending = true;
      loop.execute(end);
    }
    return number;
  }

  /** {@link Late#goOn} will be called, once. */
  void add(Late one) {
    late.add(one);
    number();
  }

  private void next() {
    number++;
    spent = 0;
  }

  private void end() {
    next();
    if (!late.isEmpty()) {
      serveLate(); // while it runs, nobody schedules another end
      next();
    }
    ending = !late.isEmpty();
    if (ending) {
      loop.schedule(end, 0, TimeUnit.NANOSECONDS); // a timer is due after the next events only
    }
  }

  private void serveLate() {
    long until = loop.ticker().nanoTime() + LATE_NANOS_MAX;
    Late next;
    while ((next = late.poll()) != null) {
      next.goOn();
      if (loop.ticker().nanoTime() - until >= 0) {
        return;
      }
    }
  }

  /**
   * What one connection may still do in this turn of its loop ({@link Turns}), and the bytes that
   * wait for its next one. Those are counted in the loop's memory; none are held between turns
   * without a flood. Owner: the connection's loop.
   */
  static final class Share {
    private final Loop loop;
    private int turn = -1;
    private int steps;
    private int bytes;
    private boolean late;
    private ByteBuf waiting;
    private long charged;

    Share(Loop loop) {
      this.loop = loop;
    }

    /** Frames and requests that may still be worked on. */
    int steps() {
      int now = loop.turns().number();
      if (now != turn) {
        turn = now;
        renew(loop.turns().spent < BUSY_STEPS_MIN ? STEPS_MAX : BUSY_STEPS_MAX);
      }
      return steps;
    }

    private void renew(int most) {
      steps = most;
      bytes = 0;
    }

    /** Late no more: a new share, before the turn is over. */
    void granted() {
      turn = loop.turns().number();
      late = false;
      renew(STEPS_MAX);
    }

    void spend(int count) {
      steps -= count;
      loop.turns().spent += count;
    }

    /** Bytes arrived; false when they are more than a turn's. */
    boolean arrived(int count) {
      steps();
      bytes += count;
      return bytes <= BYTES_MAX;
    }

    boolean isLate() {
      return late;
    }

    /** True when enough came of one that is late. */
    boolean isFull() {
      return late
          && (bytes > BYTES_MAX || waiting != null && waiting.readableBytes() > WAITING_BYTES_MAX);
    }

    /** Asks for the next share, once. */
    void ask(Late owner) {
      if (!late) {
        late = true;
        loop.turns().add(owner);
      }
    }

    /** What waits, or {@code null}. */
    ByteBuf waiting() {
      return waiting;
    }

    /** Takes all of {@code in}; false when the loop has no memory for it. */
    boolean keep(ByteBuf in, ByteBufAllocator allocator, boolean dispensable) {
      int length = in.readableBytes();
      if (!loop.memory().tryHold(length, dispensable)) {
        return false;
      }
      charged += length;
      if (waiting == null) {
        waiting = allocator.directBuffer(length);
      }
      waiting.discardSomeReadBytes().writeBytes(in);
      return true;
    }

    /** Some of what waited was taken: gives back its memory. */
    void settle() {
      if (waiting != null) {
        int left = waiting.readableBytes();
        loop.memory().dropHeld(charged - left);
        charged = left;
        if (left == 0) {
          waiting.release();
          waiting = null;
        }
      }
    }

    /** Throws away what waits. */
    void drop() {
      if (waiting != null) {
        waiting.skipBytes(waiting.readableBytes());
        settle();
      }
    }
  }
}

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
 *   more than its share            it is late and not read: its bytes wait, in the order of the
 *                                  late
 *   the turn's events are over     the late get a share each, again and again, for LATE_NANOS_MAX
 *   someone is late still          after the next turn's events
 * </pre>
 *
 * <p>So who sends little is served in the turn in which it arrives, whatever others send. The loop
 * reaches its events between two rounds of the late, which a task that adds itself again would
 * prevent. Owner: the loop.
 */
final class Turns {
  /** WebSocket frames and requests of a connection at once: some 50 us of the most costly. */
  static final int STEPS_MAX = 128;

  /** Bytes of a connection that are read in one turn, but for what a read brings too much. */
  static final int BYTES_MAX = 1 << 20;

  /** For all that are late, per turn; one share may exceed it. */
  private static final long LATE_NANOS_MAX = 500_000;

  private final EventLoop loop;
  private final ArrayDeque<Connection> late = new ArrayDeque<>();
  private final Runnable end = this::end;
  private int number;
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

  /** {@link Connection#goOn} will be called with a new share. */
  void add(Connection connection) {
    late.add(connection);
    number();
  }

  private void end() {
    number++;
    if (!late.isEmpty()) {
      serveLate(); // while it runs, nobody schedules another end
      number++;
    }
    ending = !late.isEmpty();
    if (ending) {
      loop.schedule(end, 0, TimeUnit.NANOSECONDS); // a timer is due after the next events only
    }
  }

  private void serveLate() {
    long until = loop.ticker().nanoTime() + LATE_NANOS_MAX;
    Connection next;
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
        renew();
      }
      return steps;
    }

    private void renew() {
      steps = STEPS_MAX;
      bytes = 0;
    }

    /** Late no more: a new share, before the turn is over. */
    void granted() {
      turn = loop.turns().number();
      late = false;
      renew();
    }

    void spend(int count) {
      steps -= count;
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

    /** Asks for the next share, once. */
    void ask(Connection connection) {
      if (!late) {
        late = true;
        loop.turns().add(connection);
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

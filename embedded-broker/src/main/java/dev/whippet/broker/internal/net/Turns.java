package dev.whippet.broker.internal.net;

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
}

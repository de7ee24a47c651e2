package dev.whippet.broker.internal.net;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The connections of one loop, and the one timer that watches those of them that wait for their
 * peer; there is no timer while none does. Owner: the loop, except {@link #load}.
 */
final class Connections {
  private static final int LOOKS_PER_LIMIT = 4;

  private final EventLoop loop;
  private final long lookMillis;
  private final LoopMemory memory;
  private final Set<Connection> open = new HashSet<>();
  private final Set<Connection> watched = new HashSet<>();
  private final AtomicInteger load = new AtomicInteger();
  private final List<Emptied> emptied = new ArrayList<>();
  private boolean looking;

  Connections(EventLoop loop, NetLimits limits, LoopMemory memory) {
    this.loop = loop;
    this.memory = memory;
    memory.whenShort(this::watchUnwritten);
    this.lookMillis = Math.max(1, limits.times().shortest() / LOOKS_PER_LIMIT);
  }

  /** Connections handed to this loop and not yet closed; from any thread. */
  AtomicInteger load() {
    return load;
  }

  void add(Connection connection) {
    open.add(connection);
  }

  void remove(Connection connection) {
    open.remove(connection);
    watched.remove(connection);
    if (!emptied.isEmpty()) {
      List<Emptied> left = List.copyOf(emptied);
      emptied.clear();
      left.forEach(waiting -> whenNone(waiting.listener, waiting.action));
    }
  }

  List<Connection> of(Listener listener) {
    return open.stream().filter(connection -> connection.belongsTo(listener)).toList();
  }

  /** Runs {@code action} as soon as no connection of {@code listener} is open. */
  void whenNone(Listener listener, Runnable action) {
    if (of(listener).isEmpty()) {
      action.run();
    } else {
      emptied.add(new Emptied(listener, action));
    }
  }

  void watch(Connection connection) {
    watched.add(connection);
    if (!looking) {
      looking = true;
      loop.schedule(this::look, lookMillis, TimeUnit.MILLISECONDS);
    }
  }

  /** Looks soon at all that have replies to take: others need the memory. */
  void watchUnwritten() {
    for (Connection connection : open) {
      if (connection.unwrittenBytes() > 0) {
        watch(connection);
      }
    }
  }

  private void look() {
    looking = false;
    if (memory.isShort()) {
      watchUnwritten();
    }
    for (Connection connection : List.copyOf(watched)) {
      if (!connection.watch()) {
        watched.remove(connection);
      }
    }
    Iterator<Connection> first = watched.iterator();
    if (first.hasNext()) {
      watch(first.next());
    }
  }

  private record Emptied(Listener listener, Runnable action) {}
}

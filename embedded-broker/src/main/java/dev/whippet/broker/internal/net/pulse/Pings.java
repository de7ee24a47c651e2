package dev.whippet.broker.internal.net.pulse;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The timer wheel of one loop's pings: an interval in {@link #SLOTS} slots, each with the pulses
 * whose interval ends then, once a round. One timer, for the next slot that has any; none while
 * nobody is pinged. Owner: the loop.
 */
public final class Pings {
  /** The first interval of a connection may be shorter by a part of so many. */
  static final int SLOTS = 32;

  private final EventLoop loop;
  private final long slotNanos;
  private final long beganAt;
  private final List<List<Pulse>> slots = new ArrayList<>(SLOTS);
  private long tick;
  private int count;
  private boolean scheduled;

  public Pings(EventLoop loop, long intervalMillis) {
    this.loop = loop;
    this.slotNanos = TimeUnit.MILLISECONDS.toNanos(intervalMillis) / SLOTS;
    this.beganAt = loop.ticker().nanoTime();
    for (int i = 0; i < SLOTS; i++) {
      slots.add(new ArrayList<>(0));
    }
  }

  void add(Pulse pulse) {
    if (count++ == 0 && !scheduled) {
      tick = tickNow(); // nothing was looked at meanwhile
    }
    pulse.slot = (int) (tickNow() % SLOTS);
    pulse.index = slots.get(pulse.slot).size();
    slots.get(pulse.slot).add(pulse);
    scheduleNext();
  }

  void remove(Pulse pulse) {
    List<Pulse> slot = slots.get(pulse.slot);
    Pulse last = slot.remove(slot.size() - 1);
    if (last != pulse) {
      slot.set(pulse.index, last);
      last.index = pulse.index;
    }
    count--;
  }

  private void look() {
    scheduled = false;
    long now = tickNow();
    for (tick = Math.max(tick, now - SLOTS); tick < now; ) {
      tick++;
      List<Pulse> slot = slots.get((int) (tick % SLOTS));
      for (int i = slot.size() - 1; i >= 0; i--) {
        slot.get(i).intervalOver();
      }
    }
    scheduleNext();
  }

  private void scheduleNext() {
    if (scheduled || count == 0) {
      return;
    }
    long next = tick + 1;
    while (slots.get((int) (next % SLOTS)).isEmpty()) {
      next++;
    }
    scheduled = true;
    long at = beganAt + next * slotNanos;
    loop.schedule(this::look, at - loop.ticker().nanoTime(), TimeUnit.NANOSECONDS);
  }

  private long tickNow() {
    return (loop.ticker().nanoTime() - beganAt) / slotNanos;
  }
}

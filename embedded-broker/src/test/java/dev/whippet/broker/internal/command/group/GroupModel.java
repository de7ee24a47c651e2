package dev.whippet.broker.internal.command.group;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * One group by the letter of iggy-classic.md 6.6, with lists that are searched again and again.
 * Members are known by the number of their connection.
 */
public final class GroupModel {

  /** A member in its slot. */
  public static final class Seat {
    final int connection;
    public final int id;
    public final List<Integer> partitions = new ArrayList<>();
    int turn;

    Seat(int connection, int id) {
      this.connection = connection;
      this.id = id;
    }
  }

  private record Promise(int partition, Seat from, Seat to) {}

  public final TreeMap<Integer, Seat> slots = new TreeMap<>();
  public final Map<Integer, Long> stored = new HashMap<>();
  private final Deque<Integer> freed = new ArrayDeque<>();
  private final List<Promise> promises = new ArrayList<>();
  private final Map<Integer, Long> polled = new HashMap<>();
  int partitions;
  private int end;

  public GroupModel(int partitions) {
    this.partitions = partitions;
  }

  public Seat seat(int connection) {
    return slots.values().stream()
        .filter(seat -> seat.connection == connection)
        .findFirst()
        .orElse(null);
  }

  boolean isLeaving(int partition) {
    return promises.stream().anyMatch(promise -> promise.partition == partition);
  }

  public List<Integer> open(Seat seat) {
    return seat.partitions.stream().filter(partition -> !isLeaving(partition)).toList();
  }

  public void join(int connection) {
    if (seat(connection) == null) {
      int id = slots.values().stream().mapToInt(seat -> seat.id).max().orElse(-1) + 1;
      slots.put(freed.isEmpty() ? end++ : freed.pop(), new Seat(connection, id));
      giveUnassigned();
      promiseSurplus();
    }
    for (Promise promise : List.copyOf(promises)) {
      if (isSettled(promise.partition)) {
        move(promise);
      }
    }
  }

  private void giveUnassigned() {
    Set<Integer> assigned = new HashSet<>();
    slots.values().forEach(seat -> assigned.addAll(seat.partitions));
    List<Seat> empty = slots.values().stream().filter(s -> s.partitions.isEmpty()).toList();
    int next = 0;
    for (int partition = 0; partition < partitions && !empty.isEmpty(); partition++) {
      if (!assigned.contains(partition)) {
        empty.get(next++ % empty.size()).partitions.add(partition);
      }
    }
  }

  private void promiseSurplus() {
    Deque<Seat> idle = new ArrayDeque<>();
    for (Seat seat : slots.values()) {
      if (seat.partitions.isEmpty() && promises.stream().noneMatch(p -> p.to == seat)) {
        idle.add(seat);
      }
    }
    int floor = partitions / slots.size();
    int rest = partitions % slots.size();
    for (Seat seat : slots.values()) {
      int kept = open(seat).size();
      int fair = floor + (rest > 0 ? 1 : 0);
      if (kept > floor && rest > 0) {
        rest--;
      }
      for (; kept > fair && !idle.isEmpty(); kept--) {
        List<Integer> open = open(seat);
        promises.add(new Promise(open.get(open.size() - 1), seat, idle.poll()));
      }
    }
  }

  private boolean isSettled(int partition) {
    Long last = polled.get(partition);
    return last == null || stored.getOrDefault(partition, -1L) >= last;
  }

  private void move(Promise promise) {
    promises.remove(promise);
    promise.from.partitions.remove((Integer) promise.partition);
    promise.to.partitions.add(promise.partition);
  }

  public void leave(int connection) {
    int slot =
        slots.entrySet().stream()
            .filter(entry -> entry.getValue().connection == connection)
            .findFirst()
            .orElseThrow()
            .getKey();
    slots.remove(slot);
    freed.push(slot);
    deal();
  }

  public void resize(int count) {
    partitions = count;
    stored.keySet().removeIf(partition -> partition >= count);
    deal();
  }

  private void deal() {
    promises.clear();
    polled.clear();
    List<Seat> seats = new ArrayList<>(slots.values());
    seats.forEach(seat -> seat.partitions.clear());
    for (int i = 0; i < partitions && !seats.isEmpty(); i++) {
      seats.get(i % seats.size()).partitions.add(i);
    }
  }

  public int next(Seat seat) {
    List<Integer> open = open(seat);
    if (open.isEmpty()) {
      return -1;
    }
    int partition = open.get(seat.turn % open.size());
    seat.turn = (seat.turn + 1) % open.size();
    return partition;
  }

  /** As {@link #next}, but the round stays where it is. */
  public int peek(Seat seat) {
    List<Integer> open = open(seat);
    return open.isEmpty() ? -1 : open.get(seat.turn % open.size());
  }

  public void poll(int partition, long last) {
    polled.put(partition, last);
  }

  public void commit(int partition, long offset) {
    stored.put(partition, offset);
    for (Promise promise : List.copyOf(promises)) {
      if (promise.partition == partition && isSettled(partition)) {
        move(promise);
      }
    }
  }

  public void purge() {
    stored.clear();
    polled.clear();
    List.copyOf(promises).forEach(this::move);
  }

  /** The time for commits is over. */
  public void force() {
    List.copyOf(promises).forEach(this::move);
  }
}

package dev.whippet.broker.walk;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * Named things with ids that are used again, the obvious way: by id, and a stack of freed ids
 * (iggy-classic.md 6.1).
 */
final class IdSlots<T> {
  private final TreeMap<Integer, T> byId = new TreeMap<>();
  private final Deque<Integer> freed = new ArrayDeque<>();
  private final Function<T, String> name;
  private int end;

  IdSlots(Function<T, String> name) {
    this.name = name;
  }

  int add(T value) {
    int id = freed.isEmpty() ? end++ : freed.pop();
    byId.put(id, value);
    return id;
  }

  void remove(int id) {
    byId.remove(id);
    freed.push(id);
  }

  T get(int id) {
    return byId.get(id);
  }

  /** The id of what has this name; -1 when nothing has. */
  int idOf(String wanted) {
    for (int id : byId.keySet()) {
      if (name.apply(byId.get(id)).equals(wanted)) {
        return id;
      }
    }
    return -1;
  }

  Collection<Integer> ids() {
    return byId.keySet();
  }

  int size() {
    return byId.size();
  }

  /** Any id in use; -1 when none is. */
  int any(Random random) {
    List<Integer> ids = new ArrayList<>(byId.keySet());
    return ids.isEmpty() ? -1 : ids.get(random.nextInt(ids.size()));
  }
}

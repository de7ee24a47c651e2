package dev.whippet.broker.internal.catalog;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * Named entries in numbered slots, immutable: every change is a new table. A freed slot is used
 * again before a new one is added, the most recently freed first (iggy-classic.md 6.1).
 *
 * <pre>
 *   entries   0: a   1: -   2: c   3: -        free (a stack)   3, 1   so the next id is 1
 * </pre>
 *
 * <p>Safe on any thread. A change copies the list of entries: thousands of them, not millions.
 */
public final class Slots<T extends Slots.Entry> {

  /** What a slot holds: an id, unique while it lives, and a name, unique in the table. */
  public interface Entry {
    /** The slot's number. */
    int id();

    /** The name, compared byte by byte. */
    String name();
  }

  private static final int[] NONE = {};

  private final List<T> entries;
  private final int[] free;

  /** Shared with the table before, as long as no name changes. */
  private final NameIndex byName;

  private Slots(List<T> entries, int[] free, NameIndex byName) {
    this.entries = entries;
    this.free = free;
    this.byName = byName;
  }

  static <T extends Entry> Slots<T> empty() {
    return new Slots<>(Collections.emptyList(), NONE, NameIndex.EMPTY);
  }

  /** The entry in slot {@code id} (unsigned), or {@code null}. */
  public T get(int id) {
    return id >= 0 && id < entries.size() ? entries.get(id) : null;
  }

  /** The entry called {@code name}, or {@code null}. */
  public T get(String name) {
    int id = byName.get(name);
    return id == NameIndex.NONE ? null : entries.get(id);
  }

  /** How many entries there are. */
  public int size() {
    return byName.size();
  }

  /** All entries, ascending by id. */
  public List<T> all() {
    List<T> all = new ArrayList<>(byName.size());
    for (T entry : entries) {
      if (entry != null) {
        all.add(entry);
      }
    }
    return all;
  }

  /** The id that the next new entry gets. */
  int nextId() {
    return free.length > 0 ? free[free.length - 1] : entries.size();
  }

  /** The free slots, the next one last. */
  int[] free() {
    return free.clone();
  }

  /** Adds {@code entry} to its slot, which is free or new, under a name not in use. */
  Slots<T> plus(T entry) {
    int id = entry.id();
    if (id < 0 || get(id) != null || get(entry.name()) != null) {
      throw new IllegalArgumentException("slot " + id + " or its name is taken: " + entry.name());
    }
    List<T> more = new ArrayList<>(Math.max(entries.size(), id + 1));
    more.addAll(entries);
    int[] stillFree = without(free, id);
    while (more.size() <= id) {
      if (more.size() < id) {
        stillFree = with(stillFree, more.size());
      }
      more.add(null);
    }
    more.set(id, entry);
    return new Slots<>(more, stillFree, byName.plus(entry.name(), id));
  }

  /** Puts {@code entry} in the place of the one with its id; the name may be another. */
  Slots<T> replaced(T entry) {
    T old = present(entry.id());
    List<T> same = new ArrayList<>(entries);
    same.set(entry.id(), entry);
    if (entry.name().equals(old.name())) {
      return new Slots<>(same, free, byName);
    }
    if (get(entry.name()) != null) {
      throw new IllegalArgumentException("name is taken: " + entry.name());
    }
    return new Slots<>(same, free, byName.minus(old.name()).plus(entry.name(), entry.id()));
  }

  /** Every entry replaced by what {@code change} makes of it; ids and names stay. */
  Slots<T> mapped(UnaryOperator<T> change) {
    List<T> same = new ArrayList<>(entries.size());
    for (T entry : entries) {
      same.add(entry == null ? null : change.apply(entry));
    }
    return new Slots<>(same, free, byName);
  }

  /** Frees slot {@code id}. */
  Slots<T> minus(int id) {
    T old = present(id);
    List<T> fewer = new ArrayList<>(entries);
    fewer.set(id, null);
    return new Slots<>(fewer, with(free, id), byName.minus(old.name()));
  }

  /** The same entries with this order of free slots, the next one last (recovery). */
  Slots<T> withFree(int[] order) {
    List<T> same = new ArrayList<>(entries);
    for (int id : order) {
      if (id < 0 || get(id) != null) {
        throw new IllegalArgumentException("slot " + id + " is not free");
      }
      while (same.size() <= id) {
        same.add(null);
      }
    }
    if (order.length != same.size() - byName.size()) {
      throw new IllegalArgumentException("free slots: " + Arrays.toString(order));
    }
    return new Slots<>(same, order.clone(), byName);
  }

  private T present(int id) {
    T entry = get(id);
    if (entry == null) {
      throw new IllegalArgumentException("slot " + id + " is free");
    }
    return entry;
  }

  private static int[] with(int[] stack, int id) {
    int[] more = Arrays.copyOf(stack, stack.length + 1);
    more[stack.length] = id;
    return more;
  }

  private static int[] without(int[] stack, int id) {
    return stack.length == 0 ? stack : Arrays.stream(stack).filter(each -> each != id).toArray();
  }
}

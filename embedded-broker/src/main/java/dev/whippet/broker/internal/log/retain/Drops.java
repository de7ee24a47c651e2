package dev.whippet.broker.internal.log.retain;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The account of what retention dropped since the start: sums by reason, and for each partition and
 * reason the range, newest last; at most {@value #RANGES_MAX} ranges, the one longest without a
 * drop goes. Any thread; guarded by {@code this}.
 */
public final class Drops {

  /** Ranges kept; the sums count everything. */
  public static final int RANGES_MAX = 1_000;

  private record Key(long incarnation, Drop.Reason reason) {}

  private final Map<Drop.Reason, Drop.Size> sums = new EnumMap<>(Drop.Reason.class);
  private final Map<Key, Drop> ranges = new LinkedHashMap<>();

  public synchronized void add(Drop drop) {
    sums.merge(drop.reason(), drop.size(), Drop.Size::plus);
    Key key = new Key(drop.incarnation(), drop.reason());
    Drop before = ranges.remove(key);
    ranges.put(key, before == null ? drop : before.plus(drop));
    if (ranges.size() > RANGES_MAX) {
      Iterator<Key> oldest = ranges.keySet().iterator();
      oldest.next();
      oldest.remove();
    }
  }

  /** What went for this reason. */
  public synchronized Drop.Size sum(Drop.Reason reason) {
    return sums.getOrDefault(reason, Drop.Size.NOTHING);
  }

  /** The ranges, the one with the newest drop last. */
  public synchronized List<Drop> ranges() {
    return new ArrayList<>(ranges.values());
  }
}

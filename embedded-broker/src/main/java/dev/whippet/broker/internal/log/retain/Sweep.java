package dev.whippet.broker.internal.log.retain;

import dev.whippet.broker.internal.log.space.DiskBudget;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;

/**
 * Decides, once, which segments go: of each partition the oldest ones, never the one that is
 * written to. The rules, in this order:
 *
 * <ol>
 *   <li>expiry: a segment whose newest message has outlived its topic's expiry
 *   <li>topic size: while a topic is above its maximum, its oldest segment
 *   <li>retention size: while all segments take up too much, the oldest of all
 *   <li>free space: while too little of the disk is free, the oldest of all
 * </ol>
 *
 * A segment that some consumer has not read to its end is protected from the first two up to an
 * age; the last two take it when nothing else is left. Where no sealed segment is left either,
 * partitions are asked to end the largest segment they write to. No more goes than asked for, to
 * one segment. Pure: no clock, no I/O. Not thread-safe.
 */
public final class Sweep {

  /**
   * One decision.
   *
   * @param below segments that end at or below this offset go
   */
  public record Order(long incarnation, long below, Drop.Reason reason) {}

  /** One partition and how much of it goes. */
  private static final class Row {
    final Shelf shelf;
    int taken;
    long takenRecords;

    Row(Shelf shelf) {
      this.shelf = shelf;
    }

    SealedSegment head() {
      return taken < shelf.sealed().size() ? shelf.sealed().get(taken) : null;
    }
  }

  private final long nowMicros;
  private final long protectedMicros;
  private final List<Row> rows = new ArrayList<>();
  private final Map<Long, List<Order>> orders = new HashMap<>();
  private final List<Long> toSeal = new ArrayList<>();
  private long takenBytes;

  /**
   * @param protectedMicros age up to which an unread message is protected from its topic's limits
   */
  public Sweep(long nowMicros, long protectedMicros, List<Shelf> shelves) {
    this.nowMicros = nowMicros;
    this.protectedMicros = protectedMicros;
    shelves.forEach(shelf -> rows.add(new Row(shelf)));
  }

  /**
   * Applies the rules; once.
   *
   * @param sizeExcess bytes of segments above their bound
   * @param freeExcess bytes missing to the free space that is wanted
   * @return what goes, for each partition in ascending order
   */
  public List<Order> run(long sizeExcess, long freeExcess) {
    rows.forEach(this::expire);
    shrinkTopics();
    shrink(sizeExcess, Drop.Reason.RETENTION_SIZE);
    shrink(freeExcess, Drop.Reason.DISK_FREE);
    if (orders.isEmpty()) {
      sealLargest(Math.max(sizeExcess, freeExcess));
    }
    List<Order> all = new ArrayList<>();
    orders.values().forEach(all::addAll);
    return all;
  }

  /** Partitions that should begin a new segment, so that what they write to now may go. */
  public List<Long> toSeal() {
    return toSeal;
  }

  private void expire(Row row) {
    Retention retention = row.shelf.retention();
    while (row.head() != null
        && retention.isExpired(row.head().newestMicros(), nowMicros)
        && !isProtected(row)) {
      take(row, Drop.Reason.EXPIRED);
    }
  }

  private void shrinkTopics() {
    Map<DiskBudget, List<Row>> topics = new IdentityHashMap<>();
    for (Row row : rows) {
      if (row.shelf.retention().topic().excess() > 0) {
        topics.computeIfAbsent(row.shelf.retention().topic(), t -> new ArrayList<>()).add(row);
      }
    }
    topics.forEach(
        (budget, ofTopic) -> {
          long excess = budget.excess();
          for (Row row : ofTopic) {
            excess -= row.takenRecords;
          }
          PriorityQueue<Row> oldest = oldestFirst();
          ofTopic.stream().filter(row -> isTakeable(row, false)).forEach(oldest::add);
          while (excess > 0 && !oldest.isEmpty()) {
            Row row = oldest.poll();
            excess -= row.head().recordBytes();
            take(row, Drop.Reason.TOPIC_SIZE);
            if (isTakeable(row, false)) {
              oldest.add(row);
            }
          }
        });
  }

  private void shrink(long excess, Drop.Reason reason) {
    for (boolean unread : new boolean[] {false, true}) {
      if (excess <= takenBytes) {
        return;
      }
      PriorityQueue<Row> oldest = oldestFirst();
      rows.stream().filter(row -> isTakeable(row, unread)).forEach(oldest::add);
      while (excess > takenBytes && !oldest.isEmpty()) {
        Row row = oldest.poll();
        take(row, reason);
        if (isTakeable(row, unread)) {
          oldest.add(row);
        }
      }
    }
  }

  private void sealLargest(long excess) {
    long missing = excess;
    List<Row> largest = new ArrayList<>(rows);
    largest.sort(Comparator.comparingLong((Row row) -> row.shelf.newestBytes()).reversed());
    for (Row row : largest) {
      if (missing <= 0 || row.shelf.newestBytes() == 0) {
        return;
      }
      missing -= row.shelf.newestBytes();
      toSeal.add(row.shelf.incarnation());
    }
  }

  private static PriorityQueue<Row> oldestFirst() {
    return new PriorityQueue<>(Comparator.comparingLong(row -> row.head().newestMicros()));
  }

  private boolean isTakeable(Row row, boolean unread) {
    return row.head() != null && (unread || !isProtected(row));
  }

  private boolean isProtected(Row row) {
    return row.head().end() > row.shelf.consumedTo()
        && nowMicros - row.head().newestMicros() < protectedMicros;
  }

  private void take(Row row, Drop.Reason reason) {
    SealedSegment segment = row.head();
    row.taken++;
    row.takenRecords += segment.recordBytes();
    takenBytes += segment.fileBytes();
    List<Order> ofRow =
        orders.computeIfAbsent(row.shelf.incarnation(), incarnation -> new ArrayList<>());
    Order last = ofRow.isEmpty() ? null : ofRow.get(ofRow.size() - 1);
    if (last != null && last.reason() == reason) {
      ofRow.remove(ofRow.size() - 1);
    }
    ofRow.add(new Order(row.shelf.incarnation(), segment.end(), reason));
  }
}

package dev.whippet;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receipts that have a listener, until they end: two maps by sequence, one for what is to be
 * stored, one for what is to be delivered. Guarded by its {@link Progress}.
 */
final class ListenerShelf {
  private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);

  private final TreeMap<Long, Held> queued = new TreeMap<>();
  private final TreeMap<Long, Held> stored = new TreeMap<>();

  /** One receipt with its listener. */
  static final class Held {
    final Receipt receipt;
    final ReceiptListener listener;

    Held(Receipt receipt, ReceiptListener listener) {
      this.receipt = receipt;
      this.listener = listener;
    }

    void tell() {
      try {
        listener.changed(receipt);
      } catch (RuntimeException e) {
        LOG.warn("A receipt listener threw for sequence {}", receipt.sequence(), e);
      }
    }
  }

  boolean isEmpty() {
    return queued.isEmpty() && stored.isEmpty();
  }

  void put(Receipt receipt, ReceiptListener listener) {
    queued.put(receipt.sequence(), new Held(receipt, listener));
  }

  /** Moves what changed and adds it to {@code due}: ended receipts leave, stored ones move over. */
  void collect(Progress progress, long storedUpTo, long deliveredUpTo, List<Held> due) {
    while (!stored.isEmpty() && stored.firstKey() <= deliveredUpTo) {
      due.add(stored.pollFirstEntry().getValue());
    }
    while (!queued.isEmpty() && queued.firstKey() <= storedUpTo) {
      Map.Entry<Long, Held> entry = queued.pollFirstEntry();
      due.add(entry.getValue());
      if (entry.getKey() > deliveredUpTo && progress.dropped(entry.getKey()) == null) {
        stored.put(entry.getKey(), entry.getValue());
      }
    }
  }

  /** Takes out the receipts of a dropped range. */
  void collectDropped(Gap gap, List<Held> due) {
    take(queued, gap, due);
    take(stored, gap, due);
  }

  private static void take(TreeMap<Long, Held> from, Gap gap, List<Held> due) {
    Map<Long, Held> range = from.subMap(gap.firstSequence(), true, gap.lastSequence(), true);
    due.addAll(range.values());
    range.clear();
  }
}

package dev.whippet;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * How far the messages of one outbox got: the truth behind every {@link Receipt}. Two marks
 * (stored, delivered) move up; a bounded memory of exceptions answers for the rest.
 *
 * <ul>
 *   <li>Dropped ranges: the newest {@link #DROPS_MAX}; an older one reads as delivered.
 *   <li>Guarantees: the newest {@link #GUARANTEES_MAX} changes; what is older reads as {@link
 *       Guarantee#AT_LEAST_ONCE}, the weaker one.
 *   <li>Receipts with a listener: held until they end, ordered by sequence; the outbox's bound of
 *       records is their bound.
 * </ul>
 *
 * <p>Everything is guarded by {@code this}; listeners are called without the lock.
 */
final class Progress {
  static final int DROPS_MAX = 1_024;
  static final int GUARANTEES_MAX = 64;

  private final ListenerShelf shelf = new ListenerShelf();
  private final ArrayDeque<Gap> drops = new ArrayDeque<>();
  private final ArrayDeque<Change> guarantees = new ArrayDeque<>();
  private long stored;
  private long delivered;
  private WhippetException end;
  private WhippetException undeliverable;

  Progress(long stored, long delivered) {
    this.stored = stored;
    this.delivered = delivered;
  }

  /** From a sequence on, this was promised. */
  private static final class Change {
    final long fromSequence;
    final Guarantee guarantee;

    Change(long fromSequence, Guarantee guarantee) {
      this.fromSequence = fromSequence;
      this.guarantee = guarantee;
    }
  }

  synchronized Receipt.State state(long sequence) {
    if (dropped(sequence) != null) {
      return Receipt.State.DROPPED;
    }
    if (sequence <= delivered) {
      return Receipt.State.DELIVERED;
    }
    return sequence <= stored ? Receipt.State.STORED : Receipt.State.QUEUED;
  }

  synchronized Guarantee guarantee(long sequence) {
    if (state(sequence) != Receipt.State.DELIVERED) {
      return null;
    }
    Guarantee found = Guarantee.AT_LEAST_ONCE;
    for (Change change : guarantees) {
      if (change.fromSequence <= sequence) {
        found = change.guarantee;
      }
    }
    return found;
  }

  synchronized Gap dropped(long sequence) {
    for (Gap gap : drops) {
      if (sequence >= gap.firstSequence() && sequence <= gap.lastSequence()) {
        return gap;
      }
    }
    return null;
  }

  /** See {@link Receipt#awaitStored} and {@link Receipt#awaitDelivered}. */
  synchronized boolean await(long sequence, Receipt.State wanted, long timeoutNanos)
      throws InterruptedException {
    long deadline = System.nanoTime() + timeoutNanos;
    while (true) {
      Receipt.State state = state(sequence);
      if (state == Receipt.State.DROPPED) {
        return false;
      }
      if (state.compareTo(wanted) >= 0) {
        return true;
      }
      WhippetException failure =
          end == null && wanted == Receipt.State.DELIVERED ? undeliverable : end;
      if (failure != null) {
        throw new WhippetException(failure.code(), failure.status(), failure.getMessage(), failure);
      }
      long left = deadline - System.nanoTime();
      if (left <= 0) {
        return false;
      }
      // Rounded up, so that the last wait does not become an endless one of 0.
      wait(TimeUnit.NANOSECONDS.toMillis(left) + 1);
    }
  }

  /** Holds a receipt until it ends, and tells its listener what happened already. */
  void watch(Receipt receipt, ReceiptListener listener) {
    synchronized (this) {
      shelf.put(receipt, listener);
    }
    tell();
  }

  void stored(long upTo) {
    synchronized (this) {
      stored = Math.max(stored, upTo);
      notifyAll();
    }
    tell();
  }

  void delivered(long upTo, Guarantee guarantee) {
    synchronized (this) {
      if (upTo <= delivered) {
        return;
      }
      if (guarantees.isEmpty() || guarantees.getLast().guarantee != guarantee) {
        if (guarantees.size() == GUARANTEES_MAX) {
          guarantees.removeFirst();
        }
        guarantees.add(new Change(delivered + 1, guarantee));
      }
      delivered = upTo;
      stored = Math.max(stored, upTo);
      notifyAll();
    }
    tell();
  }

  /** Records that are gone. Gaps of other kinds do not change a receipt. */
  void dropped(Gap gap) {
    List<ListenerShelf.Held> due = new ArrayList<>();
    synchronized (this) {
      if (drops.size() == DROPS_MAX) {
        drops.removeFirst();
      }
      drops.add(gap);
      shelf.collectDropped(gap, due);
      notifyAll();
    }
    tell(due);
  }

  /** Nothing is delivered any more, what is stored stays stored. */
  synchronized void undeliverable(WhippetException cause) {
    undeliverable = cause;
    notifyAll();
  }

  /** Nothing moves any more. */
  synchronized void end(WhippetException cause) {
    if (end == null) {
      end = cause;
    }
    notifyAll();
  }

  private void tell() {
    List<ListenerShelf.Held> due = new ArrayList<>();
    synchronized (this) {
      if (!shelf.isEmpty()) {
        shelf.collect(this, stored, delivered, due);
      }
    }
    tell(due);
  }

  private static void tell(List<ListenerShelf.Held> due) {
    for (int i = 0; i < due.size(); i++) {
      due.get(i).tell();
    }
  }
}

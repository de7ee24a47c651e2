package dev.whippet;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.segment.Channel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One sent message's way, asked at any time from any thread. A receipt holds no more than a
 * sequence: its state is derived from how far the outbox and the server got, so that receipts of
 * millions of queued messages cost nothing once the application lets go of them.
 */
public final class Receipt {
  private final Progress progress;
  private final long sequence;

  Receipt(Progress progress, long sequence) {
    this.progress = progress;
    this.sequence = sequence;
  }

  /**
   * Told about one message's way. A receipt with a listener is kept in memory until the message is
   * delivered or dropped, one without is not: prefer receipts without listeners for large backlogs.
   */
  public interface Listener {
    /**
     * The message was stored, delivered or dropped: see {@link Receipt#state()}. Called at most
     * once per state, on the client's own threads: be quick, never block.
     *
     * @param receipt of the message
     */
    void changed(Receipt receipt);
  }

  /** How far a message got. */
  public enum State {
    /** Accepted into memory; lost if the process dies now. */
    QUEUED,
    /** On the device's stable storage; it survives a crash and a power cut. */
    STORED,
    /** Acknowledged by the server. */
    DELIVERED,
    /** Given up, with a {@link Gap} that says why. */
    DROPPED
  }

  /**
   * The message's sequence. With an outbox identity it names a message for ever. It rises by at
   * least one from message to message of a lane, also over restarts, until the lane changes its
   * channel (see {@link WhippetClient.Builder#freshShare}): the upper 16 bits are the channel, the
   * lower 48 the number in it; for messages of the normal lane it is just the number at first.
   *
   * @return at least 1
   */
  public long sequence() {
    return sequence;
  }

  /**
   * The message's lane.
   *
   * @return never null
   */
  public Message.Lane lane() {
    return Message.Lane.of(sequence);
  }

  /**
   * How far the message got.
   *
   * @return never null
   */
  public State state() {
    return progress.state(sequence);
  }

  /**
   * What the server could promise about this message.
   *
   * @return null unless the state is {@link State#DELIVERED}
   */
  public Guarantee guarantee() {
    return progress.guarantee(sequence);
  }

  /**
   * Why the message was dropped.
   *
   * @return null unless the state is {@link State#DROPPED}
   */
  public Gap gap() {
    return progress.dropped(sequence);
  }

  /**
   * Waits until the message is on stable storage (or further). May block; never call it on the
   * client's own threads.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out or the message was dropped
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the outbox failed or the client was closed before
   */
  public boolean awaitStored(long timeout, TimeUnit unit) throws InterruptedException {
    return progress.await(sequence, State.STORED, unit.toMillis(timeout));
  }

  /**
   * Waits until the server acknowledged the message. May block; never call it on the client's own
   * threads.
   *
   * @param timeout how long to wait at most
   * @param unit of the timeout
   * @return false if the time ran out or the message was dropped
   * @throws InterruptedException if the thread was interrupted
   * @throws WhippetException if the outbox failed or was fenced, or the client was closed before
   */
  public boolean awaitDelivered(long timeout, TimeUnit unit) throws InterruptedException {
    return progress.await(sequence, State.DELIVERED, unit.toMillis(timeout));
  }

  @Override
  public String toString() {
    return "Receipt{sequence " + sequence + ", " + state() + "}";
  }

  /**
   * How far the messages of one outbox got: the truth behind every {@link Receipt}. Two marks for
   * each channel (stored, delivered) move up; a bounded memory of exceptions answers for the rest.
   *
   * <ul>
   *   <li>Dropped ranges: the newest {@link #DROPS_MAX}; an older one reads as delivered.
   *   <li>Guarantees: the newest {@link #GUARANTEES_MAX} changes of a channel; what is older reads
   *       as {@link Guarantee#AT_LEAST_ONCE}, the weaker one.
   *   <li>Receipts with a listener: held until they end, ordered by sequence; the outbox's bound of
   *       records is their bound.
   * </ul>
   *
   * <p>Everything is guarded by {@code this}; listeners are called without the lock.
   */
  static final class Progress {
    private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);

    static final int DROPS_MAX = 1_024;
    static final int GUARANTEES_MAX = 64;

    private final ArrayDeque<Gap> drops = new ArrayDeque<>();
    private final Way[] ways = new Way[Channel.COUNT];
    private WhippetException end;
    private WhippetException undeliverable;

    Progress() {
      for (int c = 0; c < Channel.COUNT; c++) {
        ways[c] = new Way(Channel.base(c));
      }
    }

    /** One channel. Guarded by the progress. */
    private static final class Way {
      final Shelf shelf = new Shelf();
      final ArrayDeque<Change> guarantees = new ArrayDeque<>();
      long stored;
      long delivered;

      Way(long base) {
        stored = base;
        delivered = base;
      }
    }

    private Way way(long sequence) {
      return ways[Channel.of(sequence)];
    }

    /** Where the outbox stands when it was opened. */
    synchronized void opened(Outbox outbox) {
      for (int c = 0; c < Channel.COUNT; c++) {
        ways[c].stored = outbox.storedSequence(c);
        ways[c].delivered = outbox.acknowledgedSequence(c);
      }
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
      if (sequence <= way(sequence).delivered) {
        return Receipt.State.DELIVERED;
      }
      return sequence <= way(sequence).stored ? Receipt.State.STORED : Receipt.State.QUEUED;
    }

    synchronized Guarantee guarantee(long sequence) {
      if (state(sequence) != Receipt.State.DELIVERED) {
        return null;
      }
      Guarantee found = Guarantee.AT_LEAST_ONCE;
      for (Change change : way(sequence).guarantees) {
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
    synchronized boolean await(long sequence, Receipt.State wanted, long timeoutMillis)
        throws InterruptedException {
      long deadline = Clock.SYSTEM.millis() + timeoutMillis;
      while (true) {
        Receipt.State state = state(sequence);
        if (state.compareTo(wanted) >= 0) {
          return state != Receipt.State.DROPPED;
        }
        if (!waited(wanted, deadline)) {
          return false;
        }
      }
    }

    /** Waits until everything up to these sequences, one a channel, is delivered or dropped. */
    synchronized boolean awaitAll(long[] sequences, long timeoutMillis)
        throws InterruptedException {
      long deadline = Clock.SYSTEM.millis() + timeoutMillis;
      while (!isPassed(sequences)) {
        if (!waited(Receipt.State.DELIVERED, deadline)) {
          return false;
        }
      }
      return true;
    }

    private boolean isPassed(long[] sequences) {
      for (int c = 0; c < Channel.COUNT; c++) {
        if (sequences[c] > ways[c].delivered) {
          return false;
        }
      }
      return true;
    }

    /** False: the time is over. */
    private boolean waited(Receipt.State wanted, long deadline) throws InterruptedException {
      WhippetException failure =
          end == null && wanted == Receipt.State.DELIVERED ? undeliverable : end;
      if (failure != null) {
        throw new WhippetException(failure.code(), failure.status(), failure.getMessage(), failure);
      }
      long left = deadline - Clock.SYSTEM.millis();
      if (left > 0) {
        TimeUnit.MILLISECONDS.timedWait(this, left);
      }
      return left > 0;
    }

    /** Holds a receipt until it ends, and tells its listener what happened already. */
    void watch(Receipt receipt, Listener listener) {
      synchronized (this) {
        way(receipt.sequence()).shelf.put(receipt, listener);
      }
      tell();
    }

    void stored(long upTo) {
      synchronized (this) {
        way(upTo).stored = Math.max(way(upTo).stored, upTo);
        notifyAll();
      }
      tell();
    }

    void delivered(long upTo, Guarantee guarantee) {
      synchronized (this) {
        Way way = way(upTo);
        ArrayDeque<Change> guarantees = way.guarantees;
        if (upTo <= way.delivered) {
          return;
        }
        if (guarantees.isEmpty() || guarantees.getLast().guarantee != guarantee) {
          if (guarantees.size() == GUARANTEES_MAX) {
            guarantees.removeFirst();
          }
          guarantees.add(new Change(way.delivered + 1, guarantee));
        }
        way.delivered = upTo;
        way.stored = Math.max(way.stored, upTo);
        notifyAll();
      }
      tell();
    }

    /** Records that are gone. Gaps of other kinds do not change a receipt. */
    void dropped(Gap gap) {
      List<Shelf.Held> due = new ArrayList<>();
      synchronized (this) {
        if (drops.size() == DROPS_MAX) {
          drops.removeFirst();
        }
        drops.add(gap);
        way(gap.firstSequence()).shelf.collectDropped(gap, due);
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
      List<Shelf.Held> due = new ArrayList<>();
      synchronized (this) {
        for (Way way : ways) {
          if (!way.shelf.isEmpty()) {
            way.shelf.collect(this, way.stored, way.delivered, due);
          }
        }
      }
      tell(due);
    }

    private static void tell(List<Shelf.Held> due) {
      for (int i = 0; i < due.size(); i++) {
        due.get(i).tell();
      }
    }

    /**
     * Receipts that have a listener, until they end: two maps by sequence, one for what is to be
     * stored, one for what is to be delivered. Guarded by the progress.
     */
    private static final class Shelf {
      private final TreeMap<Long, Held> queued = new TreeMap<>();
      private final TreeMap<Long, Held> stored = new TreeMap<>();

      /** One receipt with its listener. */
      static final class Held {
        final Receipt receipt;
        final Listener listener;

        Held(Receipt receipt, Listener listener) {
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

      void put(Receipt receipt, Listener listener) {
        queued.put(receipt.sequence(), new Held(receipt, listener));
      }

      /**
       * Moves what changed and adds it to {@code due}: ended receipts leave, stored ones move over.
       */
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
  }
}

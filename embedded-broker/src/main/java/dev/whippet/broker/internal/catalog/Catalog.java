package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsRemoved;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.journal.Journal;
import dev.whippet.broker.internal.log.journal.JournalRecovery;
import dev.whippet.broker.internal.log.journal.Reserve;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * Streams, topics, users and producers' openings, kept in the journal {@code catalog}. A change is
 * durable before anyone sees it and before it is answered.
 *
 * <pre>
 *   latest()   what changes are checked against: durable or not    loop 0 only
 *   visible()  what is durable: what everybody reads               any thread, never waits
 *
 *   commit:    latest moves  -->  journal  -->  visible moves  -->  done
 * </pre>
 *
 * <p>A refusal that rests on {@code latest()} (a name in use) is answered after {@link #settle}, so
 * that it never tells of something that a crash could still undo. When the journal fails, so do all
 * changes under way, and {@code latest()} falls back to {@code visible()}. On a full disk streams,
 * topics and partitions can still be deleted and purged, and whatever takes something away from a
 * user goes, too, each out of its own share of the journal's {@link Reserve}.
 */
public final class Catalog {

  private static final String JOURNAL = "catalog";

  private final Producers producers;
  private final List<String> findings;
  private final Deque<CatalogState> underWay = new ArrayDeque<>();
  private final Deque<Waiting> unsettled = new ArrayDeque<>();
  private volatile CatalogState visible;
  private CatalogState latest;
  private long proposals;
  private long settled;
  private LogFailure lastFailure;
  private Journal journal;

  private Catalog(CatalogState state, Producers producers, List<String> findings) {
    this.visible = state;
    this.latest = state;
    this.producers = producers;
    this.findings = findings;
  }

  /** A callback that waits until this many proposals are settled. */
  private record Waiting(long proposals, LogCallback<Void> done) {}

  /** What {@code recover} found; {@code open} goes on from it. */
  public static final class Recovered {
    private final JournalRecovery journal;
    private final Catalog catalog;

    private Recovered(JournalRecovery journal, Catalog catalog) {
      this.journal = journal;
      this.catalog = catalog;
    }

    /** Streams and topics as of the last durable change. */
    public CatalogState state() {
      return catalog.latest;
    }

    /** Entries that could not be applied, each in words; empty on a sound disk. */
    public List<String> findings() {
      return List.copyOf(catalog.findings);
    }
  }

  /** Replays the journal in {@code directory}. Blocks: start-up thread only. */
  public static Recovered recover(BlockingFiles disk, Path directory, Consumer<Damage> damage) {
    JournalRecovery journal = Journal.recover(disk, directory, JOURNAL, damage);
    return new Recovered(journal, replay(journal.entries()));
  }

  /**
   * Makes what was recovered writable. Before the loops serve anyone.
   *
   * @param nextIncarnation new partitions get this incarnation or a higher one: above everything
   *     found on disk, should the journal have lost an entry
   */
  public static Catalog open(LogLoop loopZero, Recovered recovered, long nextIncarnation) {
    Catalog catalog = recovered.catalog;
    CatalogChange floor = new IncarnationFloor(nextIncarnation);
    boolean raised = nextIncarnation > catalog.latest.nextIncarnation();
    catalog.latest = catalog.latest.with(floor);
    catalog.visible = catalog.latest;
    catalog.journal = Journal.open(loopZero, recovered.journal, catalog::snapshot);
    if (raised) { // what tells of it now may be gone at the next start
      catalog.journal.append(CatalogEntry.encode(floor), (nothing, failure) -> {});
    }
    return catalog;
  }

  private static Catalog replay(List<byte[]> entries) {
    Replay replay = new Replay();
    for (byte[] entry : entries) {
      replay.apply(entry);
    }
    return new Catalog(replay.state, replay.producers, replay.findings);
  }

  /** What is durable. Any thread. */
  public CatalogState visible() {
    return visible;
  }

  /** What changes are checked against. Loop 0. */
  public CatalogState latest() {
    return latest;
  }

  /** Who may publish. */
  public Producers producers() {
    return producers;
  }

  /** Why nothing can be changed, or {@code null}. Any thread. */
  public String readOnlyReason() {
    return journal.readOnlyReason();
  }

  /**
   * Makes {@code change}, made from {@link #latest}, durable, then visible. {@code beforeVisible}
   * runs in between: what must be there when the first reader comes. Loop 0.
   */
  public void commit(CatalogChange change, Runnable beforeVisible, LogCallback<Void> done) {
    commit(change, reserve(change), beforeVisible, done);
  }

  /** The same for what can wait: on a full disk it fails. Loop 0. */
  public void commitIfRoom(CatalogChange change, LogCallback<Void> done) {
    commit(change, Reserve.NONE, () -> {}, done);
  }

  private void commit(
      CatalogChange change, Reserve reserve, Runnable beforeVisible, LogCallback<Void> done) {
    CatalogState next = latest.with(change);
    latest = next;
    underWay.addLast(next);
    append(
        CatalogEntry.encode(change),
        reserve,
        (nothing, failure) -> {
          underWay.removeLastOccurrence(next);
          if (failure == null) {
            beforeVisible.run();
            visible = next;
          } else {
            latest = underWay.isEmpty() ? visible : underWay.peekLast();
          }
          done.done(null, failure);
        });
  }

  private Reserve reserve(CatalogChange change) {
    if (change instanceof UserChange ofUser) {
      return latest.users().takesAway(ofUser) ? Reserve.TAKES_AWAY : Reserve.NONE;
    }
    if (change instanceof GroupDeleted) {
      return Reserve.TAKES_AWAY;
    }
    boolean freesSpace =
        change instanceof TopicDeleted
            || change instanceof StreamDeleted
            || change instanceof PartitionsRemoved
            || change instanceof PartitionsAre
            || change instanceof IncarnationFloor;
    return freesSpace ? Reserve.FREES_SPACE : Reserve.NONE;
  }

  /**
   * Puts {@code change} in force at once and makes it durable as far as the disk allows: for what
   * must be there even when nothing can be written. At the start, before anyone is served; loop 0.
   */
  public void impose(CatalogChange change, LogCallback<Void> done) {
    latest = latest.with(change);
    visible = latest;
    append(CatalogEntry.encode(change), Reserve.NONE, done);
  }

  /**
   * A producer said hello. Answers true when it may go on, false when it is fenced; a raised epoch
   * is durable by then. Loop 0.
   */
  public void greet(ProducerKey producer, Opening opening, LogCallback<Boolean> done) {
    Opening highest = producers.proposed(producer);
    if (highest != null && (opening.equals(highest) || opening.fencedBy(highest))) {
      boolean welcome = opening.equals(highest);
      settle((nothing, failure) -> done.done(failure == null ? welcome : null, failure));
      return;
    }
    producers.propose(producer, opening);
    append(
        CatalogEntry.encode(producer, opening),
        Reserve.NONE,
        (nothing, failure) -> {
          if (failure == null) {
            producers.confirm(producer, opening);
          } else {
            producers.withdraw();
          }
          done.done(failure == null ? Boolean.TRUE : null, failure);
        });
  }

  /** Completes when everything proposed so far has become durable or has failed. Loop 0. */
  public void settle(LogCallback<Void> done) {
    if (settled == proposals) {
      done.done(null, null);
    } else {
      unsettled.addLast(new Waiting(proposals, done));
    }
  }

  /** Ends after the changes under way. Loop 0. */
  public void close(LogCallback<Void> done) {
    journal.close(done);
  }

  private void append(byte[] entry, Reserve reserve, LogCallback<Void> done) {
    proposals++;
    journal.append(
        entry,
        reserve,
        (nothing, failure) -> {
          settled++;
          lastFailure = failure;
          done.done(null, failure);
          settleWaiting();
        });
  }

  private void settleWaiting() {
    while (!unsettled.isEmpty() && unsettled.peekFirst().proposals() <= settled) {
      unsettled.pollFirst().done().done(null, lastFailure);
    }
  }

  private List<byte[]> snapshot() {
    List<byte[]> entries = new ArrayList<>();
    for (CatalogChange change : visible.asChanges()) {
      entries.add(CatalogEntry.encode(change));
    }
    producers.forEach((producer, opening) -> entries.add(CatalogEntry.encode(producer, opening)));
    return entries;
  }

  /** Entries in order, each applied or recorded as a finding: a start never fails for one entry. */
  private static final class Replay {
    private final Producers producers = new Producers();
    private final List<String> findings = new ArrayList<>();
    private CatalogState state = CatalogState.EMPTY;

    void apply(byte[] entry) {
      try {
        CatalogEntry.decode(entry, this::change, this::producer);
      } catch (IllegalArgumentException e) {
        findings.add("catalog: an entry was left out: " + e.getMessage());
      }
    }

    private void change(CatalogChange change) {
      state = state.with(change);
    }

    private void producer(ProducerKey producer, Opening opening) {
      producers.propose(producer, opening);
      producers.confirm(producer, opening);
    }
  }
}

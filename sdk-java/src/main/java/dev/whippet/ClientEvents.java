package dev.whippet;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.outbox.GapReport;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.session.Session;
import dev.whippet.internal.session.SessionObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one observer of a {@link WhippetClient}. Extend it and override what is of interest.
 *
 * <ul>
 *   <li>Called on the client's own two threads ("whippet-store", "whippet-net"): be quick, never
 *       block. An exception thrown here is logged and goes no further.
 *   <li>State changes arrive in order, each with the state that the one before ended in.
 *   <li>Every gap is reported once; after a crash, perhaps once more, with the same range.
 * </ul>
 */
public abstract class ClientEvents {
  /** For subclasses. */
  protected ClientEvents() {}

  /**
   * The connection changed its state.
   *
   * @param from the state before
   * @param to the state now
   * @param reason why, for a human; holds no secret
   */
  public void stateChanged(ConnectionState from, ConnectionState to, String reason) {}

  /**
   * An attempt to connect or log in failed, or a connection was lost.
   *
   * @param failures how many attempts failed since a connection last proved itself, at least 1
   * @param reason why, for a human; holds no secret
   * @param nextAttemptMillis time until the next attempt
   */
  public void attemptFailed(int failures, String reason, long nextAttemptMillis) {}

  /**
   * Records were dropped or have an unknown outcome.
   *
   * @param gap which and why
   */
  public void gap(Gap gap) {}

  /**
   * Something goes on, and yet somebody should look at it: for instance, changed certificate files
   * that can't be used.
   *
   * @param what for a human; holds no secret
   */
  public void warned(String what) {}

  /**
   * The outbox can't store any more, for instance because the disk is full or broken. What was
   * stored is kept.
   *
   * @param failure what happened
   */
  public void outboxFailed(WhippetException failure) {}

  /**
   * Carries what the outbox and the connection tell to the receipts, the application's observer and
   * the log. On the store thread, on the net thread, and while opening on the caller's.
   */
  static final class Reporter extends SessionObserver implements Outbox.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);

    private final Receipt.Progress progress;
    private final ClientEvents events;

    /** Null: gaps are not published. */
    private final Gap.Topic topic;

    /** Owned by the store thread. */
    private boolean failing;

    private volatile Connection connection;

    Reporter(Receipt.Progress progress, ClientEvents events, Gap.Topic topic) {
      this.progress = progress;
      this.events = events;
      this.topic = topic;
    }

    /** From here on the connection is woken when something is stored. */
    void connection(Connection connection) {
      this.connection = connection;
    }

    // --- from the outbox
    // --------------------------------------------------------------------------

    @Override
    public void stored(long upToSequence) {
      progress.stored(upToSequence);
      if (topic != null && !failing) {
        topic.retry();
      }
      failing = false;
      wake();
    }

    private void wake() {
      Connection woken = connection;
      if (woken != null) {
        woken.wake();
      }
    }

    @Override
    public void failed(long firstSequence, long lastSequence, OutboxException cause) {
      failing = true; // reports wait for a commit that succeeds
      LOG.error("Sequences {} to {} could not be stored", firstSequence, lastSequence, cause);
      report(
          gap(
              Gap.Kind.NOT_STORED,
              firstSequence,
              lastSequence,
              lastSequence - firstSequence + 1,
              cause.getMessage()),
          true);
      try {
        events.outboxFailed(WhippetException.of(cause));
      } catch (RuntimeException e) {
        threw(e);
      }
    }

    @Override
    public void gap(GapReport found) {
      Gap gap =
          new Gap(
              kind(found.reason()),
              found.firstSequence(),
              found.lastSequence(),
              found.count(),
              found.reason() + " at " + found.where(),
              found.timeMillis() == 0 ? Clock.SYSTEM.epochMillis() : found.timeMillis());
      report(new Gap(gap, found.bytes()), found.reason() != GapReport.Reason.IDENTITY_LOST);
      wake();
    }

    private static Gap.Kind kind(GapReport.Reason reason) {
      switch (reason) {
        case TORN_TAIL:
          return Gap.Kind.NOT_STORED;
        case IDENTITY_LOST:
        case UNKNOWN_OUTCOME:
          return Gap.Kind.UNKNOWN_OUTCOME;
        case OVERFLOW:
        case REFUSED:
          return Gap.Kind.OVERFLOW;
        case EXPIRED:
          return Gap.Kind.EXPIRED;
        default:
          return Gap.Kind.CORRUPTED;
      }
    }

    // --- from the connection
    // ----------------------------------------------------------------------

    @Override
    public void stateChanged(Session.State from, Session.State to, String reason) {
      LOG.debug("{} -> {}: {}", from, to, reason);
      if (to == Session.State.FENCED) {
        progress.undeliverable(new WhippetException(WhippetException.Code.FENCED, reason));
      }
      try {
        events.stateChanged(publicState(from), publicState(to), reason);
      } catch (RuntimeException e) {
        threw(e);
      }
    }

    static ConnectionState publicState(Session.State state) {
      return ConnectionState.valueOf(state.name());
    }

    @Override
    public void attemptFailed(int failures, String reason, long delayMillis) {
      LOG.debug("Attempt {} failed, next in {} ms: {}", failures, delayMillis, reason);
      try {
        events.attemptFailed(failures, reason, delayMillis);
      } catch (RuntimeException e) {
        threw(e);
      }
    }

    @Override
    public void warned(String what) {
      LOG.warn("{}", what);
      try {
        events.warned(what);
      } catch (RuntimeException e) {
        threw(e);
      }
    }

    @Override
    public void acknowledged(long upToSequence, boolean once) {
      progress.delivered(upToSequence, once ? Guarantee.ONCE : Guarantee.AT_LEAST_ONCE);
    }

    @Override
    public void doubtful(boolean lostByBroker, long first, long last, String why) {
      Gap.Kind kind = lostByBroker ? Gap.Kind.LOST_BY_BROKER : Gap.Kind.UNKNOWN_OUTCOME;
      report(gap(kind, first, last, -1, why), false);
    }

    // --- both
    // -------------------------------------------------------------------------------------

    private static Gap gap(Gap.Kind kind, long first, long last, long messages, String why) {
      return new Gap(kind, first, last, messages, why, Clock.SYSTEM.epochMillis());
    }

    /**
     * @param gone whether the receipts say dropped
     */
    private void report(Gap gap, boolean gone) {
      LOG.warn("{}", gap);
      if (gone) {
        progress.dropped(gap);
      }
      if (topic != null) {
        topic.tell(gap, !failing);
      }
      try {
        events.gap(gap);
      } catch (RuntimeException e) {
        threw(e);
      }
    }

    private static void threw(RuntimeException e) {
      LOG.warn("The observer of the client threw", e);
    }
  }
}

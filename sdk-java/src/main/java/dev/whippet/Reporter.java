package dev.whippet;

import dev.whippet.internal.outbox.GapReport;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.session.Clock;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.session.Session;
import dev.whippet.internal.session.SessionObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Carries what the outbox and the connection tell to the receipts, the application's observer and
 * the log. On the store thread, on the net thread, and while opening on the caller's.
 */
final class Reporter extends SessionObserver implements Outbox.Listener {
  private static final Logger LOG = LoggerFactory.getLogger(WhippetClient.class);

  private final Progress progress;
  private final ClientEvents events;
  private volatile Connection connection;

  Reporter(Progress progress, ClientEvents events) {
    this.progress = progress;
    this.events = events;
  }

  /** From here on the connection is woken when something is stored. */
  void connection(Connection connection) {
    this.connection = connection;
  }

  // --- from the outbox --------------------------------------------------------------------------

  @Override
  public void stored(long upToSequence) {
    progress.stored(upToSequence);
    Connection woken = connection;
    if (woken != null) {
      woken.wake();
    }
  }

  @Override
  public void failed(long firstSequence, long lastSequence, OutboxException cause) {
    LOG.error("Sequences {} to {} could not be stored", firstSequence, lastSequence, cause);
    report(
        gap(
            Gap.Kind.NOT_STORED,
            firstSequence,
            lastSequence,
            lastSequence - firstSequence + 1,
            cause.getMessage()));
    try {
      events.outboxFailed(WhippetException.of(cause));
    } catch (RuntimeException e) {
      threw(e);
    }
  }

  @Override
  public void gap(GapReport gap) {
    report(
        gap(
            kind(gap.reason()),
            gap.firstSequence(),
            gap.lastSequence(),
            gap.count(),
            gap.reason() + " at " + gap.where()));
  }

  private static Gap.Kind kind(GapReport.Reason reason) {
    switch (reason) {
      case TORN_TAIL:
        return Gap.Kind.NOT_STORED;
      case IDENTITY_LOST:
        return Gap.Kind.UNKNOWN_OUTCOME;
      default:
        return Gap.Kind.CORRUPTED;
    }
  }

  // --- from the connection ----------------------------------------------------------------------

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
  public void acknowledged(long upToSequence, boolean once) {
    progress.delivered(upToSequence, once ? Guarantee.ONCE : Guarantee.AT_LEAST_ONCE);
  }

  @Override
  public void doubtful(boolean lostByBroker, long first, long last, String why) {
    Gap.Kind kind = lostByBroker ? Gap.Kind.LOST_BY_BROKER : Gap.Kind.UNKNOWN_OUTCOME;
    report(gap(kind, first, last, -1, why));
  }

  // --- both -------------------------------------------------------------------------------------

  private static Gap gap(Gap.Kind kind, long first, long last, long messages, String why) {
    return new Gap(kind, first, last, messages, why, Clock.SYSTEM.epochMillis());
  }

  private void report(Gap gap) {
    LOG.warn("{}", gap);
    if (gap.kind() != Gap.Kind.UNKNOWN_OUTCOME && gap.kind() != Gap.Kind.LOST_BY_BROKER) {
      progress.dropped(gap);
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

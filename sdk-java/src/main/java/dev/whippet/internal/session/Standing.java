package dev.whippet.internal.session;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.call.Refusal;

/** Where a connection stands, at one moment. Immutable. */
public final class Standing {
  public final Session.State state;

  /** For humans; holds no secret. */
  public final String reason;

  /** What is in the way; null if nothing is. */
  public final Refusal.Kind problem;

  /** Of the attempt, or of the last one. */
  public final String endpoint;

  /** What the server is; null unless logged in. */
  public final Boolean whippet;

  /** Attempts that failed since a connection proved itself. */
  public final int failures;

  /** When the next attempt comes, on the connection's clock; {@link Clock#NEVER} if none does. */
  public final long nextMillis;

  /** Since when, on the connection's clock. */
  public final long sinceMillis;

  Standing(Session session, Refusal.Kind problem, String endpoint, Boolean whippet, Clock clock) {
    this.state = session.state();
    this.reason = session.reason();
    this.problem = problem;
    this.endpoint = endpoint;
    this.whippet = whippet;
    this.failures = session.failures();
    this.nextMillis = session.deadlineMillis();
    this.sinceMillis = clock.millis();
  }
}

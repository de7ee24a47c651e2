package dev.whippet;

/**
 * The one observer of a {@link WhippetClient}. Extend it and override what is of interest.
 *
 * <ul>
 *   <li>Called on the client's own two threads ("whippet-store", "whippet-net"): be quick, never
 *       block. An exception thrown here is logged and goes no further.
 *   <li>State changes arrive in order, each with the state that the one before ended in.
 *   <li>Every gap is reported once.
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
   * The outbox can't store any more, for instance because the disk is full or broken. What was
   * stored is kept.
   *
   * @param failure what happened
   */
  public void outboxFailed(WhippetException failure) {}
}

package dev.whippet;

/**
 * Where the one connection of a {@link WhippetClient} stands. Every change is reported to {@link
 * ClientEvents#stateChanged}.
 */
public enum ConnectionState {
  /** Not started yet. */
  OFFLINE,
  /** The last attempt failed; the next one comes after a random delay. */
  WAITING,
  /** Resolving the name, connecting, shaking hands. */
  CONNECTING,
  /** Connected; the credentials are being checked. */
  LOGGING_IN,
  /** Logged in; records that were waiting on the device are being sent. */
  DRAINING,
  /** Logged in; everything stored was sent at least once on this connection. */
  LIVE,
  /**
   * Logged in, but sending is parked: the topic is missing, a permission is missing, or the broker
   * asked to wait. Nothing is dropped, consumers and admin work, and the client looks again slowly.
   */
  BLOCKED,
  /** The credentials were refused. Nothing is dropped; the client tries again slowly. */
  REFUSED,
  /** Paused by the application: no connection, no thread, no wake-up. */
  PAUSED,
  /**
   * Another process uses the same outbox identity (a copied or restored directory). Final: nothing
   * is sent until this client is closed and the cause is removed.
   */
  FENCED,
  /** Closed by the application. Final. */
  CLOSED
}

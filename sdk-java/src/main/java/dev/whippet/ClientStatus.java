package dev.whippet;

import dev.whippet.internal.call.Clock;
import dev.whippet.internal.session.Connection;
import dev.whippet.internal.session.Standing;

/**
 * How a {@link WhippetClient} is, at one moment: what an application shows, and what a monitoring
 * agent collects. Counters begin at 0 with the client and only rise. Immutable.
 */
public final class ClientStatus {
  private final Standing standing;
  private final Backlog backlog;
  private final long nowMillis;
  private final long attempts;
  private final long connections;
  private final long sentBytes;
  private final long receivedBytes;

  ClientStatus(Connection connection, Backlog backlog) {
    this.standing = connection.standing();
    this.backlog = backlog;
    this.nowMillis = Clock.SYSTEM.millis();
    this.attempts = connection.traffic().attempts();
    this.connections = connection.traffic().connections();
    this.sentBytes = connection.traffic().sentBytes();
    this.receivedBytes = connection.traffic().receivedBytes();
  }

  /**
   * Where the connection stands.
   *
   * @return never null
   */
  public ConnectionState state() {
    return ConnectionState.valueOf(standing.state.name());
  }

  /**
   * Why it stands there, for a human; holds no secret.
   *
   * @return never null
   */
  public String reason() {
    return standing.reason;
  }

  /**
   * What is in the way, for programs.
   *
   * @return null if nothing is, or nothing was tried yet
   */
  public WhippetException.Code problem() {
    return standing.problem == null ? null : WhippetException.code(standing.problem);
  }

  /**
   * The endpoint of the present attempt or connection, or of the last one.
   *
   * @return a URL without credentials
   */
  public String endpoint() {
    return standing.endpoint;
  }

  /**
   * What the server can promise.
   *
   * @return null unless logged in
   */
  public Guarantee guarantee() {
    if (standing.whippet == null) {
      return null;
    }
    return standing.whippet ? Guarantee.ONCE : Guarantee.AT_LEAST_ONCE;
  }

  /**
   * How many attempts failed since a connection last proved itself.
   *
   * @return at least 0
   */
  public int failures() {
    return standing.failures;
  }

  /**
   * When the next attempt begins, or the present one ends.
   *
   * @return milliseconds from the moment of this snapshot; -1 if no time is set
   */
  public long nextAttemptMillis() {
    return standing.nextMillis == Clock.NEVER ? -1 : Math.max(0, standing.nextMillis - nowMillis);
  }

  /**
   * Since when the connection has been in this state.
   *
   * @return milliseconds up to the moment of this snapshot
   */
  public long stateMillis() {
    return Math.max(0, nowMillis - standing.sinceMillis);
  }

  /**
   * What waits on this device.
   *
   * @return all 0 without an outbox
   */
  public Backlog backlog() {
    return backlog;
  }

  /**
   * Attempts to connect.
   *
   * @return a counter
   */
  public long attempts() {
    return attempts;
  }

  /**
   * Attempts that led to a conversation with the server.
   *
   * @return a counter
   */
  public long connections() {
    return connections;
  }

  /**
   * Bytes that went to servers, without those of TLS and TCP.
   *
   * @return a counter
   */
  public long sentBytes() {
    return sentBytes;
  }

  /**
   * Bytes that came from servers, without those of TLS and TCP.
   *
   * @return a counter
   */
  public long receivedBytes() {
    return receivedBytes;
  }

  @Override
  public String toString() {
    return "ClientStatus{"
        + state()
        + (problem() == null ? "" : " (" + problem() + ")")
        + " at "
        + endpoint()
        + ": "
        + reason()
        + ", "
        + backlog
        + "}";
  }
}

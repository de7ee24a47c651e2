package dev.whippet.broker.internal.command;

/** What a login is worth later, to who keeps it beyond a connection. */
public enum Standing {
  /** The user could log in with the same password or token now. */
  GOOD,
  /** The personal token that was shown has expired or is gone: what it gave runs out, only. */
  RUNS_OUT,
  /** The user is inactive, or has another password. */
  ENDED,
  /** There is no such user any more. */
  DELETED
}

package dev.whippet.broker.internal.command;

/** What a login is worth later, to who keeps it beyond a connection. */
public enum Standing {
  /** The user could log in with the same password or token now. */
  GOOD,
  /** The user is inactive, or the password or token is another one, expired or gone. */
  ENDED,
  /** There is no such user any more. */
  DELETED
}

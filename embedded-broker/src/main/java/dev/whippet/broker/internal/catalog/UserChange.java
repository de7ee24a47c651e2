package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;

/**
 * One durable fact about users and their tokens. {@link UserSlots} only stands in the journal's
 * snapshots. Nothing secret can be read from a change's text: the log has a line for each.
 */
public sealed interface UserChange extends CatalogChange {

  /** A user in its slot; {@code grants} is {@code null} for none. */
  record UserCreated(
      int id,
      long serial,
      long createdAtMicros,
      String name,
      boolean active,
      PasswordHash password,
      Grants grants)
      implements UserChange {}

  /** The user has this name and status now. */
  record UserUpdated(int id, String name, boolean active) implements UserChange {}

  /** The user and its tokens are gone; its slot is the next to be used. */
  record UserDeleted(int id) implements UserChange {}

  /** {@code grants} is {@code null} for none. */
  record PermissionsChanged(int id, Grants grants) implements UserChange {}

  /** The user has this password now. */
  record PasswordChanged(int id, PasswordHash password) implements UserChange {}

  /** A token; {@code expiresAtMicros} is 0 for never. */
  record TokenCreated(int user, UserEntry.Token token) implements UserChange {}

  /** The token is gone. */
  record TokenDeleted(int user, String name) implements UserChange {}

  /** Serials below this one have been used; the order of free slots. */
  record UserSlots(long nextSerial, int[] free) implements UserChange {}
}

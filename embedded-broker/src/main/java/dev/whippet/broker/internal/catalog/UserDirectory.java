package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.UserChange.PasswordChanged;
import dev.whippet.broker.internal.catalog.UserChange.PermissionsChanged;
import dev.whippet.broker.internal.catalog.UserChange.TokenCreated;
import dev.whippet.broker.internal.catalog.UserChange.TokenDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserCreated;
import dev.whippet.broker.internal.catalog.UserChange.UserDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserSlots;
import dev.whippet.broker.internal.catalog.UserChange.UserUpdated;
import dev.whippet.broker.internal.catalog.UserEntry.Token;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;
import java.util.ArrayList;
import java.util.List;

/**
 * All users with their permissions and tokens at one moment, immutable: the part of {@link
 * CatalogState} that says who may do what.
 */
public final class UserDirectory {

  static final UserDirectory EMPTY =
      new UserDirectory(Slots.empty(), TokenIndex.EMPTY, UserEntry.ROOT_SERIAL + 1, 0);

  private final Slots<UserEntry> users;
  private final TokenIndex tokens;
  private final long nextSerial;
  private final int grantEntries;

  private UserDirectory(
      Slots<UserEntry> users, TokenIndex tokens, long nextSerial, int grantEntries) {
    this.users = users;
    this.tokens = tokens;
    this.nextSerial = nextSerial;
    this.grantEntries = grantEntries;
  }

  /** The users by id and name. */
  public Slots<UserEntry> users() {
    return users;
  }

  /** The user with that id, if it is still the one with that serial; else {@code null}. */
  public UserEntry find(int id, long serial) {
    UserEntry user = users.get(id);
    return user == null || user.serial() != serial ? null : user;
  }

  /** Whose token has that hash; {@code null} when there is none. */
  public UserEntry byToken(byte[] hash) {
    TokenIndex.Owned owned = tokens.find(hash);
    return owned == null ? null : users.get(owned.user());
  }

  /** The token with that hash, or {@code null}. */
  public Token token(byte[] hash) {
    TokenIndex.Owned owned = tokens.find(hash);
    return owned == null ? null : owned.token();
  }

  /** Tokens of all users. */
  public int tokens() {
    return tokens.size();
  }

  /** Streams and topics that permissions name, of all users. */
  public int grantEntries() {
    return grantEntries;
  }

  /** The change that would create a user; the name must be free. */
  public UserCreated newUser(
      String name, boolean active, PasswordHash password, Grants grants, long nowMicros) {
    return new UserCreated(users.nextId(), nextSerial, nowMicros, name, active, password, grants);
  }

  /** The change that makes root, when there is none. */
  public static UserCreated newRoot(String name, PasswordHash password, long nowMicros) {
    return new UserCreated(
        UserEntry.ROOT_ID, UserEntry.ROOT_SERIAL, nowMicros, name, true, password, Grants.ALL);
  }

  /** The changes that would take away what has expired. */
  public List<TokenDeleted> expired(long nowMicros) {
    List<TokenDeleted> changes = new ArrayList<>();
    for (UserEntry user : users.all()) {
      for (Token token : user.tokens()) {
        if (token.expired(nowMicros)) {
          changes.add(new TokenDeleted(user.id(), token.name()));
        }
      }
    }
    return changes;
  }

  /** True when nobody may do more after {@code change} than before, and somebody may do less. */
  boolean takesAway(UserChange change) {
    if (change instanceof UserUpdated it) {
      return !it.active();
    }
    if (change instanceof PermissionsChanged it) {
      Grants before = present(it.id()).grants();
      return it.grants() == null || before != null && before.covers(it.grants());
    }
    return change instanceof UserDeleted
        || change instanceof TokenDeleted
        || change instanceof PasswordChanged;
  }

  UserDirectory with(UserChange change) {
    if (change instanceof UserCreated it) {
      UserEntry user =
          new UserEntry(
              it.id(),
              it.serial(),
              it.createdAtMicros(),
              it.name(),
              it.active(),
              it.password(),
              it.grants(),
              List.of());
      return new UserDirectory(
          users.plus(user),
          tokens,
          Math.max(nextSerial, it.serial() + 1),
          grantEntries + entries(user));
    }
    if (change instanceof UserUpdated it) {
      return with(present(it.id()).with(it.name(), it.active()));
    }
    if (change instanceof UserDeleted it) {
      return without(present(it.id()));
    }
    if (change instanceof PermissionsChanged it) {
      return with(present(it.id()).with(it.grants()));
    }
    if (change instanceof PasswordChanged it) {
      return with(present(it.id()).with(it.password()));
    }
    if (change instanceof TokenCreated it) {
      UserEntry user = present(it.user()).with(it.token());
      return new UserDirectory(
          users.replaced(user), tokens.plus(user.id(), it.token()), nextSerial, grantEntries);
    }
    if (change instanceof TokenDeleted it) {
      UserEntry user = present(it.user());
      UserEntry fewer = user.withoutToken(it.name());
      return new UserDirectory(
          users.replaced(fewer), tokens.minus(user.token(it.name())), nextSerial, grantEntries);
    }
    UserSlots it = (UserSlots) change;
    return new UserDirectory(
        users.withFree(it.free()), tokens, Math.max(nextSerial, it.nextSerial()), grantEntries);
  }

  /** Nobody's permissions for that stream count any more (iggy-classic.md 4.9). */
  UserDirectory withoutStream(int stream) {
    Slots<UserEntry> changed =
        users.mapped(
            user -> user.grants() == null ? user : user.with(user.grants().ending(stream)));
    return new UserDirectory(changed, tokens, nextSerial, grantEntries);
  }

  /** The shortest list of changes that leads from {@link #EMPTY} to this. */
  List<CatalogChange> asChanges() {
    List<CatalogChange> changes = new ArrayList<>();
    for (UserEntry user : users.all()) {
      changes.add(
          new UserCreated(
              user.id(),
              user.serial(),
              user.createdAtMicros(),
              user.name(),
              user.active(),
              user.password(),
              user.grants()));
      user.tokens().forEach(token -> changes.add(new TokenCreated(user.id(), token)));
    }
    changes.add(new UserSlots(nextSerial, users.free()));
    return changes;
  }

  private UserDirectory with(UserEntry changed) {
    int more = entries(changed) - entries(users.get(changed.id()));
    return new UserDirectory(users.replaced(changed), tokens, nextSerial, grantEntries + more);
  }

  private UserDirectory without(UserEntry user) {
    TokenIndex fewer = tokens;
    for (Token token : user.tokens()) {
      fewer = fewer.minus(token);
    }
    return new UserDirectory(
        users.minus(user.id()), fewer, nextSerial, grantEntries - entries(user));
  }

  private UserEntry present(int id) {
    UserEntry user = users.get(id);
    if (user == null) {
      throw new IllegalArgumentException("no user " + id);
    }
    return user;
  }

  private static int entries(UserEntry user) {
    return user.grants() == null ? 0 : user.grants().entries();
  }
}

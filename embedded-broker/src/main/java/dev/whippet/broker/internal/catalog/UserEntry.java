package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A user of the catalog, immutable.
 *
 * @param serial tells users apart that had the same id one after the other; never used again
 * @param grants {@code null} for none
 * @param tokens in the order of their creation
 */
public record UserEntry(
    int id,
    long serial,
    long createdAtMicros,
    String name,
    boolean active,
    PasswordHash password,
    Grants grants,
    List<Token> tokens)
    implements Slots.Entry {

  /** The id of root, which is always there and may do everything (iggy-classic.md 6.2). */
  public static final int ROOT_ID = 0;

  /** The serial of root. */
  public static final long ROOT_SERIAL = 0;

  /** The hash of a token; {@code expiresAtMicros} is unsigned, 0 for never. */
  public record Token(String name, byte[] hash, long expiresAtMicros) {

    /** True from that time on. */
    public boolean expired(long nowMicros) {
      return expiresAtMicros != 0 && Long.compareUnsigned(expiresAtMicros, nowMicros) <= 0;
    }

    /** Another odd number for each token; it tells nothing of it. */
    public long generation() {
      return ByteBuffer.wrap(hash).getLong() | 1;
    }

    /** True for a generation of tokens, false for one of passwords. */
    public static boolean isOne(long generation) {
      return (generation & 1) == 1;
    }

    @Override
    public String toString() {
      return name + (expiresAtMicros == 0 ? "" : ", until " + expiresAtMicros);
    }
  }

  public UserEntry {
    tokens = List.copyOf(tokens);
  }

  /** Root may not be deleted, and has all permissions. */
  public boolean isRoot() {
    return id == ROOT_ID;
  }

  /** The token of that name, or {@code null}. */
  public Token token(String tokenName) {
    for (Token token : tokens) {
      if (token.name().equals(tokenName)) {
        return token;
      }
    }
    return null;
  }

  /** Whether a login by the password or token of that generation would succeed at that time. */
  public boolean letsIn(long generation, long nowMicros) {
    if (!active || password.generation() == generation) {
      return active;
    }
    for (Token token : tokens) {
      if (token.generation() == generation) {
        return !token.expired(nowMicros);
      }
    }
    return false;
  }

  UserEntry with(String newName, boolean newActive) {
    return new UserEntry(id, serial, createdAtMicros, newName, newActive, password, grants, tokens);
  }

  UserEntry with(Grants newGrants) {
    return new UserEntry(id, serial, createdAtMicros, name, active, password, newGrants, tokens);
  }

  UserEntry with(PasswordHash newPassword) {
    return new UserEntry(id, serial, createdAtMicros, name, active, newPassword, grants, tokens);
  }

  UserEntry with(Token token) {
    if (token(token.name()) != null) {
      throw new IllegalArgumentException("token is there already: " + token.name());
    }
    List<Token> more = new ArrayList<>(tokens);
    more.add(token);
    return with(more);
  }

  UserEntry withoutToken(String tokenName) {
    List<Token> fewer = new ArrayList<>(tokens);
    if (!fewer.remove(token(tokenName))) {
      throw new IllegalArgumentException("no token " + tokenName + " of user " + id);
    }
    return with(fewer);
  }

  private UserEntry with(List<Token> changed) {
    return new UserEntry(id, serial, createdAtMicros, name, active, password, grants, changed);
  }
}

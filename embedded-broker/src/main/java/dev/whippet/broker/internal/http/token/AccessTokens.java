package dev.whippet.broker.internal.http.token;

import com.auth0.jwt.JWT;
import com.auth0.jwt.algorithms.Algorithm;
import com.auth0.jwt.exceptions.JWTVerificationException;
import com.auth0.jwt.interfaces.DecodedJWT;
import com.auth0.jwt.interfaces.JWTVerifier;
import dev.whippet.broker.internal.command.ClientSession.User;
import dev.whippet.broker.internal.command.Standing;
import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.journal.Journal;
import dev.whippet.broker.internal.log.journal.JournalRecovery;
import dev.whippet.broker.internal.log.journal.Reserve;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * JSON Web Tokens of HTTP (iggy-classic.md 8.1): HS256, signed by a key that is made at the first
 * login and replaced every {@link #KEY_SECONDS}; the one before is kept as long as its tokens live.
 * Keys and what was revoked are in the journal {@code tokens}, durable before anything rests on
 * them, so that a restart neither ends sessions nor brings a revoked one back.
 *
 * <p>A token names the user (id and serial) and the generation of the password or personal token
 * that was shown for it. {@link #issue} is the only way to one, for logins and refreshes alike, and
 * looks at the user; so does everybody who takes one, by {@link #standing}.
 *
 * <pre>
 *  journal entry, little-endian
 *   0  u8   kind: 1 key, 2 revoked
 *   key       1  u32 id | 5  u64 made at (seconds) | 13  32 bytes secret
 *   revoked   1  16 bytes of the token's id | 17  u64 expires at (seconds)
 * </pre>
 *
 * <p>{@link #verify} is for any thread, as is asking for the rest; what is asked for ends on loop
 * 0.
 */
public final class AccessTokens {

  /** A key signs for a day. */
  public static final long KEY_SECONDS = 24 * 3600;

  /** Revoked tokens that have not expired; beyond it nothing can be revoked. */
  public static final int REVOKED_MAX = 100_000;

  private static final String JOURNAL = "tokens";
  private static final String PARTY = "iggy.apache.org";
  private static final String SERIAL_CLAIM = "serial";
  private static final String PROOF_CLAIM = "proof";
  private static final byte KEY = 1;
  private static final byte REVOKED = 2;
  private static final int KEY_ENTRY_BYTES = 45;
  private static final int REVOKED_ENTRY_BYTES = 25;
  private static final int SECRET_BYTES = 32;
  private static final int SKEW_SECONDS = 5;
  private static final LogFailure FULL =
      new LogFailure(LogFailure.Reason.OVERLOADED, "too many tokens are revoked");

  /** What a token says. */
  public record Claims(UUID id, User user, long expiresAtSeconds) {}

  /** A new token; its text is a secret. */
  public record Issued(String token, long expiresAtSeconds) {
    @Override
    public String toString() {
      return "token until " + expiresAtSeconds;
    }
  }

  private record Key(int id, long madeAtSeconds, byte[] secret, JWTVerifier verifier) {
    static Key of(int id, long madeAtSeconds, byte[] secret) {
      JWTVerifier verifier =
          JWT.require(Algorithm.HMAC256(secret))
              .withIssuer(PARTY)
              .withAudience(PARTY)
              .acceptLeeway(SKEW_SECONDS)
              .build();
      return new Key(id, madeAtSeconds, secret, verifier);
    }

    @Override
    public String toString() {
      return "key " + id;
    }
  }

  private final SecureRandom random = new SecureRandom();
  private final Map<Integer, Key> keys = new ConcurrentHashMap<>();
  private final Map<UUID, Long> revoked = new ConcurrentHashMap<>();

  /** Tokens whose end is being written, and who else asked for it. Loop 0. */
  private final Map<UUID, List<LogCallback<Boolean>>> revoking = new HashMap<>();

  private final JournalRecovery recovered;
  private final LongSupplier clockMicros;

  private Function<User, Standing> users;
  private long lifetimeSeconds;
  private Executor loopZero;
  private Journal journal;
  private volatile Key current;

  /** Who waits for the key that is being made. Loop 0. */
  private final List<LogCallback<Key>> askers = new ArrayList<>();

  private AccessTokens(JournalRecovery recovered, LongSupplier clockMicros) {
    this.recovered = recovered;
    this.clockMicros = clockMicros;
  }

  /** Reads the journal in {@code directory}. Start-up thread. */
  public static AccessTokens recover(
      BlockingFiles disk, Path directory, Consumer<Damage> damage, LongSupplier clockMicros) {
    AccessTokens tokens =
        new AccessTokens(Journal.recover(disk, directory, JOURNAL, damage), clockMicros);
    tokens.recovered.entries().forEach(tokens::replay);
    return tokens;
  }

  /**
   * Makes what was recovered writable. Before the loops serve anyone.
   *
   * @param usersNow what a login is worth; any thread
   */
  public void open(
      LogLoop logLoopZero,
      Executor executorZero,
      long tokenSeconds,
      Function<User, Standing> usersNow) {
    users = usersNow;
    lifetimeSeconds = tokenSeconds;
    loopZero = executorZero;
    journal = Journal.open(logLoopZero, recovered, this::snapshot);
  }

  /** On loop 0, after everybody who asks is gone. */
  public void close(LogCallback<Void> done) {
    journal.close(done);
  }

  /**
   * What the token says, or {@code null} when it is none of ours, expired or revoked. Whether its
   * user may still come in is another question: {@link #standing}.
   */
  public Claims verify(String token) {
    try {
      DecodedJWT decoded = JWT.decode(token);
      String keyId = decoded.getKeyId();
      Key key = keyId == null || !isNumber(keyId) ? null : keys.get(Integer.parseInt(keyId));
      if (key == null) {
        return null;
      }
      DecodedJWT verified = key.verifier.verify(decoded);
      UUID id = UUID.fromString(verified.getId());
      return revoked.containsKey(id)
          ? null
          : new Claims(
              id,
              new User(
                  Integer.parseUnsignedInt(verified.getSubject()),
                  verified.getClaim(SERIAL_CLAIM).asLong(),
                  verified.getClaim(PROOF_CLAIM).asLong()),
              verified.getExpiresAtAsInstant().getEpochSecond());
    } catch (JWTVerificationException | IllegalArgumentException | NullPointerException e) {
      return null; // the library answers what is missing in its own ways
    }
  }

  private static boolean isNumber(String keyId) {
    return keyId.matches("\\d{1,9}");
  }

  /** What the user of a token is worth now. */
  public Standing standing(Claims claims) {
    return users.apply(claims.user);
  }

  /** A new token for a user who showed who it is; none when that holds no more. */
  public void issue(User user, LogCallback<Optional<Issued>> done) {
    Key key = current;
    if (key != null && seconds() - key.madeAtSeconds < KEY_SECONDS) {
      done.done(sign(key, user), null);
    } else {
      loopZero.execute(() -> makeKey(user, done));
    }
  }

  /** Whoever asks while a key is being made gets that one. */
  private void makeKey(User user, LogCallback<Optional<Issued>> done) {
    long now = seconds();
    if (current != null && now - current.madeAtSeconds < KEY_SECONDS) {
      done.done(sign(current, user), null);
      return;
    }
    askers.add((key, failure) -> done.done(key == null ? null : sign(key, user), failure));
    if (askers.size() > 1) {
      return;
    }
    byte[] secret = new byte[SECRET_BYTES];
    random.nextBytes(secret);
    int id = keys.keySet().stream().mapToInt(Integer::intValue).max().orElse(0) + 1;
    Key key = Key.of(id, now, secret);
    journal.append(
        entry(key),
        (nothing, failure) -> {
          if (failure == null) {
            keys.values().removeIf(old -> isOver(old, now));
            keys.put(id, key);
            current = key;
          }
          List<LogCallback<Key>> waiting = List.copyOf(askers);
          askers.clear();
          waiting.forEach(asker -> asker.done(failure == null ? key : null, failure));
        });
  }

  private Optional<Issued> sign(Key key, User user) {
    if (users.apply(user) != Standing.GOOD) {
      return Optional.empty();
    }
    long now = seconds();
    long expiresAt = now + lifetimeSeconds;
    String token =
        JWT.create()
            .withKeyId(Integer.toString(key.id))
            .withJWTId(newId().toString())
            .withIssuer(PARTY)
            .withAudience(PARTY)
            .withSubject(Integer.toUnsignedString(user.id()))
            .withClaim(SERIAL_CLAIM, user.serial())
            .withClaim(PROOF_CLAIM, user.proof())
            .withIssuedAt(Instant.ofEpochSecond(now))
            .withNotBefore(Instant.ofEpochSecond(now))
            .withExpiresAt(Instant.ofEpochSecond(expiresAt))
            .sign(Algorithm.HMAC256(key.secret));
    return Optional.of(new Issued(token, expiresAt));
  }

  /** Version 7: milliseconds, then random bits. */
  private UUID newId() {
    long millis = clockMicros.getAsLong() / 1_000;
    long high = millis << 16 | 0x7000 | random.nextInt(1 << 12);
    long low = 0x8000_0000_0000_0000L | random.nextLong() >>> 2;
    return new UUID(high, low);
  }

  /**
   * The token is refused from when this is done. True for the one who revoked it, false for others
   * who asked for the same: whoever gets something for the token gets it once.
   */
  public void revoke(Claims token, LogCallback<Boolean> done) {
    loopZero.execute(() -> revokeOnce(token, done));
  }

  private void revokeOnce(Claims token, LogCallback<Boolean> done) {
    revoked.values().removeIf(this::isPast);
    List<LogCallback<Boolean>> others = revoking.get(token.id);
    if (others != null) {
      others.add(done);
    } else if (revoked.containsKey(token.id)) {
      done.done(false, null);
    } else if (revoked.size() + revoking.size() >= REVOKED_MAX) {
      done.done(null, FULL);
    } else {
      revoking.put(token.id, new ArrayList<>());
      journal.append(
          entry(token.id, token.expiresAtSeconds),
          Reserve.TAKES_AWAY,
          (nothing, failure) -> {
            if (failure == null) {
              revoked.put(token.id, token.expiresAtSeconds);
            }
            Boolean late = failure == null ? false : null;
            List<LogCallback<Boolean>> waiting = revoking.remove(token.id);
            done.done(failure == null ? true : null, failure);
            waiting.forEach(other -> other.done(late, failure));
          });
    }
  }

  private long seconds() {
    return clockMicros.getAsLong() / 1_000_000;
  }

  private boolean isPast(long expiresAtSeconds) {
    return expiresAtSeconds + SKEW_SECONDS < seconds();
  }

  /** True when even the last token that it signed has expired; its day may have been longer. */
  private boolean isOver(Key key, long now) {
    return now - key.madeAtSeconds > 2 * KEY_SECONDS + lifetimeSeconds;
  }

  // --- journal ----------------------------------------------------------------------------------

  private List<byte[]> snapshot() {
    List<byte[]> entries = new ArrayList<>();
    keys.values().forEach(key -> entries.add(entry(key)));
    revoked.forEach(
        (id, expiresAt) -> {
          if (!isPast(expiresAt)) {
            entries.add(entry(id, expiresAt));
          }
        });
    return entries;
  }

  private static byte[] entry(Key key) {
    return ByteBuffer.allocate(KEY_ENTRY_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(KEY)
        .putInt(key.id)
        .putLong(key.madeAtSeconds)
        .put(key.secret)
        .array();
  }

  private static byte[] entry(UUID id, long expiresAtSeconds) {
    return ByteBuffer.allocate(REVOKED_ENTRY_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(REVOKED)
        .putLong(id.getMostSignificantBits())
        .putLong(id.getLeastSignificantBits())
        .putLong(expiresAtSeconds)
        .array();
  }

  /** Entries of another kind or length are of another hand, and left out. */
  private void replay(byte[] bytes) {
    ByteBuffer entry = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length == KEY_ENTRY_BYTES && entry.get() == KEY) {
      int id = entry.getInt();
      long madeAt = entry.getLong();
      byte[] secret = new byte[SECRET_BYTES];
      entry.get(secret);
      Key key = Key.of(id, madeAt, secret);
      keys.put(id, key);
      if (current == null || current.id < id) {
        current = key;
      }
    } else if (bytes.length == REVOKED_ENTRY_BYTES && entry.get() == REVOKED) {
      UUID id = new UUID(entry.getLong(), entry.getLong());
      revoked.put(id, entry.getLong());
    }
  }
}

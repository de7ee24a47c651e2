package dev.whippet.broker.internal.identity;

import dev.whippet.broker.internal.identity.PasswordHash.Cost;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Makes and checks hashes of passwords, without holding up a loop.
 *
 * <pre>
 * check   the password that fitted last time     answered at once, by its keyed hash
 *         the same guess is being checked        waits for that one
 *         anything else, nobody's password too   one Argon2id by a worker
 * </pre>
 *
 * <p>So a thousand devices of one user pay once, and a name that does not exist ({@link #nobody})
 * costs what a wrong password costs. Lives on one loop, the {@code home}: methods are called there
 * and answers come there. The workers' queue is the bound; who finds it full is told {@link
 * Verdict#BUSY}. What waits for a guess under way is bounded by the connections, of which each logs
 * in once at a time.
 */
public final class Passwords {

  private static final String KEYED_HASH = "HmacSHA256";

  private final Executor workers;
  private final Executor home;
  private final Cost cost;
  private final SecureRandom random = new SecureRandom();
  private final SecretKeySpec key;
  private final PasswordHash nobody;
  private final Map<Guess, List<Consumer<Verdict>>> underWay = new HashMap<>();

  /**
   * {@code workers} may take long and refuse ({@link RejectedExecutionException}); {@code home} is
   * the loop.
   */
  public Passwords(Executor workers, Executor home) {
    this(workers, home, Argon2.COST);
  }

  Passwords(Executor workers, Executor home, Cost cost) {
    this.workers = workers;
    this.home = home;
    this.cost = cost;
    this.key = new SecretKeySpec(randomBytes(32), KEYED_HASH);
    this.nobody =
        new PasswordHash(
            cost, randomBytes(PasswordHash.SALT_BYTES), randomBytes(PasswordHash.HASH_BYTES));
  }

  /** What came of a check. */
  public enum Verdict {
    FITS,
    WRONG,
    /** Too many are being checked: nothing is known. */
    BUSY
  }

  /** One password against one hash: equal guesses are checked once. */
  private record Guess(PasswordHash stored, ByteBuffer keyed) {}

  /** The hash that no password fits: for names that do not exist. */
  public PasswordHash nobody() {
    return nobody;
  }

  /** Checks {@code password}, now or later. */
  public void check(PasswordHash stored, byte[] password, Consumer<Verdict> done) {
    byte[] keyed = keyed(stored, password);
    if (stored.remembers(keyed)) {
      done.accept(Verdict.FITS);
      return;
    }
    Guess guess = new Guess(stored, ByteBuffer.wrap(keyed));
    List<Consumer<Verdict>> others = underWay.get(guess);
    if (others != null) {
      others.add(done);
      return;
    }
    List<Consumer<Verdict>> waiting = new ArrayList<>(1);
    waiting.add(done);
    underWay.put(guess, waiting);
    work(() -> fits(stored, password), verdict -> settle(guess, verdict), Verdict.BUSY);
  }

  /** Makes the hash of a new password, later; {@code null} when too many are being made. */
  public void make(byte[] password, Consumer<PasswordHash> done) {
    work(() -> hash(password), done, null);
  }

  /** As {@link #make}, on this thread: for the start, when there is no loop to hold up. */
  public PasswordHash makeNow(byte[] password) {
    return hash(password);
  }

  /** What a worker does. */
  private interface Work<T> {
    T result();
  }

  private <T> void work(Work<T> work, Consumer<T> done, T otherwise) {
    try {
      workers.execute(
          () -> {
            T result = otherwise;
            try {
              result = work.result();
            } finally { // without memory for it, too
              answer(done, result);
            }
          });
    } catch (RejectedExecutionException full) {
      done.accept(otherwise);
    }
  }

  private <T> void answer(Consumer<T> done, T result) {
    try {
      home.execute(() -> done.accept(result));
    } catch (RejectedExecutionException stopping) {
      // the loop has ended, and with it whoever waits for this
    }
  }

  private void settle(Guess guess, Verdict verdict) {
    if (verdict == Verdict.FITS) {
      guess.stored.remember(guess.keyed.array());
    }
    underWay.remove(guess).forEach(done -> done.accept(verdict));
  }

  private static Verdict fits(PasswordHash stored, byte[] password) {
    byte[] computed = Argon2.hash(password, stored.cost(), stored.salt(), stored.hashBytes());
    return stored.is(computed) ? Verdict.FITS : Verdict.WRONG;
  }

  /** A new hash; who set it may log in with it at once. */
  private PasswordHash hash(byte[] password) {
    byte[] salt = randomBytes(PasswordHash.SALT_BYTES);
    byte[] hash = Argon2.hash(password, cost, salt, PasswordHash.HASH_BYTES);
    PasswordHash made = new PasswordHash(cost, salt, hash);
    made.remember(keyed(made, password));
    return made;
  }

  /** Salted, so that equal passwords of two users look different in memory, too. */
  private byte[] keyed(PasswordHash stored, byte[] password) {
    try {
      Mac mac = Mac.getInstance(KEYED_HASH);
      mac.init(key);
      mac.update(stored.salt());
      return mac.doFinal(password);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java has " + KEYED_HASH, e);
    }
  }

  private byte[] randomBytes(int count) {
    byte[] bytes = new byte[count];
    random.nextBytes(bytes);
    return bytes;
  }
}

package dev.whippet.broker;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.CatalogChange;
import dev.whippet.broker.internal.catalog.UserChange.PasswordChanged;
import dev.whippet.broker.internal.catalog.UserChange.UserUpdated;
import dev.whippet.broker.internal.catalog.UserDirectory;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.identity.PasswordHash;
import dev.whippet.broker.internal.identity.Passwords;
import dev.whippet.broker.internal.identity.Passwords.Verdict;
import dev.whippet.broker.internal.system.WallClock;
import io.netty.channel.EventLoop;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sees to it that root is there when the first client comes (iggy-classic.md 6.2).
 *
 * <pre>
 * catalog   configuration        what happens
 * no root   password             root is made with it
 * no root   none                 root is made with a random one, told once
 * root      reset                root gets name and password as if it were made now, is active
 * root      password, no reset   nothing; a warning later when it is not root's
 * root      none                 nothing
 * </pre>
 *
 * <p>Where the catalog can't be written root is in force for this run. Starting thread.
 */
final class RootAccount {

  private static final long DURABLE_SECONDS_MAX = 10;

  private static final long LOOK_SECONDS = 2;

  /** 24 characters. */
  private static final int RANDOM_BYTES = 18;

  private static final Logger LOG = LoggerFactory.getLogger(RootAccount.class);

  private final Catalog catalog;
  private final Passwords passwords;
  private final EventLoop loopZero;

  RootAccount(Catalog catalog, Passwords passwords, EventLoop loopZero) {
    this.catalog = catalog;
    this.passwords = passwords;
    this.loopZero = loopZero;
  }

  /** As in the class comment; a password that was made up, or {@code null}. */
  String ensure(BrokerConfig config) {
    UserDirectory users = catalog.visible().users();
    UserEntry root = users.users().get(UserEntry.ROOT_ID);
    if (root != null && !config.resetRoot) {
      return null;
    }
    String password = config.rootPassword == null ? randomPassword() : config.rootPassword;
    PasswordHash hash = passwords.makeNow(password.getBytes(StandardCharsets.UTF_8));
    String name = freeName(users, config.rootUsername);
    impose(
        root == null
            ? List.of(UserDirectory.newRoot(name, hash, WallClock.micros()))
            : List.of(
                new UserUpdated(UserEntry.ROOT_ID, name, true),
                new PasswordChanged(UserEntry.ROOT_ID, hash)));
    return config.rootPassword == null ? password : null;
  }

  /** Nobody guesses it, and it needs no quoting. */
  private static String randomPassword() {
    byte[] bytes = new byte[RANDOM_BYTES];
    new SecureRandom().nextBytes(bytes);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** Only a catalog that lost root, or a reset to a new name, can find it in use. */
  private static String freeName(UserDirectory users, String wanted) {
    String name = wanted;
    UserEntry holder = users.users().get(name);
    while (holder != null && !holder.isRoot()) {
      name += "_";
      holder = users.users().get(name);
    }
    if (!name.equals(wanted)) {
      LOG.warn("root is called {}: another user has the name {}", name, wanted);
    }
    return name;
  }

  private void impose(List<CatalogChange> changes) {
    CountDownLatch durable = new CountDownLatch(changes.size());
    loopZero.execute(
        () -> {
          for (CatalogChange change : changes) {
            catalog.impose(
                change,
                (nothing, failure) -> {
                  if (failure != null) {
                    LOG.warn("root is in force for this run only: {}", failure.toString());
                  }
                  durable.countDown();
                });
          }
        });
    try {
      if (!durable.await(DURABLE_SECONDS_MAX, TimeUnit.SECONDS)) {
        LOG.warn("root was not written in {} s", DURABLE_SECONDS_MAX);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Looks after a while: a hash costs what a start has better use for. */
  void warnUnlessFits(BrokerConfig config) {
    if (config.rootPassword != null) {
      byte[] password = config.rootPassword.getBytes(StandardCharsets.UTF_8);
      loopZero.schedule(() -> check(password), LOOK_SECONDS, TimeUnit.SECONDS);
    }
  }

  private void check(byte[] password) {
    UserEntry root = catalog.visible().users().users().get(UserEntry.ROOT_ID);
    passwords.check(
        root.password(),
        password,
        verdict -> {
          if (verdict == Verdict.WRONG) {
            LOG.warn(
                "the configured root password is not root's: it counts at the first start only, and"
                    + " was changed since (--reset-root sets it anew)");
          }
        });
  }
}

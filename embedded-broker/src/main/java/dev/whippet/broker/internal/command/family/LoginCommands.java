package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.UserDirectory;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.catalog.UserEntry.Token;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Hops;
import dev.whippet.broker.internal.command.exchange.Identities;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.identity.AccessToken;
import dev.whippet.broker.internal.identity.LoginThrottle;
import dev.whippet.broker.internal.identity.PasswordHash;
import dev.whippet.broker.internal.identity.Passwords.Verdict;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logging in and out (iggy-classic.md 3.3). Login state belongs to the connection; a failed login
 * leaves the previous one in place.
 *
 * <pre>
 * connection's loop   lengths (43, 44)
 * loop 0              throttle (42), inactive (47), remembered password, or else ...
 * worker              ... Argon2id, also for a name that does not exist
 * loop 0              wrong (42), or who the user is by now
 * connection's loop   a deleted user's connection (100, closed); else the session is logged in
 * </pre>
 */
final class LoginCommands {

  private static final Logger LOG = LoggerFactory.getLogger(LoginCommands.class);

  private final Services services;
  private final Identities identities;
  private final LoginThrottle throttle;

  LoginCommands(Services services) {
    this.services = services;
    this.identities = services.identities();
    this.throttle = identities.throttle();
  }

  void register(Commands table) {
    table.onBeforeLogin(Request.Login.class, this::login);
    table.onBeforeLogin(Request.LoginWithToken.class, this::loginWithToken);
    table.on(Request.Logout.class, this::logout);
  }

  private void login(Exchange<Request.Login> x) {
    requireUsername(x.request.username());
    requirePassword(x.request.password());
    services.hops().onLoopZero(x, () -> checkPassword(x));
  }

  /** 43. */
  static void requireUsername(String name) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < Limits.USERNAME_BYTES_MIN || bytes > Limits.USERNAME_BYTES_MAX) {
      throw new Exchange.Refused(Status.INVALID_USERNAME);
    }
  }

  /** 44. */
  static void requirePassword(byte[] password) {
    if (password.length < Limits.PASSWORD_BYTES_MIN
        || password.length > Limits.PASSWORD_BYTES_MAX) {
      throw new Exchange.Refused(Status.INVALID_PASSWORD);
    }
  }

  private void checkPassword(Exchange<Request.Login> x) {
    String name = x.request.username();
    requireAdmitted(x, name);
    UserEntry user = users().users().get(name);
    if (user != null) {
      requireActive(user);
    }
    PasswordHash stored = user == null ? identities.passwords().nobody() : user.password();
    identities
        .passwords()
        .check(
            stored,
            x.request.password(),
            verdict -> Hops.guarded(x, () -> checked(x, stored, verdict)));
  }

  private void checked(Exchange<Request.Login> x, PasswordHash stored, Verdict verdict) {
    String name = x.request.username();
    switch (verdict) {
      case BUSY -> x.refuse(Status.TASK_TIMEOUT);
      case WRONG -> {
        failed(x, name);
        x.refuse(Status.INVALID_CREDENTIALS);
      }
      case FITS -> {
        UserEntry now = users().users().get(name);
        if (now == null || now.password() != stored) { // changed while it was checked
          x.refuse(Status.INVALID_CREDENTIALS);
        } else {
          throttle.succeeded(x.session.address(), name);
          enter(x, now, stored.generation());
        }
      }
    }
  }

  /** Refuses (42) who failed too often; also for other commands that check a password. */
  void requireAdmitted(Exchange<?> x, String name) {
    long now = nowMillis();
    if (!throttle.admits(x.session.address(), name, now)) {
      String line = throttle.refusal(x.session.address(), name, now);
      if (line != null) {
        LOG.warn("{}", line);
      }
      throw new Exchange.Refused(Status.INVALID_CREDENTIALS);
    }
  }

  /** Counts a wrong password. Loop 0. */
  void failed(Exchange<?> x, String name) {
    throttle.failed(x.session.address(), name, nowMillis());
  }

  /** 20, 54, 47: in this order. Nobody guesses a token: nothing is throttled. */
  private void loginWithToken(Exchange<Request.LoginWithToken> x) {
    byte[] hash = AccessToken.hash(x.request.token());
    services
        .hops()
        .onLoopZero(
            x,
            () -> {
              Token token = users().token(hash);
              if (token == null) {
                throw new Exchange.Refused(Status.RESOURCE_NOT_FOUND);
              }
              if (token.expired(services.clockMicros().getAsLong())) {
                throw new Exchange.Refused(Status.TOKEN_EXPIRED);
              }
              UserEntry user = users().byToken(hash);
              requireActive(user);
              enter(x, user, token.generation());
            });
  }

  private static void requireActive(UserEntry user) {
    if (!user.active()) {
      throw new Exchange.Refused(Status.USER_INACTIVE);
    }
  }

  /** From loop 0 to the connection's loop, which alone writes its session. */
  private void enter(Exchange<?> x, UserEntry user, long proof) {
    services
        .hops()
        .onConnection(
            x,
            () -> {
              if (services.access().isClient(x.session)) {
                x.session.login(new ClientSession.User(user.id(), user.serial(), proof));
                x.reply(new Reply.LoggedIn(user.id()));
              } else {
                x.replyAndClose(Status.CLIENT_NOT_FOUND);
              }
            });
  }

  private void logout(Exchange<Request.Logout> x) {
    x.session.logout();
    x.done();
  }

  private UserDirectory users() {
    return services.catalog().visible().users();
  }

  private long nowMillis() {
    return TimeUnit.MICROSECONDS.toMillis(services.clockMicros().getAsLong());
  }
}

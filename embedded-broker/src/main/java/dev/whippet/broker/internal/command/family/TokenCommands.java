package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.UserChange.TokenCreated;
import dev.whippet.broker.internal.catalog.UserChange.TokenDeleted;
import dev.whippet.broker.internal.catalog.UserDirectory;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.catalog.UserEntry.Token;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Changes;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.identity.AccessToken;
import dev.whippet.broker.internal.identity.Printable;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A user's own personal access tokens (iggy-classic.md 3.3, 6.3). Whose user is deleted has none
 * (20). A token that has expired counts and is listed until it is purged, every minute.
 */
final class TokenCommands {

  /** Tokens of one user, expired ones among them. */
  static final int TOKENS_PER_USER_MAX = 100;

  /** Tokens of all users (about 200 bytes each). */
  static final int TOKENS_MAX = 100_000;

  private static final Runnable NOTHING = () -> {};
  private static final Logger LOG = LoggerFactory.getLogger(TokenCommands.class);

  private final Services services;
  private final Catalog catalog;
  private final Changes changes;

  TokenCommands(Services services) {
    this.services = services;
    this.catalog = services.catalog();
    this.changes = services.changes();
  }

  void register(Commands table) {
    table.on(Request.GetTokens.class, this::getTokens);
    table.on(Request.CreateToken.class, this::createToken);
    table.on(Request.DeleteToken.class, x -> changes.run(x, () -> deleteToken(x)));
  }

  private void getTokens(Exchange<Request.GetTokens> x) {
    List<Reply.Token> tokens = new ArrayList<>();
    for (Token token : own(x.session, catalog.visible().users()).tokens()) {
      tokens.add(new Reply.Token(token.name(), token.expiresAtMicros()));
    }
    x.reply(new Reply.Tokens(tokens));
  }

  private void createToken(Exchange<Request.CreateToken> x) {
    int nameBytes = x.request.name().getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes < Limits.TOKEN_NAME_BYTES_MIN || nameBytes > Limits.TOKEN_NAME_BYTES_MAX) {
      throw new Exchange.Refused(Status.INVALID_TOKEN_NAME);
    }
    changes.run(x, () -> create(x));
  }

  /** 52, 51: in this order. */
  private void create(Exchange<Request.CreateToken> x) {
    UserDirectory users = catalog.latest().users();
    UserEntry user = own(x.session, users);
    if (user.tokens().size() >= TOKENS_PER_USER_MAX || users.tokens() >= TOKENS_MAX) {
      throw new Exchange.Refused(Status.TOKENS_LIMIT_REACHED);
    }
    if (user.token(x.request.name()) != null) {
      throw new Exchange.Refused(Status.TOKEN_ALREADY_EXISTS);
    }
    byte[] raw = AccessToken.next(services.identities().random());
    Token token = new Token(x.request.name(), AccessToken.hash(raw), expiry(x.request));
    changes.commit(
        x, new TokenCreated(user.id(), token), NOTHING, () -> x.reply(new Reply.RawToken(raw)));
  }

  /** When it ends, in microseconds since the epoch, unsigned; 0 is never (4.6). */
  private long expiry(Request.CreateToken request) {
    long span = request.expiryMicros();
    if (span == 0 || span == -1) {
      return 0;
    }
    long end = services.clockMicros().getAsLong() + span;
    return Long.compareUnsigned(end, span) < 0 ? 0 : end; // beyond the end of time
  }

  private void deleteToken(Exchange<Request.DeleteToken> x) {
    UserEntry user = own(x.session, catalog.latest().users());
    if (user.token(x.request.name()) == null) {
      throw new Exchange.Refused(Status.RESOURCE_NOT_FOUND);
    }
    changes.commit(x, new TokenDeleted(user.id(), x.request.name()), NOTHING, x::done);
  }

  /** Takes away what has expired. Loop 0. */
  void expire() {
    long now = services.clockMicros().getAsLong();
    for (TokenDeleted change : catalog.latest().users().expired(now)) {
      catalog.commitIfRoom(
          change,
          (nothing, failure) -> {
            if (failure == null) {
              LOG.info("expired: {}", Printable.of(change));
            } else {
              LOG.warn("an expired token stays: {}: {}", Printable.of(change), failure.toString());
            }
          });
    }
  }

  private static UserEntry own(ClientSession session, UserDirectory users) {
    UserEntry user = users.find(session.userId(), session.user().serial());
    if (user == null) {
      throw new Exchange.Refused(Status.RESOURCE_NOT_FOUND);
    }
    return user;
  }
}

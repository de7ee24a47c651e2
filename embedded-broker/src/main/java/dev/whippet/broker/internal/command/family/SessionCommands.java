package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.RootUser;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Logging in and out, and who is connected (iggy-classic.md 3.3). Login state belongs to the
 * connection; a failed login leaves the previous one in place.
 */
final class SessionCommands {

  private final Set<ClientSession> sessions = ConcurrentHashMap.newKeySet();
  private final RootUser root;
  private final Access access;

  SessionCommands(RootUser root, Access access) {
    this.root = root;
    this.access = access;
  }

  void register(Commands table) {
    table.onBeforeLogin(Request.Login.class, this::login);
    table.onBeforeLogin(Request.LoginWithToken.class, this::loginWithToken);
    table.on(Request.Logout.class, this::logout);
    table.on(Request.GetMe.class, this::getMe);
    table.on(Request.GetClient.class, this::getClient);
    table.on(Request.GetClients.class, this::getClients);
  }

  void connected(ClientSession session) {
    sessions.add(session);
  }

  void disconnected(ClientSession session) {
    sessions.remove(session);
  }

  /** Open connections, logged in or not. Any thread. */
  int count() {
    return sessions.size();
  }

  private void login(Exchange<Request.Login> x) {
    int nameBytes = x.request.username().getBytes(StandardCharsets.UTF_8).length;
    if (nameBytes < Limits.USERNAME_BYTES_MIN || nameBytes > Limits.USERNAME_BYTES_MAX) {
      throw new Exchange.Refused(Status.INVALID_USERNAME);
    }
    int passwordBytes = x.request.password().length;
    if (passwordBytes < Limits.PASSWORD_BYTES_MIN || passwordBytes > Limits.PASSWORD_BYTES_MAX) {
      throw new Exchange.Refused(Status.INVALID_PASSWORD);
    }
    int userId = root.login(x.request.username(), x.request.password());
    if (userId == RootUser.NOBODY) {
      throw new Exchange.Refused(Status.INVALID_CREDENTIALS);
    }
    x.session.login(userId);
    x.reply(new Reply.LoggedIn(userId));
  }

  /** No token has ever been made: none is known. */
  private void loginWithToken(Exchange<Request.LoginWithToken> x) {
    throw new Exchange.Refused(Status.RESOURCE_NOT_FOUND);
  }

  private void logout(Exchange<Request.Logout> x) {
    x.session.logout();
    x.done();
  }

  private void getMe(Exchange<Request.GetMe> x) {
    x.reply(new Reply.ClientDetails(x.session.entry(), List.of()));
  }

  private void getClient(Exchange<Request.GetClient> x) {
    if (x.request.clientId() == 0) {
      throw new Exchange.Refused(Status.INVALID_CLIENT_ID);
    }
    access.require(x.session, Right.SERVER);
    for (ClientSession session : sessions) {
      if (Integer.toUnsignedLong(session.clientId()) == x.request.clientId()) {
        x.reply(new Reply.ClientDetails(session.entry(), List.of()));
        return;
      }
    }
    x.done();
  }

  private void getClients(Exchange<Request.GetClients> x) {
    access.require(x.session, Right.SERVER);
    List<Reply.Client> clients = new ArrayList<>();
    sessions.forEach(session -> clients.add(session.entry()));
    x.reply(new Reply.Clients(clients));
  }
}

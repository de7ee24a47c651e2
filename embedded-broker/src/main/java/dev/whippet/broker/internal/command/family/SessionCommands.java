package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Who is connected (iggy-classic.md 3.3). A connection whose user was deleted is no client any
 * more: nobody sees it, and it learns so when it asks for itself (100, then closed).
 */
final class SessionCommands {

  private final Set<ClientSession> sessions = ConcurrentHashMap.newKeySet();
  private final Access access;
  private final Groups groups;

  SessionCommands(Access access, Groups groups) {
    this.access = access;
    this.groups = groups;
  }

  void register(Commands table) {
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

  private void getMe(Exchange<Request.GetMe> x) {
    if (access.isClient(x.session)) {
      x.reply(details(x.session));
    } else {
      x.replyAndClose(Status.CLIENT_NOT_FOUND);
    }
  }

  private void getClient(Exchange<Request.GetClient> x) {
    if (x.request.clientId() == 0) {
      throw new Exchange.Refused(Status.INVALID_CLIENT_ID);
    }
    access.require(x.session, Right.SERVER);
    for (ClientSession session : sessions) {
      if (Integer.toUnsignedLong(session.clientId()) == x.request.clientId()
          && access.isClient(session)) {
        x.reply(details(session));
        return;
      }
    }
    x.done();
  }

  private void getClients(Exchange<Request.GetClients> x) {
    access.require(x.session, Right.SERVER);
    List<Reply.Client> clients = new ArrayList<>();
    for (ClientSession session : sessions) {
      if (access.isClient(session)) {
        clients.add(session.entry(groups.count(session)));
      }
    }
    x.reply(new Reply.Clients(clients));
  }

  private Reply.ClientDetails details(ClientSession session) {
    List<Reply.Membership> memberships =
        groups.joined(session).stream()
            .map(group -> new Reply.Membership(group.stream(), group.topic(), group.id()))
            .toList();
    return new Reply.ClientDetails(session.entry(memberships.size()), memberships);
  }
}

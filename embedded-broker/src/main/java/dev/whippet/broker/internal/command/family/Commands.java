package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.Catalog;
import dev.whippet.broker.internal.catalog.ConsumerOffsets;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.ReplySink;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.RequestHandler;
import dev.whippet.broker.internal.command.Standing;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Changes;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Hops;
import dev.whippet.broker.internal.command.exchange.Identities;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.PartitionLife;
import dev.whippet.broker.internal.command.exchange.Partitions;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.command.exchange.TopicRules;
import dev.whippet.broker.internal.command.group.Groups;
import dev.whippet.broker.internal.system.Aside;
import dev.whippet.broker.internal.system.MachineFigures;
import dev.whippet.broker.internal.system.SystemSnapshot;
import dev.whippet.internal.wire.Status;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All commands: which handler takes which request, and the checks that come before every handler.
 *
 * <p>The order of the checks (iggy-classic.md 3.1), for every command:
 *
 * <ol>
 *   <li>decoding (3, 4): done by the dialect before the request comes here
 *   <li>login (40): here, except for ping and the two logins
 *   <li>values inside the request (2015, 101 ...): the handler
 *   <li>existence of stream, topic, group (1009, 2010, 5000): {@link Lookup}
 *   <li>permission (41): {@link Access}
 *   <li>conflicts of names, existence of the partition (1012, 2013, 3007): the handler
 * </ol>
 */
public final class Commands implements RequestHandler {

  /**
   * What the commands work with. {@code loops} are the event loops, in order; the clock gives
   * microseconds since the Unix epoch.
   */
  public record Parts(
      Catalog catalog,
      ConsumerOffsets offsets,
      Partitions partitions,
      TopicRules rules,
      Groups.Timing groups,
      List<? extends Executor> loops,
      Aside aside,
      LongSupplier clockMicros) {}

  /** Who the broker is, to its clients, and what it knows them by. */
  public record Identity(
      Identities identities,
      MachineFigures machine,
      SystemSnapshot snapshot,
      Supplier<Reply.Cluster> cluster,
      Grants grants) {}

  /** What a hello learns (whippet-extension.md 2), besides the features. */
  public record Grants(
      byte[] brokerId,
      int requestBytesMax,
      int publishesInFlightMax,
      int publishBytesInFlightMax,
      int pingIntervalMillis) {}

  private record Entry(Exchange.Handler<Request> handler, boolean needsLogin) {}

  private static final Logger LOG = LoggerFactory.getLogger(Commands.class);

  private final Map<Class<? extends Request>, Entry> table = new HashMap<>();
  private final SessionCommands sessions;
  private final TokenCommands tokens;
  private final Services services;

  public Commands(Parts parts, Identity identity) {
    Hops hops = new Hops(parts.loops());
    services =
        new Services(
            parts.catalog(),
            parts.offsets(),
            new Groups(parts.groups(), GroupCommands.stored(parts.catalog(), parts.offsets())),
            parts.partitions(),
            parts.rules(),
            new Access(parts.catalog()),
            identity.identities(),
            new Changes(parts.catalog(), hops),
            hops,
            parts.clockMicros());
    sessions = new SessionCommands(services.access(), services.groups());
    sessions.register(this);
    LoginCommands logins = new LoginCommands(services);
    logins.register(this);
    new UserCommands(services, logins).register(this);
    tokens = new TokenCommands(services);
    tokens.register(this);
    SystemCommands.Machine machine =
        new SystemCommands.Machine(
            identity.machine(), identity.snapshot(), parts.aside(), identity.cluster());
    new SystemCommands(services, sessions, machine).register(this);
    PartitionLife life = new PartitionLife(services);
    new StreamCommands(services, life).register(this);
    new TopicCommands(services, life).register(this);
    new PartitionCommands(services, life).register(this);
    new MessageCommands(services).register(this);
    new OffsetCommands(services).register(this);
    new GroupCommands(services).register(this);
    new ExtensionCommands(services, identity.grants()).register(this);
  }

  /** What a login is worth now, to who keeps it beyond its connection. Any thread. */
  public Standing standing(ClientSession.User login) {
    return services.access().standing(login, services.clockMicros().getAsLong());
  }

  /** Whether the session may look at the server itself. Any thread. */
  public boolean mayReadServer(ClientSession session) {
    return services.access().allows(session, Right.SERVER);
  }

  /** Takes away what has expired; to be called every minute. Loop 0. */
  public void expire() {
    tokens.expire();
  }

  /** Adds a command that needs a login. */
  <R extends Request> void on(Class<R> type, Exchange.Handler<R> handler) {
    put(type, handler, true);
  }

  /** Adds a command that works before login. */
  <R extends Request> void onBeforeLogin(Class<R> type, Exchange.Handler<R> handler) {
    put(type, handler, false);
  }

  @SuppressWarnings("unchecked") // the table's key is the request's class
  private <R extends Request> void put(
      Class<R> type, Exchange.Handler<R> handler, boolean needsLogin) {
    table.put(type, new Entry((Exchange.Handler<Request>) handler, needsLogin));
  }

  @Override
  public ClientSession connected(int clientId, String address, int transport, int loop) {
    ClientSession session = new ClientSession(clientId, address, transport, loop);
    sessions.connected(session);
    return session;
  }

  @Override
  public void handle(ClientSession session, Request request, ReplySink sink) {
    Exchange<Request> exchange = new Exchange<>(session, request, sink);
    Entry entry = table.get(request.getClass());
    try {
      if (entry.needsLogin && !session.loggedIn()) {
        throw new Exchange.Refused(Status.UNAUTHENTICATED);
      }
      entry.handler.handle(exchange);
    } catch (Exchange.Refused refused) {
      exchange.refuse(refused);
    } catch (RuntimeException | Error unexpected) {
      LOG.error("{} failed for {}", request.getClass().getSimpleName(), session, unexpected);
      exchange.refuse(unexpected);
    }
  }

  @Override
  public void disconnected(ClientSession session) {
    sessions.disconnected(session);
    services.hops().postToLoopZero(() -> services.groups().gone(session));
  }
}

package dev.whippet.broker.walk;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Permissions;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Users, permissions, passwords and tokens: root changes them, connections of theirs log in, see
 * what they may and what not, and find out when their user is gone.
 */
final class UserFamily implements Family {
  private static final int NAMES = 6;
  private static final int PASSWORDS = 3;
  private static final int TOKENS = 3;
  private static final int CLIENTS = 5;
  private static final int LOOPS = 3;
  private static final int ACTIVE = 1;
  private static final int INACTIVE = 2;
  private static final int EXPIRY_MICROS_MAX = 2_000_000;

  /** A connection, and whose it is; the user may be deleted. */
  private static final class Client {
    final int loop;
    final ClientSession session;
    Model.User user;

    Client(int loop, ClientSession session) {
      this.loop = loop;
      this.session = session;
    }
  }

  private final List<Client> clients = new ArrayList<>();

  /** What was ever given out, of which much is gone. */
  private final List<Model.Token> given = new ArrayList<>();

  private int connections;

  @Override
  public int weight() {
    return 40;
  }

  @Override
  public void step(Walk walk) {
    if (walk.model.users.size() == 0) {
      create(walk, "in the place of root");
    }
    while (clients.size() < CLIENTS) {
      clients.add(connect(walk));
    }
    Client client = clients.get(walk.random.nextInt(CLIENTS));
    switch (walk.random.nextInt(40)) {
      case 0, 1, 2 -> create(walk, walk.name("user", NAMES));
      case 3 -> delete(walk);
      case 4, 5 -> update(walk);
      case 6, 7 -> changePermissions(walk);
      case 8, 9 -> changePassword(walk);
      case 10 -> getUser(walk, identifier(walk));
      case 11 -> getUsers(walk);
      case 12, 13, 14, 15, 16, 17, 18 -> login(walk, client);
      case 19, 20, 21 -> loginWithToken(walk, client);
      case 22 -> logout(walk, client);
      case 23, 24, 25 -> createToken(walk, client);
      case 26 -> deleteToken(walk, client);
      case 27 -> getTokens(walk, client);
      case 28 -> expire(walk);
      case 29, 30 -> getMe(walk, client);
      default -> look(walk, client);
    }
  }

  /** Nobody is logged in on it. */
  private Client connect(Walk walk) {
    int loop = ++connections % LOOPS;
    Client client = new Client(loop, walk.broker().connect(loop));
    walk.expect(Status.OK, ask(walk, client, new Request.Logout()));
    return client;
  }

  private static Reply ask(Walk walk, Client client, Request request) {
    return walk.ask(client.session, client.loop, request);
  }

  private static Identifier identifier(Walk walk) {
    return walk.identifier(walk.model.users, walk.name("user", NAMES));
  }

  private static Model.User find(Walk walk, Identifier user) {
    int id = Walk.resolve(walk.model.users, user);
    return id < 0 ? null : walk.model.users.get(id);
  }

  private static boolean isRoot(Walk walk, Model.User user) {
    return walk.model.users.get(0) == user;
  }

  private static boolean isGone(Walk walk, Client client) {
    int id = client.user == null ? -1 : walk.model.users.idOf(client.user.name);
    return client.user != null && (id < 0 || walk.model.users.get(id) != client.user);
  }

  private static byte[] password(Walk walk) {
    return walk.name("password", PASSWORDS).getBytes(StandardCharsets.UTF_8);
  }

  /** Mostly the right one. */
  private static byte[] guess(Walk walk, Model.User user) {
    return user == null || walk.chance(12) ? password(walk) : user.password;
  }

  // --- root -------------------------------------------------------------------------------------

  private static void create(Walk walk, String name) {
    byte[] password = password(walk);
    boolean active = !walk.chance(6);
    GrantModel grants = walk.chance(4) ? null : GrantModel.any(walk.random);
    long now = walk.micros();
    Reply reply =
        walk.ask(
            new Request.CreateUser(
                name, password, active ? ACTIVE : INACTIVE, permissions(grants)));
    if (walk.model.users.idOf(name) >= 0) {
      walk.expect(Status.USER_ALREADY_EXISTS, reply);
      return;
    }
    Model.User user = new Model.User(name, now);
    user.password = password;
    user.active = active;
    user.grants = grants;
    expectDetails(walk.model.users.add(user), user, reply);
  }

  private static Permissions permissions(GrantModel grants) {
    return grants == null ? null : new Permissions(grants.encoded());
  }

  private static void expectDetails(int id, Model.User user, Reply reply) {
    byte[] expected = user.grants == null ? null : user.grants.encoded();
    boolean same =
        reply instanceof Reply.UserDetails details
            && details.user().equals(view(id, user))
            && Arrays.equals(details.permissions(), expected);
    Walk.check(same, "another user than " + user.name);
  }

  private static Reply.User view(int id, Model.User user) {
    return new Reply.User(id, user.createdAt, user.active, user.name);
  }

  private static void delete(Walk walk) {
    Identifier asked = identifier(walk);
    Model.User user = find(walk, asked);
    Reply reply = walk.ask(new Request.DeleteUser(asked));
    if (user == null) {
      walk.expect(Status.RESOURCE_NOT_FOUND, reply);
    } else if (isRoot(walk, user)) {
      walk.expect(Status.CANNOT_DELETE_USER, reply);
    } else {
      walk.expect(Status.OK, reply);
      walk.model.users.remove(Walk.resolve(walk.model.users, asked));
    }
  }

  private static void update(Walk walk) {
    Identifier asked = identifier(walk);
    Model.User user = find(walk, asked);
    boolean root = user != null && isRoot(walk, user);
    String name = root || walk.chance(2) ? null : walk.name("user", NAMES);
    Integer status = root || walk.chance(3) ? null : walk.chance(4) ? INACTIVE : ACTIVE;
    Reply reply = walk.ask(new Request.UpdateUser(asked, name, status));
    int holder = name == null ? -1 : walk.model.users.idOf(name);
    if (user == null) {
      walk.expect(Status.RESOURCE_NOT_FOUND, reply);
    } else if (holder >= 0 && walk.model.users.get(holder) != user) {
      walk.expect(Status.USER_ALREADY_EXISTS, reply);
    } else {
      walk.expect(Status.OK, reply);
      user.name = name == null ? user.name : name;
      user.active = status == null ? user.active : status == ACTIVE;
    }
  }

  private static void changePermissions(Walk walk) {
    Identifier asked = identifier(walk);
    Model.User user = find(walk, asked);
    GrantModel grants = walk.chance(4) ? null : GrantModel.any(walk.random);
    Reply reply = walk.ask(new Request.UpdatePermissions(asked, permissions(grants)));
    if (user == null) {
      walk.expect(Status.RESOURCE_NOT_FOUND, reply);
    } else if (isRoot(walk, user)) {
      walk.expect(Status.CANNOT_CHANGE_PERMISSIONS, reply);
    } else {
      walk.expect(Status.OK, reply);
      user.grants = grants;
    }
  }

  private static void changePassword(Walk walk) {
    Identifier asked = identifier(walk);
    Model.User user = find(walk, asked);
    byte[] current = guess(walk, user);
    byte[] replacement = password(walk);
    Reply reply = walk.ask(new Request.ChangePassword(asked, current, replacement));
    if (user == null) {
      walk.expect(Status.RESOURCE_NOT_FOUND, reply);
    } else if (!Arrays.equals(current, user.password)) {
      walk.expect(Status.INVALID_CREDENTIALS, reply);
    } else {
      walk.expect(Status.OK, reply);
      user.password = replacement;
    }
  }

  private static void getUser(Walk walk, Identifier asked) {
    Reply reply = walk.ask(new Request.GetUser(asked));
    Model.User user = find(walk, asked);
    if (user == null) {
      walk.expect(new Reply.Empty(), reply);
    } else {
      expectDetails(Walk.resolve(walk.model.users, asked), user, reply);
    }
  }

  private static void getUsers(Walk walk) {
    List<Reply.User> all = new ArrayList<>();
    walk.model.users.ids().forEach(id -> all.add(view(id, walk.model.users.get(id))));
    walk.expect(new Reply.Users(all), walk.ask(new Request.GetUsers()));
  }

  private static void expire(Walk walk) {
    long now = walk.micros();
    walk.broker().expire();
    walk.pass(0);
    for (int id : walk.model.users.ids()) {
      walk.model.users.get(id).tokens.values().removeIf(token -> token.expired(now));
    }
  }

  // --- logins -----------------------------------------------------------------------------------

  private void login(Walk walk, Client client) {
    String name = walk.name("user", NAMES);
    Model.User user = find(walk, new Identifier.Named(name));
    byte[] password = guess(walk, user);
    Reply reply = ask(walk, client, new Request.Login(name, password, "", ""));
    if (user == null) {
      walk.expect(Status.INVALID_CREDENTIALS, reply);
    } else if (!user.active) {
      walk.expect(Status.USER_INACTIVE, reply);
    } else if (!Arrays.equals(password, user.password)) {
      walk.expect(Status.INVALID_CREDENTIALS, reply);
    } else {
      enter(walk, client, user, reply);
    }
  }

  private void loginWithToken(Walk walk, Client client) {
    if (given.isEmpty()) {
      return;
    }
    Model.Token token = given.get(walk.random.nextInt(given.size()));
    long now = walk.micros();
    Reply reply = ask(walk, client, new Request.LoginWithToken(token.raw()));
    Model.User user = null;
    for (int id : walk.model.users.ids()) {
      user = walk.model.users.get(id).tokens.containsValue(token) ? walk.model.users.get(id) : user;
    }
    if (user == null) {
      walk.expect(Status.RESOURCE_NOT_FOUND, reply);
    } else if (token.expired(now)) {
      walk.expect(Status.TOKEN_EXPIRED, reply);
    } else if (!user.active) {
      walk.expect(Status.USER_INACTIVE, reply);
    } else {
      enter(walk, client, user, reply);
    }
  }

  /** A connection whose user was deleted is no client any more (3.3). */
  private void enter(Walk walk, Client client, Model.User user, Reply reply) {
    if (isGone(walk, client)) {
      walk.expect(Status.CLIENT_NOT_FOUND, reply);
      clients.set(clients.indexOf(client), connect(walk));
    } else {
      walk.expect(new Reply.LoggedIn(walk.model.users.idOf(user.name)), reply);
      client.user = user;
    }
  }

  private static void logout(Walk walk, Client client) {
    Reply reply = ask(walk, client, new Request.Logout());
    walk.expect(client.user == null ? Status.UNAUTHENTICATED : Status.OK, reply);
    client.user = null;
  }

  // --- tokens -----------------------------------------------------------------------------------

  /** 40, or 20 for who is gone; 0 when it is somebody. */
  private static int status(Walk walk, Client client) {
    if (client.user == null) {
      return Status.UNAUTHENTICATED;
    }
    return isGone(walk, client) ? Status.RESOURCE_NOT_FOUND : Status.OK;
  }

  private void createToken(Walk walk, Client client) {
    String name = walk.name("token", TOKENS);
    long span = walk.chance(3) ? 1 + walk.random.nextInt(EXPIRY_MICROS_MAX) : 0;
    long now = walk.micros();
    Reply reply = ask(walk, client, new Request.CreateToken(name, span));
    if (status(walk, client) != Status.OK) {
      walk.expect(status(walk, client), reply);
    } else if (client.user.tokens.containsKey(name)) {
      walk.expect(Status.TOKEN_ALREADY_EXISTS, reply);
    } else {
      Walk.check(reply instanceof Reply.RawToken, "no token but " + reply);
      byte[] raw = ((Reply.RawToken) reply).token();
      Model.Token token = new Model.Token(raw, span == 0 ? 0 : now + span);
      client.user.tokens.put(name, token);
      given.add(token);
    }
  }

  private static void deleteToken(Walk walk, Client client) {
    String name = walk.name("token", TOKENS);
    Reply reply = ask(walk, client, new Request.DeleteToken(name));
    if (status(walk, client) != Status.OK) {
      walk.expect(status(walk, client), reply);
    } else {
      boolean existed = client.user.tokens.remove(name) != null;
      walk.expect(existed ? Status.OK : Status.RESOURCE_NOT_FOUND, reply);
    }
  }

  private static void getTokens(Walk walk, Client client) {
    Reply reply = ask(walk, client, new Request.GetTokens());
    if (status(walk, client) != Status.OK) {
      walk.expect(status(walk, client), reply);
      return;
    }
    List<Reply.Token> all = new ArrayList<>();
    client.user.tokens.forEach((name, token) -> all.add(new Reply.Token(name, token.expiresAt())));
    walk.expect(new Reply.Tokens(all), reply);
  }

  // --- what they may ----------------------------------------------------------------------------

  private void getMe(Walk walk, Client client) {
    Reply reply = ask(walk, client, new Request.GetMe());
    if (client.user == null) {
      walk.expect(Status.UNAUTHENTICATED, reply);
    } else if (isGone(walk, client)) {
      walk.expect(Status.CLIENT_NOT_FOUND, reply);
      clients.set(clients.indexOf(client), connect(walk));
    } else {
      walk.expect(new Reply.ClientDetails(client.session.entry(0), List.of()), reply);
    }
  }

  private static void look(Walk walk, Client client) {
    GrantModel grants = client.user == null || isGone(walk, client) ? null : client.user.grants;
    Place place = Place.any(walk);
    switch (walk.random.nextInt(4)) {
      case 0 ->
          look(walk, client, new Request.GetUsers(), grants != null && grants.readsUsers(), true);
      case 1 ->
          look(
              walk,
              client,
              new Request.GetStreams(),
              grants != null && grants.readsStreams(),
              true);
      case 2 ->
          look(
              walk,
              client,
              new Request.GetStream(place.stream()),
              grants != null && grants.readsStream(place.streamId()),
              place.streamId() >= 0);
      default ->
          look(
              walk,
              client,
              new Request.GetTopic(place.stream(), place.topic()),
              grants != null && grants.readsTopic(place.streamId(), place.topicId()),
              place.found() != null);
    }
  }

  /** What root gets, too, or 41; nothing for what is not there. */
  private static void look(
      Walk walk, Client client, Request request, boolean may, boolean isThere) {
    Reply reply = ask(walk, client, request);
    if (client.user == null) {
      walk.expect(Status.UNAUTHENTICATED, reply);
    } else if (isThere && !may) {
      walk.expect(Status.UNAUTHORIZED, reply);
    } else {
      walk.expect(walk.ask(request), reply);
    }
  }

  // --- the whole --------------------------------------------------------------------------------

  @Override
  public void restarted(Walk walk) {
    clients.clear();
  }

  @Override
  public void compare(Walk walk) {
    getUsers(walk);
    walk.model.users.ids().forEach(id -> getUser(walk, new Identifier.Numeric(id)));
    clients.forEach(client -> getTokens(walk, client));
  }
}

package dev.whippet.broker.internal.command.family;

import dev.whippet.broker.internal.catalog.UserChange.PasswordChanged;
import dev.whippet.broker.internal.catalog.UserChange.PermissionsChanged;
import dev.whippet.broker.internal.catalog.UserChange.UserCreated;
import dev.whippet.broker.internal.catalog.UserChange.UserDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserUpdated;
import dev.whippet.broker.internal.catalog.UserDirectory;
import dev.whippet.broker.internal.catalog.UserEntry;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.exchange.Access;
import dev.whippet.broker.internal.command.exchange.Access.Right;
import dev.whippet.broker.internal.command.exchange.Changes;
import dev.whippet.broker.internal.command.exchange.Exchange;
import dev.whippet.broker.internal.command.exchange.Lookup;
import dev.whippet.broker.internal.command.exchange.Services;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;
import dev.whippet.broker.internal.identity.Passwords;
import dev.whippet.broker.internal.identity.Passwords.Verdict;
import dev.whippet.internal.wire.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Users and their permissions (iggy-classic.md 3.3, 4.9). Unlike for streams and topics, the
 * permission comes before the existence of the user, except for a change of password (20 first) and
 * a read by a name that does not exist (empty). Reads are answered at once; changes are made on
 * loop 0 and answered when they are durable. Passwords are hashed and checked off the loops, and
 * what was checked before is checked again after.
 */
final class UserCommands {

  /** Users at once, root among them. */
  static final int USERS_MAX = 10_000;

  /** Streams and topics that all users' permissions name together (about 100 bytes each). */
  static final int GRANTS_MAX = 100_000;

  private static final int ACTIVE = 1;
  private static final Runnable NOTHING = () -> {};

  private final Services services;
  private final Access access;
  private final Changes changes;
  private final Passwords passwords;
  private final LoginCommands logins;

  UserCommands(Services services, LoginCommands logins) {
    this.services = services;
    this.access = services.access();
    this.changes = services.changes();
    this.passwords = services.identities().passwords();
    this.logins = logins;
  }

  void register(Commands table) {
    table.on(Request.GetUser.class, this::getUser);
    table.on(Request.GetUsers.class, this::getUsers);
    table.on(Request.CreateUser.class, this::createUser);
    table.on(Request.DeleteUser.class, x -> changes.run(x, () -> deleteUser(x)));
    table.on(Request.UpdateUser.class, this::updateUser);
    table.on(Request.UpdatePermissions.class, this::updatePermissions);
    table.on(Request.ChangePassword.class, this::changePassword);
  }

  private void getUser(Exchange<Request.GetUser> x) {
    UserEntry user = Lookup.find(services.catalog().visible().users(), x.request.user());
    boolean noSuchName = user == null && x.request.user() instanceof Identifier.Named;
    if (!noSuchName && !isOwn(x.session, user)) {
      access.require(x.session, Right.USERS_READ);
    }
    if (user == null) {
      x.done();
    } else {
      x.reply(details(user));
    }
  }

  private void getUsers(Exchange<Request.GetUsers> x) {
    access.require(x.session, Right.USERS_READ);
    List<Reply.User> users = new ArrayList<>();
    for (UserEntry user : services.catalog().visible().users().users().all()) {
      users.add(view(user));
    }
    x.reply(new Reply.Users(users));
  }

  private void createUser(Exchange<Request.CreateUser> x) {
    LoginCommands.requireUsername(x.request.username());
    LoginCommands.requirePassword(x.request.password());
    Grants grants = grants(x.request.permissions());
    changes.run(
        x,
        () -> {
          requireCreatable(x, grants);
          hashed(x, x.request.password(), hash -> createUser(x, hash, grants));
        });
  }

  private void createUser(Exchange<Request.CreateUser> x, PasswordHash hash, Grants grants) {
    requireCreatable(x, grants);
    boolean active = x.request.status() == ACTIVE;
    UserCreated change =
        latest()
            .newUser(
                x.request.username(), active, hash, grants, services.clockMicros().getAsLong());
    changes.commit(
        x,
        change,
        NOTHING,
        () ->
            x.reply(
                new Reply.UserDetails(
                    new Reply.User(change.id(), change.createdAtMicros(), active, change.name()),
                    encoded(grants))));
  }

  /** 41, 46, 55: in this order. */
  private void requireCreatable(Exchange<Request.CreateUser> x, Grants grants) {
    access.require(x.session, Right.USERS);
    if (latest().users().get(x.request.username()) != null) {
      throw new Exchange.Refused(Status.USER_ALREADY_EXISTS);
    }
    if (latest().users().size() >= USERS_MAX) {
      throw new Exchange.Refused(Status.USERS_LIMIT_REACHED);
    }
    requireRoom(grants, null);
  }

  private void deleteUser(Exchange<Request.DeleteUser> x) {
    access.require(x.session, Right.USERS);
    UserEntry user = Lookup.user(latest(), x.request.user());
    if (user.isRoot()) {
      throw new Exchange.Refused(Status.CANNOT_DELETE_USER);
    }
    changes.commit(
        x,
        new UserDeleted(user.id()),
        NOTHING,
        () -> {
          services.groups().keep(access::isClient);
          x.done();
        });
  }

  private void updateUser(Exchange<Request.UpdateUser> x) {
    if (x.request.username() != null) {
      LoginCommands.requireUsername(x.request.username());
    }
    changes.run(
        x,
        () -> {
          access.require(x.session, Right.USERS);
          UserEntry user = Lookup.user(latest(), x.request.user());
          String name = x.request.username() == null ? user.name() : x.request.username();
          boolean active =
              x.request.status() == null ? user.active() : x.request.status() == ACTIVE;
          UserEntry holder = latest().users().get(name);
          if (holder != null && holder.id() != user.id()) {
            throw new Exchange.Refused(Status.USER_ALREADY_EXISTS);
          }
          changes.commit(x, new UserUpdated(user.id(), name, active), NOTHING, x::done);
        });
  }

  private void updatePermissions(Exchange<Request.UpdatePermissions> x) {
    Grants grants = grants(x.request.permissions());
    changes.run(
        x,
        () -> {
          access.require(x.session, Right.USERS);
          UserEntry user = Lookup.user(latest(), x.request.user());
          if (user.isRoot()) {
            throw new Exchange.Refused(Status.CANNOT_CHANGE_PERMISSIONS);
          }
          requireRoom(grants, user.grants());
          changes.commit(x, new PermissionsChanged(user.id(), grants), NOTHING, x::done);
        });
  }

  /** 44, 20, 41, 42: in this order. */
  private void changePassword(Exchange<Request.ChangePassword> x) {
    LoginCommands.requirePassword(x.request.current());
    LoginCommands.requirePassword(x.request.replacement());
    changes.run(
        x,
        () -> {
          UserEntry user = requireChangeable(x);
          logins.requireAdmitted(x, user.name());
          passwords.check(
              user.password(),
              x.request.current(),
              verdict -> changes.resume(x, () -> checked(x, user, verdict)));
        });
  }

  private void checked(Exchange<Request.ChangePassword> x, UserEntry user, Verdict verdict) {
    switch (verdict) {
      case BUSY -> throw new Exchange.Refused(Status.TASK_TIMEOUT);
      case WRONG -> {
        logins.failed(x, user.name());
        throw new Exchange.Refused(Status.INVALID_CREDENTIALS);
      }
      case FITS -> hashed(x, x.request.replacement(), hash -> setPassword(x, user, hash));
    }
  }

  private void setPassword(
      Exchange<Request.ChangePassword> x, UserEntry checked, PasswordHash hash) {
    UserEntry user = requireChangeable(x);
    if (user.password() != checked.password()) { // changed while it was checked
      throw new Exchange.Refused(Status.INVALID_CREDENTIALS);
    }
    changes.commit(x, new PasswordChanged(user.id(), hash), NOTHING, x::done);
  }

  private UserEntry requireChangeable(Exchange<Request.ChangePassword> x) {
    UserEntry user = Lookup.user(latest(), x.request.user());
    if (!isOwn(x.session, user)) {
      access.require(x.session, Right.USERS);
    }
    return user;
  }

  /** Makes the hash off the loop and goes on with it on loop 0. */
  private void hashed(Exchange<?> x, byte[] password, Consumer<PasswordHash> next) {
    passwords.make(
        password,
        hash ->
            changes.resume(
                x,
                () -> {
                  if (hash == null) {
                    throw new Exchange.Refused(Status.TASK_TIMEOUT);
                  }
                  next.accept(hash);
                }));
  }

  private static boolean isOwn(ClientSession session, UserEntry user) {
    return user != null
        && session.userId() == user.id()
        && session.user().serial() == user.serial();
  }

  /** Decoding has checked the layout; too many entries are 4. */
  private static Grants grants(Request.Permissions permissions) {
    try {
      return permissions == null ? null : Grants.decoded(permissions.encoded());
    } catch (IllegalArgumentException tooMany) {
      throw new Exchange.Refused(Status.INVALID_FORMAT);
    }
  }

  private void requireRoom(Grants wanted, Grants before) {
    int more = (wanted == null ? 0 : wanted.entries()) - (before == null ? 0 : before.entries());
    if (more > 0 && latest().grantEntries() + more > GRANTS_MAX) {
      throw new Exchange.Refused(Status.USERS_LIMIT_REACHED);
    }
  }

  private UserDirectory latest() {
    return services.catalog().latest().users();
  }

  private static Reply.UserDetails details(UserEntry user) {
    return new Reply.UserDetails(view(user), encoded(user.grants()));
  }

  private static Reply.User view(UserEntry user) {
    return new Reply.User(user.id(), user.createdAtMicros(), user.active(), user.name());
  }

  private static byte[] encoded(Grants grants) {
    return grants == null ? null : grants.encoded();
  }
}

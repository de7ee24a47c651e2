package dev.whippet.broker.internal.wire;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.command.Request.Permissions;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Status;
import java.nio.charset.StandardCharsets;

/**
 * Payloads of the users' and tokens' commands, 31 to 44 (iggy-classic.md 3.2, 4.9).
 *
 * <pre>
 * permissions: 10 flags | u8 has streams
 *   per stream: u32 id | 6 flags | u8 has topics
 *     per topic: u32 id | 4 flags | u8 has next topic
 *   u8 has next stream
 * </pre>
 *
 * <p>Stateless; any thread.
 */
final class UserDecoder {
  private static final int ACTIVE = 1;
  private static final int INACTIVE = 2;
  private static final int GLOBAL_FLAGS = 10;
  private static final int STREAM_FLAGS = 6;
  private static final int TOPIC_FLAGS = 4;

  private UserDecoder() {}

  static Request decode(int code, PayloadReader in) throws Refusal {
    return switch (code) {
      case Command.GET_USER -> new Request.GetUser(in.identifier());
      case Command.GET_USERS -> new Request.GetUsers();
      case Command.CREATE_USER -> createUser(in);
      case Command.DELETE_USER -> new Request.DeleteUser(in.identifier());
      case Command.UPDATE_USER -> updateUser(in);
      case Command.UPDATE_PERMISSIONS ->
          new Request.UpdatePermissions(in.identifier(), permissions(in));
      case Command.CHANGE_PASSWORD ->
          new Request.ChangePassword(in.identifier(), in.secret(), in.secret());
      case Command.LOGIN_USER ->
          new Request.Login(in.name(), in.secret(), in.text32(), in.text32());
      case Command.LOGOUT_USER -> new Request.Logout();
      case Command.GET_TOKENS -> new Request.GetTokens();
      case Command.CREATE_TOKEN -> new Request.CreateToken(in.name(), in.u64());
      case Command.DELETE_TOKEN -> new Request.DeleteToken(in.name());
      case Command.LOGIN_WITH_TOKEN ->
          new Request.LoginWithToken(in.name().getBytes(StandardCharsets.UTF_8));
      default -> throw new Refusal(Status.INVALID_COMMAND);
    };
  }

  /** Wrong lengths of name and password come before an unknown status (3.3): 43, 44, then 3. */
  private static Request createUser(PayloadReader in) throws Refusal {
    String username = in.name();
    byte[] password = in.secret();
    int status = in.u8();
    Permissions permissions = permissions(in);
    if (usernameFits(username) && passwordFits(password)) {
      requireKnownStatus(status);
    }
    return new Request.CreateUser(username, password, status, permissions);
  }

  private static Request updateUser(PayloadReader in) throws Refusal {
    Identifier user = in.identifier();
    String username = in.present() ? in.name() : null;
    Integer status = in.present() ? Integer.valueOf(in.u8()) : null;
    if (status != null && (username == null || usernameFits(username))) {
      requireKnownStatus(status);
    }
    return new Request.UpdateUser(user, username, status);
  }

  private static boolean usernameFits(String username) {
    int bytes = username.getBytes(StandardCharsets.UTF_8).length;
    return bytes >= Limits.USERNAME_BYTES_MIN && bytes <= Limits.USERNAME_BYTES_MAX;
  }

  private static boolean passwordFits(byte[] password) {
    return password.length >= Limits.PASSWORD_BYTES_MIN
        && password.length <= Limits.PASSWORD_BYTES_MAX;
  }

  private static void requireKnownStatus(int status) throws Refusal {
    if (status != ACTIVE && status != INACTIVE) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
  }

  /** {@code u8} flag, then if 1: {@code u32} length, block. Null = none. */
  private static Permissions permissions(PayloadReader in) throws Refusal {
    if (!in.present()) {
      return null;
    }
    long length = in.count32();
    if (length > in.remaining()) {
      throw new Refusal(Status.INVALID_FORMAT);
    }
    byte[] block = in.bytes((int) length);
    normalize(block);
    return new Permissions(block);
  }

  /** Checks the block and makes every flag 0 or 1, in place. Cut off: 3, longer: 4. */
  private static void normalize(byte[] block) throws Refusal {
    int at = flags(block, 0, GLOBAL_FLAGS);
    boolean nextStream = presence(block, at++);
    while (nextStream) {
      at = flags(block, at + Integer.BYTES, STREAM_FLAGS);
      boolean nextTopic = presence(block, at++);
      while (nextTopic) {
        at = flags(block, at + Integer.BYTES, TOPIC_FLAGS);
        nextTopic = presence(block, at++);
      }
      nextStream = presence(block, at++);
    }
    if (at != block.length) {
      throw new Refusal(Status.INVALID_FORMAT);
    }
  }

  /** Any value but 0 is true. */
  private static int flags(byte[] block, int from, int count) throws Refusal {
    if (from + count > block.length) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    for (int i = from; i < from + count; i++) {
      block[i] = (byte) (block[i] == 0 ? 0 : 1);
    }
    return from + count;
  }

  /** Only 1 is true. */
  private static boolean presence(byte[] block, int at) throws Refusal {
    if (at >= block.length) {
      throw new Refusal(Status.INVALID_COMMAND);
    }
    block[at] = (byte) (block[at] == 1 ? 1 : 0);
    return block[at] == 1;
  }
}

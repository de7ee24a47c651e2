package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.UserChange.PasswordChanged;
import dev.whippet.broker.internal.catalog.UserChange.PermissionsChanged;
import dev.whippet.broker.internal.catalog.UserChange.TokenCreated;
import dev.whippet.broker.internal.catalog.UserChange.TokenDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserCreated;
import dev.whippet.broker.internal.catalog.UserChange.UserDeleted;
import dev.whippet.broker.internal.catalog.UserChange.UserSlots;
import dev.whippet.broker.internal.catalog.UserChange.UserUpdated;
import dev.whippet.broker.internal.catalog.UserEntry.Token;
import dev.whippet.broker.internal.identity.AccessToken;
import dev.whippet.broker.internal.identity.Grants;
import dev.whippet.broker.internal.identity.PasswordHash;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The bytes of the catalog's entries about users, kinds 48 to 63 of {@link CatalogEntry}.
 *
 * <pre>
 * 48 user created         u32 id, u64 serial, u64 created at (micros), u8 active, name,
 *                         password, permissions
 * 49 user updated         u32 id, u8 active, name
 * 50 user deleted         u32 id
 * 51 permissions changed  u32 id, permissions
 * 52 password changed     u32 id, password
 * 53 token created        u32 user, u64 expires at (micros, 0 never), 32 bytes hash, name
 * 54 token deleted        u32 user, name
 * 55 user slots           u64 next serial, u32 count, count x u32 free id
 *
 * password    = u32 length, that many bytes of {@link PasswordHash}
 * permissions = u32 length, that many bytes of {@link Grants}; length 0 is none, and the end;
 *               u32 count, count x u32 streams that were deleted since
 * </pre>
 */
final class UserChangeCodec {

  static final int FIRST_KIND = 48;
  static final int LAST_KIND = 63;

  private static final int USER_CREATED = 48;
  private static final int USER_UPDATED = 49;
  private static final int USER_DELETED = 50;
  private static final int PERMISSIONS_CHANGED = 51;
  private static final int PASSWORD_CHANGED = 52;
  private static final int TOKEN_CREATED = 53;
  private static final int TOKEN_DELETED = 54;
  private static final int USER_SLOTS = 55;

  /** The fixed part of the longest entry, its name, and the lengths of its blocks. */
  private static final int ENTRY_BYTES_MAX = 64 + 256;

  private UserChangeCodec() {}

  static byte[] encode(UserChange change) {
    if (change instanceof UserCreated it) {
      return encode(it);
    }
    if (change instanceof UserUpdated it) {
      ByteBuffer out = CatalogEntry.start(USER_UPDATED, ENTRY_BYTES_MAX).putInt(it.id());
      return CatalogEntry.finish(CatalogEntry.name(flag(out, it.active()), it.name()));
    }
    if (change instanceof UserDeleted it) {
      return CatalogEntry.finish(CatalogEntry.start(USER_DELETED, 5).putInt(it.id()));
    }
    if (change instanceof PermissionsChanged it) {
      byte[] grants = encoded(it.grants());
      ByteBuffer out = CatalogEntry.start(PERMISSIONS_CHANGED, 5 + grants.length);
      return CatalogEntry.finish(out.putInt(it.id()).put(grants));
    }
    if (change instanceof PasswordChanged it) {
      byte[] password = it.password().encoded();
      ByteBuffer out = CatalogEntry.start(PASSWORD_CHANGED, 9 + password.length);
      return CatalogEntry.finish(block(out.putInt(it.id()), password));
    }
    if (change instanceof TokenCreated it) {
      ByteBuffer out = CatalogEntry.start(TOKEN_CREATED, ENTRY_BYTES_MAX).putInt(it.user());
      out.putLong(it.token().expiresAtMicros()).put(it.token().hash());
      return CatalogEntry.finish(CatalogEntry.name(out, it.token().name()));
    }
    if (change instanceof TokenDeleted it) {
      ByteBuffer out = CatalogEntry.start(TOKEN_DELETED, ENTRY_BYTES_MAX).putInt(it.user());
      return CatalogEntry.finish(CatalogEntry.name(out, it.name()));
    }
    UserSlots it = (UserSlots) change;
    ByteBuffer out = CatalogEntry.start(USER_SLOTS, 13 + 4 * it.free().length);
    return CatalogEntry.finish(CatalogEntry.ids(out.putLong(it.nextSerial()), it.free()));
  }

  private static byte[] encode(UserCreated it) {
    byte[] password = it.password().encoded();
    byte[] grants = encoded(it.grants());
    ByteBuffer out =
        CatalogEntry.start(USER_CREATED, ENTRY_BYTES_MAX + password.length + grants.length);
    out.putInt(it.id()).putLong(it.serial()).putLong(it.createdAtMicros());
    CatalogEntry.name(flag(out, it.active()), it.name());
    return CatalogEntry.finish(block(out, password).put(grants));
  }

  /** Throws {@link IllegalArgumentException} or {@link BufferUnderflowException}. */
  static UserChange decode(int kind, ByteBuffer in) {
    return switch (kind) {
      case USER_CREATED -> userCreated(in);
      case USER_UPDATED -> {
        int id = in.getInt();
        boolean active = in.get() != 0;
        yield new UserUpdated(id, CatalogEntry.name(in), active);
      }
      case USER_DELETED -> new UserDeleted(in.getInt());
      case PERMISSIONS_CHANGED -> new PermissionsChanged(in.getInt(), grants(in));
      case PASSWORD_CHANGED -> new PasswordChanged(in.getInt(), password(in));
      case TOKEN_CREATED -> tokenCreated(in);
      case TOKEN_DELETED -> new TokenDeleted(in.getInt(), CatalogEntry.name(in));
      case USER_SLOTS -> new UserSlots(in.getLong(), CatalogEntry.ids(in));
      default -> throw new IllegalArgumentException("unknown kind " + kind);
    };
  }

  private static UserCreated userCreated(ByteBuffer in) {
    int id = in.getInt();
    long serial = in.getLong();
    long createdAtMicros = in.getLong();
    boolean active = in.get() != 0;
    String name = CatalogEntry.name(in);
    return new UserCreated(id, serial, createdAtMicros, name, active, password(in), grants(in));
  }

  private static TokenCreated tokenCreated(ByteBuffer in) {
    int user = in.getInt();
    long expiresAtMicros = in.getLong();
    byte[] hash = new byte[AccessToken.HASH_BYTES];
    in.get(hash);
    return new TokenCreated(user, new Token(CatalogEntry.name(in), hash, expiresAtMicros));
  }

  private static byte[] encoded(Grants grants) {
    if (grants == null) {
      return new byte[Integer.BYTES];
    }
    byte[] block = grants.encoded();
    int[] ended = grants.ended();
    ByteBuffer out =
        ByteBuffer.allocate(4 + block.length + 4 + 4 * ended.length).order(ByteOrder.LITTLE_ENDIAN);
    return CatalogEntry.ids(block(out, block), ended).array();
  }

  private static Grants grants(ByteBuffer in) {
    byte[] block = block(in);
    if (block.length == 0) {
      return null;
    }
    Grants grants = Grants.decoded(block);
    for (int stream : CatalogEntry.ids(in)) {
      grants = grants.ending(stream);
    }
    return grants;
  }

  private static PasswordHash password(ByteBuffer in) {
    return PasswordHash.decoded(block(in));
  }

  private static ByteBuffer flag(ByteBuffer out, boolean flag) {
    return out.put((byte) (flag ? 1 : 0));
  }

  private static ByteBuffer block(ByteBuffer out, byte[] block) {
    return out.putInt(block.length).put(block);
  }

  private static byte[] block(ByteBuffer in) {
    int length = in.getInt();
    if (length < 0 || length > in.remaining()) {
      throw new BufferUnderflowException();
    }
    byte[] block = new byte[length];
    in.get(block);
    return block;
  }
}

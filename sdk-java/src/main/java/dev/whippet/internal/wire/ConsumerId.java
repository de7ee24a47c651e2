package dev.whippet.internal.wire;

import okio.Buffer;

/**
 * Who polls and stores offsets: one consumer by its own number or name, or a member of a group
 * (iggy-classic.md 4.2): {@code u8} kind (1 consumer, 2 group), identifier.
 *
 * <p>Immutable; any thread.
 */
public final class ConsumerId {
  private final boolean group;
  private final Identifier identifier;

  private ConsumerId(boolean group, Identifier identifier) {
    this.group = group;
    this.identifier = identifier;
  }

  /** A name is hashed by the server: a number and a name with that hash share their offsets. */
  public static ConsumerId consumer(Identifier identifier) {
    return new ConsumerId(false, identifier);
  }

  public static ConsumerId group(Identifier identifier) {
    return new ConsumerId(true, identifier);
  }

  void writeTo(Buffer out) {
    out.writeByte(group ? 2 : 1);
    identifier.writeTo(out);
  }

  int byteCount() {
    return 1 + identifier.byteCount();
  }
}

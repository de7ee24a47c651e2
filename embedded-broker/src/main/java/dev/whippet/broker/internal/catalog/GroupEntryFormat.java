package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupSerialFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange.GroupSlotsFree;
import java.nio.ByteBuffer;

/**
 * The bytes of the catalog's entries about consumer groups, as in {@link CatalogEntry}.
 *
 * <pre>
 * 33 group created       u32 stream, u32 topic, u32 id, u32 serial, name
 * 34 group deleted       u32 stream, u32 topic, u32 id
 * 35 group slots free    u32 stream, u32 topic, u32 count, count x u32 id
 * 36 group serial floor  u32 next
 * </pre>
 */
final class GroupEntryFormat {

  private static final int CREATED = 33;
  private static final int DELETED = 34;
  private static final int SLOTS_FREE = 35;
  private static final int SERIAL_FLOOR = 36;

  private GroupEntryFormat() {}

  static boolean has(int kind) {
    return kind >= CREATED && kind <= SERIAL_FLOOR;
  }

  static byte[] encode(GroupChange change) {
    if (change instanceof GroupCreated it) {
      ByteBuffer out = CatalogEntry.start(CREATED, CatalogEntry.NAMED_ENTRY_BYTES_MAX);
      out.putInt(it.stream()).putInt(it.topic()).putInt(it.id()).putInt(it.serial());
      return CatalogEntry.finish(CatalogEntry.name(out, it.name()));
    }
    if (change instanceof GroupDeleted it) {
      ByteBuffer out = CatalogEntry.start(DELETED, 13);
      return CatalogEntry.finish(out.putInt(it.stream()).putInt(it.topic()).putInt(it.id()));
    }
    if (change instanceof GroupSlotsFree it) {
      ByteBuffer out = CatalogEntry.start(SLOTS_FREE, 13 + 4 * it.ids().length);
      out.putInt(it.stream()).putInt(it.topic());
      return CatalogEntry.finish(CatalogEntry.ids(out, it.ids()));
    }
    GroupSerialFloor floor = (GroupSerialFloor) change;
    return CatalogEntry.finish(CatalogEntry.start(SERIAL_FLOOR, 5).putInt(floor.next()));
  }

  static GroupChange decode(int kind, ByteBuffer in) {
    return switch (kind) {
      case CREATED ->
          new GroupCreated(
              in.getInt(), in.getInt(), in.getInt(), in.getInt(), CatalogEntry.name(in));
      case DELETED -> new GroupDeleted(in.getInt(), in.getInt(), in.getInt());
      case SLOTS_FREE -> new GroupSlotsFree(in.getInt(), in.getInt(), CatalogEntry.ids(in));
      case SERIAL_FLOOR -> new GroupSerialFloor(in.getInt());
      default -> throw new IllegalArgumentException("unknown kind of group entry: " + kind);
    };
  }
}

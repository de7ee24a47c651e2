package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.GroupChange;
import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAdded;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsAre;
import dev.whippet.broker.internal.catalog.CatalogChange.PartitionsRemoved;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamRenamed;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamSlotsFree;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicIs;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicSlotsFree;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicUpdated;
import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.catalog.TopicEntry.PartitionEntry;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * The bytes of one entry of the catalog's journal, little-endian, the kind first. The journal
 * frames and checks entries; a kind that is not listed is damage or a newer version, and is
 * refused.
 *
 * <pre>
 *  1 stream created      u32 id, u64 created at (micros), name
 *  2 stream deleted      u32 id
 *  3 topic created       u32 stream, u32 id, u64 created at, u8 compression, u64 expiry,
 *                        u64 max size, u8 replication, u32 partitions,
 *                        u64 first incarnation, name
 *  4 topic deleted       u32 stream, u32 id
 *  5 stream slots free   u32 count, count x u32 id
 *  6 topic slots free    u32 stream, u32 count, count x u32 id
 *  7 incarnation floor   u64 next
 * 16 stream renamed      u32 id, name
 * 17 topic updated       u32 stream, u32 id, u8 compression, u64 expiry, u64 max size,
 *                        u8 replication, name
 * 18 partitions added    u32 stream, u32 topic, u64 created at, u32 count,
 *                        u64 first incarnation
 * 19 partitions removed  u32 stream, u32 topic, u32 count (the last ones)
 * 20 partitions are      u32 stream, u32 topic, u32 count, count x
 *                        (u64 created at, u64 incarnation, u64 identity)
 * 21 topic is            as 3, without partitions, then the list of 20
 * 32 producer            u32 user, 16 bytes producer, u32 epoch, 16 bytes instance
 * 33 to 36 groups        {@link GroupEntryFormat}
 * 48 to 63 users         {@link UserChangeCodec}
 *
 * name = u8 length, that many bytes UTF-8
 * </pre>
 */
final class CatalogEntry {

  private static final int STREAM_CREATED = 1;
  private static final int STREAM_DELETED = 2;
  private static final int TOPIC_CREATED = 3;
  private static final int TOPIC_DELETED = 4;
  private static final int STREAM_SLOTS_FREE = 5;
  private static final int TOPIC_SLOTS_FREE = 6;
  private static final int INCARNATION_FLOOR = 7;
  private static final int STREAM_RENAMED = 16;
  private static final int TOPIC_UPDATED = 17;
  private static final int PARTITIONS_ADDED = 18;
  private static final int PARTITIONS_REMOVED = 19;
  private static final int PARTITIONS_ARE = 20;
  private static final int TOPIC_IS = 21;
  private static final int PRODUCER = 32;

  private static final int PARTITION_BYTES = 24;

  /** The fixed part of the longest entry with a name, and the name. */
  static final int NAMED_ENTRY_BYTES_MAX = 64 + 256;

  private CatalogEntry() {}

  static byte[] encode(CatalogChange change) {
    if (change instanceof StreamCreated it) {
      ByteBuffer out = start(STREAM_CREATED, NAMED_ENTRY_BYTES_MAX);
      return finish(name(out.putInt(it.id()).putLong(it.createdAtMicros()), it.name()));
    }
    if (change instanceof StreamDeleted it) {
      return finish(start(STREAM_DELETED, 5).putInt(it.id()));
    }
    if (change instanceof TopicCreated it) {
      return finish(topic(start(TOPIC_CREATED, NAMED_ENTRY_BYTES_MAX), it));
    }
    if (change instanceof TopicIs it) {
      int bytes = NAMED_ENTRY_BYTES_MAX + 4 + PARTITION_BYTES * it.partitions().size();
      return finish(partitions(topic(start(TOPIC_IS, bytes), it.topic()), it.partitions()));
    }
    if (change instanceof TopicDeleted it) {
      return finish(start(TOPIC_DELETED, 9).putInt(it.stream()).putInt(it.id()));
    }
    if (change instanceof StreamRenamed it) {
      ByteBuffer out = start(STREAM_RENAMED, NAMED_ENTRY_BYTES_MAX);
      return finish(name(out.putInt(it.id()), it.name()));
    }
    if (change instanceof TopicUpdated it) {
      ByteBuffer out = start(TOPIC_UPDATED, NAMED_ENTRY_BYTES_MAX);
      out.putInt(it.stream()).putInt(it.id());
      return finish(name(settings(out, it.settings()), it.name()));
    }
    if (change instanceof PartitionsAdded it) {
      ByteBuffer out = start(PARTITIONS_ADDED, 29).putInt(it.stream()).putInt(it.topic());
      out.putLong(it.createdAtMicros()).putInt(it.count()).putLong(it.firstIncarnation());
      return finish(out);
    }
    if (change instanceof PartitionsRemoved it) {
      ByteBuffer out = start(PARTITIONS_REMOVED, 13);
      return finish(out.putInt(it.stream()).putInt(it.topic()).putInt(it.count()));
    }
    if (change instanceof PartitionsAre it) {
      return encode(it);
    }
    if (change instanceof StreamSlotsFree it) {
      return finish(ids(start(STREAM_SLOTS_FREE, 5 + 4 * it.ids().length), it.ids()));
    }
    if (change instanceof TopicSlotsFree it) {
      ByteBuffer out = start(TOPIC_SLOTS_FREE, 9 + 4 * it.ids().length);
      return finish(ids(out.putInt(it.stream()), it.ids()));
    }
    if (change instanceof UserChange it) {
      return UserChangeCodec.encode(it);
    }
    if (change instanceof IncarnationFloor it) {
      return finish(start(INCARNATION_FLOOR, 9).putLong(it.next()));
    }
    if (change instanceof GroupChange it) {
      return GroupEntryFormat.encode(it);
    }
    throw new IllegalArgumentException("unknown change: " + change);
  }

  private static ByteBuffer topic(ByteBuffer out, TopicCreated it) {
    out.putInt(it.stream()).putInt(it.id()).putLong(it.createdAtMicros());
    settings(out, it.settings()).putInt(it.partitions()).putLong(it.firstIncarnation());
    return name(out, it.name());
  }

  private static byte[] encode(PartitionsAre it) {
    ByteBuffer out = start(PARTITIONS_ARE, 13 + PARTITION_BYTES * it.partitions().size());
    return finish(partitions(out.putInt(it.stream()).putInt(it.topic()), it.partitions()));
  }

  private static ByteBuffer partitions(ByteBuffer out, List<PartitionEntry> partitions) {
    out.putInt(partitions.size());
    for (PartitionEntry one : partitions) {
      out.putLong(one.createdAtMicros()).putLong(one.incarnation()).putLong(one.identity());
    }
    return out;
  }

  private static ByteBuffer settings(ByteBuffer out, Settings settings) {
    out.put((byte) settings.compression());
    out.putLong(settings.messageExpiryMicros()).putLong(settings.maxSizeBytes());
    return out.put((byte) settings.replicationFactor());
  }

  private static Settings settings(ByteBuffer in) {
    return new Settings(in.get() & 0xff, in.getLong(), in.getLong(), in.get() & 0xff);
  }

  static byte[] encode(ProducerKey producer, Opening opening) {
    ByteBuffer out = start(PRODUCER, 41);
    sixteen(out.putInt(producer.userId()), producer.idHigh(), producer.idLow());
    sixteen(out.putInt(opening.epoch()), opening.instanceHigh(), opening.instanceLow());
    return finish(out);
  }

  /**
   * Reads one entry and tells what it says to one of the two; throws {@link
   * IllegalArgumentException} with what is wrong about it.
   */
  static void decode(
      byte[] entry, Consumer<CatalogChange> changes, BiConsumer<ProducerKey, Opening> producers) {
    ByteBuffer in = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN);
    try {
      int kind = in.get() & 0xff;
      if (kind == PRODUCER) {
        ProducerKey producer = ProducerKey.of(in.getInt(), sixteen(in));
        producers.accept(producer, Opening.of(in.getInt(), sixteen(in)));
      } else {
        changes.accept(decode(kind, in));
      }
    } catch (BufferUnderflowException e) {
      throw new IllegalArgumentException("catalog entry cut short at " + entry.length + " bytes");
    }
    if (in.hasRemaining()) {
      throw new IllegalArgumentException("catalog entry has " + in.remaining() + " bytes too many");
    }
  }

  private static CatalogChange decode(int kind, ByteBuffer in) {
    if (GroupEntryFormat.has(kind)) {
      return GroupEntryFormat.decode(kind, in);
    }
    if (kind >= UserChangeCodec.FIRST_KIND && kind <= UserChangeCodec.LAST_KIND) {
      return UserChangeCodec.decode(kind, in);
    }
    switch (kind) {
      case STREAM_CREATED:
        return new StreamCreated(in.getInt(), in.getLong(), name(in));
      case STREAM_DELETED:
        return new StreamDeleted(in.getInt());
      case TOPIC_CREATED:
        return topicCreated(in);
      case TOPIC_DELETED:
        return new TopicDeleted(in.getInt(), in.getInt());
      case STREAM_RENAMED:
        return new StreamRenamed(in.getInt(), name(in));
      case TOPIC_UPDATED:
        return topicUpdated(in);
      case PARTITIONS_ADDED:
        return new PartitionsAdded(
            in.getInt(), in.getInt(), in.getLong(), in.getInt(), in.getLong());
      case PARTITIONS_REMOVED:
        return new PartitionsRemoved(in.getInt(), in.getInt(), in.getInt());
      case PARTITIONS_ARE:
        return new PartitionsAre(in.getInt(), in.getInt(), partitions(in));
      case TOPIC_IS:
        return new TopicIs(topicCreated(in), partitions(in));
      case STREAM_SLOTS_FREE:
        return new StreamSlotsFree(ids(in));
      case TOPIC_SLOTS_FREE:
        return new TopicSlotsFree(in.getInt(), ids(in));
      case INCARNATION_FLOOR:
        return new IncarnationFloor(in.getLong());
      default:
        throw new IllegalArgumentException("unknown kind of catalog entry: " + kind);
    }
  }

  private static TopicCreated topicCreated(ByteBuffer in) {
    int stream = in.getInt();
    int id = in.getInt();
    long createdAtMicros = in.getLong();
    Settings settings = settings(in);
    int partitions = in.getInt();
    long firstIncarnation = in.getLong();
    return new TopicCreated(
        stream, id, createdAtMicros, name(in), settings, partitions, firstIncarnation);
  }

  private static TopicUpdated topicUpdated(ByteBuffer in) {
    int stream = in.getInt();
    int id = in.getInt();
    Settings settings = settings(in);
    return new TopicUpdated(stream, id, name(in), settings);
  }

  private static List<PartitionEntry> partitions(ByteBuffer in) {
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / PARTITION_BYTES) {
      throw new BufferUnderflowException();
    }
    List<PartitionEntry> partitions = new ArrayList<>(count);
    for (int id = 0; id < count; id++) {
      partitions.add(new PartitionEntry(id, in.getLong(), in.getLong(), in.getLong()));
    }
    return partitions;
  }

  static ByteBuffer start(int kind, int bytesMax) {
    return ByteBuffer.allocate(bytesMax).order(ByteOrder.LITTLE_ENDIAN).put((byte) kind);
  }

  static byte[] finish(ByteBuffer out) {
    byte[] entry = new byte[out.position()];
    out.flip().get(entry);
    return entry;
  }

  static ByteBuffer name(ByteBuffer out, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 1 || bytes.length > 255) {
      throw new IllegalArgumentException("a name has 1..255 bytes, not " + bytes.length);
    }
    return out.put((byte) bytes.length).put(bytes);
  }

  static String name(ByteBuffer in) {
    byte[] bytes = new byte[in.get() & 0xff];
    in.get(bytes);
    return new String(bytes, StandardCharsets.UTF_8);
  }

  private static void sixteen(ByteBuffer out, long high, long low) {
    out.putLong(Long.reverseBytes(high)).putLong(Long.reverseBytes(low));
  }

  private static byte[] sixteen(ByteBuffer in) {
    byte[] bytes = new byte[16];
    in.get(bytes);
    return bytes;
  }

  static ByteBuffer ids(ByteBuffer out, int[] ids) {
    out.putInt(ids.length);
    for (int id : ids) {
      out.putInt(id);
    }
    return out;
  }

  static int[] ids(ByteBuffer in) {
    int count = in.getInt();
    if (count < 0 || count > in.remaining() / 4) {
      throw new BufferUnderflowException();
    }
    int[] ids = new int[count];
    for (int i = 0; i < count; i++) {
      ids[i] = in.getInt();
    }
    return ids;
  }
}

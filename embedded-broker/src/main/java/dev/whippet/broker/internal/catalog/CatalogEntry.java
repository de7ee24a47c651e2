package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.catalog.CatalogChange.IncarnationFloor;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.StreamSlotsFree;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicCreated;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicDeleted;
import dev.whippet.broker.internal.catalog.CatalogChange.TopicSlotsFree;
import dev.whippet.broker.internal.catalog.Producers.Opening;
import dev.whippet.broker.internal.catalog.Producers.ProducerKey;
import dev.whippet.broker.internal.catalog.TopicEntry.Settings;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
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
 * 32 producer            u32 user, 16 bytes producer, u32 epoch, 16 bytes instance
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
  private static final int PRODUCER = 32;

  /** The fixed part of the longest entry with a name, and the name. */
  private static final int NAMED_ENTRY_BYTES_MAX = 64 + 256;

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
      return encode(it);
    }
    if (change instanceof TopicDeleted it) {
      return finish(start(TOPIC_DELETED, 9).putInt(it.stream()).putInt(it.id()));
    }
    if (change instanceof StreamSlotsFree it) {
      return finish(ids(start(STREAM_SLOTS_FREE, 5 + 4 * it.ids().length), it.ids()));
    }
    if (change instanceof TopicSlotsFree it) {
      ByteBuffer out = start(TOPIC_SLOTS_FREE, 9 + 4 * it.ids().length);
      return finish(ids(out.putInt(it.stream()), it.ids()));
    }
    if (change instanceof IncarnationFloor it) {
      return finish(start(INCARNATION_FLOOR, 9).putLong(it.next()));
    }
    throw new IllegalArgumentException("unknown change: " + change);
  }

  private static byte[] encode(TopicCreated it) {
    Settings settings = it.settings();
    ByteBuffer out = start(TOPIC_CREATED, NAMED_ENTRY_BYTES_MAX);
    out.putInt(it.stream()).putInt(it.id()).putLong(it.createdAtMicros());
    out.put((byte) settings.compression());
    out.putLong(settings.messageExpiryMicros()).putLong(settings.maxSizeBytes());
    out.put((byte) settings.replicationFactor());
    out.putInt(it.partitions()).putLong(it.firstIncarnation());
    return finish(name(out, it.name()));
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
    switch (kind) {
      case STREAM_CREATED:
        return new StreamCreated(in.getInt(), in.getLong(), name(in));
      case STREAM_DELETED:
        return new StreamDeleted(in.getInt());
      case TOPIC_CREATED:
        return topicCreated(in);
      case TOPIC_DELETED:
        return new TopicDeleted(in.getInt(), in.getInt());
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
    Settings settings = new Settings(in.get() & 0xff, in.getLong(), in.getLong(), in.get() & 0xff);
    int partitions = in.getInt();
    long firstIncarnation = in.getLong();
    return new TopicCreated(
        stream, id, createdAtMicros, name(in), settings, partitions, firstIncarnation);
  }

  private static ByteBuffer start(int kind, int bytesMax) {
    return ByteBuffer.allocate(bytesMax).order(ByteOrder.LITTLE_ENDIAN).put((byte) kind);
  }

  private static byte[] finish(ByteBuffer out) {
    byte[] entry = new byte[out.position()];
    out.flip().get(entry);
    return entry;
  }

  private static ByteBuffer name(ByteBuffer out, String name) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    if (bytes.length < 1 || bytes.length > 255) {
      throw new IllegalArgumentException("a name has 1..255 bytes, not " + bytes.length);
    }
    return out.put((byte) bytes.length).put(bytes);
  }

  private static String name(ByteBuffer in) {
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

  private static ByteBuffer ids(ByteBuffer out, int[] ids) {
    out.putInt(ids.length);
    for (int id : ids) {
      out.putInt(id);
    }
    return out;
  }

  private static int[] ids(ByteBuffer in) {
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

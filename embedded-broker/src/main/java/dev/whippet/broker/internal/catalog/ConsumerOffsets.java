package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.journal.Journal;
import dev.whippet.broker.internal.log.journal.JournalRecovery;
import dev.whippet.broker.internal.log.journal.Reserve;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

/**
 * How far each consumer has come in each partition, kept in the journal {@code offsets}. Loop 0
 * writes; a stored offset is durable before any loop sees it and before it is answered. Stores of
 * the same owner that wait for a commit become one entry, the last of them.
 *
 * <pre>
 *  journal entry, little-endian
 *   0  u8   kind: 1 stored, 2 deleted
 *   1  u64  partition incarnation
 *   9  u8   1 consumer, 2 consumer group
 *  10  u32  consumer key (iggy-classic.md 4.2) or serial of the group
 *  14  u64  offset of the last message processed (stored only)
 * </pre>
 *
 * <p>Offsets of a deleted partition or group need no entry: its incarnation or serial never comes
 * back, so they are left out when the journal is read or compacted. At most {@link #OFFSETS_MAX}
 * are kept.
 */
public final class ConsumerOffsets {

  /** Stored offsets in all (about 100 bytes each). */
  public static final int OFFSETS_MAX = 1_000_000;

  /** {@link #stored} when nothing is. */
  public static final long NOTHING_STORED = -1;

  private static final String JOURNAL = "offsets";
  private static final byte STORED = 1;
  private static final byte DELETED = 2;
  private static final byte CONSUMER = 1;
  private static final byte GROUP = 2;
  private static final int DELETED_ENTRY_BYTES = 14;
  private static final int STORED_ENTRY_BYTES = 22;

  /** Who stores: a consumer's 32-bit key, or a group's serial. */
  public record Owner(boolean group, int key) {}

  private record Key(long incarnation, Owner owner) {}

  /** A store that is not yet part of a commit: later ones of the same key join it. */
  private static final class Store {
    final Key key;
    final List<LogCallback<Void>> asked = new ArrayList<>(1);
    long offset;

    Store(Key key, long offset, LogCallback<Void> done) {
      this.key = key;
      this.offset = offset;
      asked.add(done);
    }
  }

  private final Map<Key, Store> waitingStores = new HashMap<>();
  private final Map<Long, Map<Owner, Long>> byIncarnation = new ConcurrentHashMap<>();
  private final Set<Long> partitions = new HashSet<>();
  private final Set<Integer> groups = new HashSet<>();
  private final List<String> findings = new ArrayList<>();
  private int count;
  private long incarnationMax;
  private Journal journal;

  private ConsumerOffsets() {}

  /** What {@code recover} found; {@code open} goes on from it. */
  public static final class Recovered {
    private final JournalRecovery journal;
    private final ConsumerOffsets offsets;

    private Recovered(JournalRecovery journal, ConsumerOffsets offsets) {
      this.journal = journal;
      this.offsets = offsets;
    }

    /** As {@link ConsumerOffsets#floor}. */
    public long floor(long incarnation) {
      return offsets.floor(incarnation);
    }

    /** Entries that could not be applied, each in words; empty on a sound disk. */
    public List<String> findings() {
      return List.copyOf(offsets.findings);
    }

    /** The highest incarnation that an entry tells of, whether its partition is known or not. */
    public long incarnationMax() {
      return offsets.incarnationMax;
    }
  }

  /** Replays the journal in {@code directory} for what {@code state} holds. Start-up thread. */
  public static Recovered recover(
      BlockingFiles disk, Path directory, CatalogState state, Consumer<Damage> damage) {
    JournalRecovery journal = Journal.recover(disk, directory, JOURNAL, damage);
    ConsumerOffsets offsets = new ConsumerOffsets();
    state.forEachPartition(partition -> offsets.admit(partition.incarnation()));
    state.groups().forEach(group -> offsets.admitGroup(group.serial()));
    journal.entries().forEach(offsets::replay);
    return new Recovered(journal, offsets);
  }

  /** Makes what was recovered writable. Before the loops serve anyone. */
  public static ConsumerOffsets open(LogLoop loopZero, Recovered recovered) {
    ConsumerOffsets offsets = recovered.offsets;
    offsets.journal = Journal.open(loopZero, recovered.journal, offsets::snapshot);
    return offsets;
  }

  /** The durable offset, or {@link #NOTHING_STORED}. Any thread. */
  public long stored(long incarnation, Owner owner) {
    Map<Owner, Long> ofPartition = byIncarnation.get(incarnation);
    Long offset = ofPartition == null ? null : ofPartition.get(owner);
    return offset == null ? NOTHING_STORED : offset;
  }

  /** One above the highest offset stored for the partition; 0 when none is. Any thread. */
  public long floor(long incarnation) {
    long floor = 0;
    for (long offset : byIncarnation.getOrDefault(incarnation, Map.of()).values()) {
      floor = Math.max(floor, offset + 1);
    }
    return floor;
  }

  /** Everybody who has stored one has read what is below; {@link Long#MAX_VALUE} if none has. */
  public long consumedTo(long incarnation) {
    long lowest = Long.MAX_VALUE;
    for (long offset : byIncarnation.getOrDefault(incarnation, Map.of()).values()) {
      lowest = Math.min(lowest, offset + 1);
    }
    return lowest;
  }

  /** Visits what is stored for the partition. Any thread. */
  public void forEach(long incarnation, ObjLongConsumer<Owner> visitor) {
    byIncarnation.getOrDefault(incarnation, Map.of()).forEach(visitor::accept);
  }

  /** Why nothing can be stored, or {@code null}. Any thread. */
  public String readOnlyReason() {
    return journal.readOnlyReason();
  }

  /** A partition came to be; before that nothing is stored for it. Loop 0. */
  public void admit(long incarnation) {
    partitions.add(incarnation);
  }

  /** A partition is gone, and its offsets with it. Loop 0. */
  public void forget(long incarnation) {
    partitions.remove(incarnation);
    Map<Owner, Long> gone = byIncarnation.remove(incarnation);
    count -= gone == null ? 0 : gone.size();
  }

  /** A group came to be; before that nothing is stored for it. Loop 0. */
  public void admitGroup(int serial) {
    groups.add(serial);
  }

  /** A group of a topic with these partitions is gone, and its offsets with it. Loop 0. */
  public void forgetGroup(int serial, List<TopicEntry.PartitionEntry> ofTopic) {
    groups.remove(serial);
    Owner owner = new Owner(true, serial);
    ofTopic.forEach(partition -> remove(partition.incarnation(), owner));
  }

  /** Stores {@code offset} durably, then visibly. Loop 0. */
  public void store(long incarnation, Owner owner, long offset, LogCallback<Void> done) {
    if (count >= OFFSETS_MAX && stored(incarnation, owner) == NOTHING_STORED) {
      done.done(
          null,
          new LogFailure(
              LogFailure.Reason.OVERLOADED, "more than " + OFFSETS_MAX + " offsets are stored"));
      return;
    }
    Key key = new Key(incarnation, owner);
    Store waiting = waitingStores.get(key);
    if (waiting != null) {
      waiting.offset = offset;
      waiting.asked.add(done);
      return;
    }
    Store store = new Store(key, offset, done);
    waitingStores.put(key, store);
    journal.append(
        STORED_ENTRY_BYTES,
        () -> {
          waitingStores.remove(key, store);
          return entry(STORED, incarnation, owner, store.offset);
        },
        (nothing, failure) -> ended(store, failure));
  }

  private void ended(Store store, LogFailure failure) {
    waitingStores.remove(store.key, store);
    if (failure == null) {
      put(store.key.incarnation, store.key.owner, store.offset);
    }
    store.asked.forEach(done -> done.done(null, failure));
  }

  /** Deletes what is stored; answers false when nothing is. Loop 0. */
  public void delete(long incarnation, Owner owner, LogCallback<Boolean> done) {
    if (stored(incarnation, owner) == NOTHING_STORED) {
      done.done(false, null);
      return;
    }
    waitingStores.remove(new Key(incarnation, owner)); // what is stored from now on comes after
    journal.append(
        entry(DELETED, incarnation, owner, 0),
        Reserve.FREES_SPACE,
        (nothing, failure) ->
            done.done(failure == null ? remove(incarnation, owner) : null, failure));
  }

  /** Ends after what is under way. Loop 0. */
  public void close(LogCallback<Void> done) {
    journal.close(done);
  }

  private void put(long incarnation, Owner owner, long offset) {
    boolean lives = !owner.group() || groups.contains(owner.key());
    if (lives && partitions.contains(incarnation)) {
      Map<Owner, Long> ofPartition =
          byIncarnation.computeIfAbsent(incarnation, absent -> new ConcurrentHashMap<>());
      count += ofPartition.put(owner, offset) == null ? 1 : 0;
    }
  }

  private boolean remove(long incarnation, Owner owner) {
    Map<Owner, Long> ofPartition = byIncarnation.get(incarnation);
    boolean removed = ofPartition != null && ofPartition.remove(owner) != null;
    count -= removed ? 1 : 0;
    return removed;
  }

  private void replay(byte[] entry) {
    ByteBuffer in = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN);
    int kind = entry.length == 0 ? 0 : in.get();
    boolean known =
        (kind == STORED && entry.length == STORED_ENTRY_BYTES)
            || (kind == DELETED && entry.length == DELETED_ENTRY_BYTES);
    if (!known) {
      findings.add(
          "offsets: an entry of kind " + kind + ", " + entry.length + " bytes, was left out");
      return;
    }
    long incarnation = in.getLong();
    incarnationMax = Math.max(incarnationMax, incarnation);
    Owner owner = new Owner(in.get() == GROUP, in.getInt());
    if (kind == STORED) {
      put(incarnation, owner, in.getLong());
    } else {
      remove(incarnation, owner);
    }
  }

  private List<byte[]> snapshot() {
    List<byte[]> entries = new ArrayList<>(count);
    byIncarnation.forEach(
        (incarnation, ofPartition) ->
            ofPartition.forEach(
                (owner, offset) -> entries.add(entry(STORED, incarnation, owner, offset))));
    return entries;
  }

  private static byte[] entry(byte kind, long incarnation, Owner owner, long offset) {
    byte[] entry = new byte[kind == STORED ? STORED_ENTRY_BYTES : DELETED_ENTRY_BYTES];
    ByteBuffer out = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN);
    out.put(kind).putLong(incarnation).put(owner.group() ? GROUP : CONSUMER).putInt(owner.key());
    if (kind == STORED) {
      out.putLong(offset);
    }
    return entry;
  }
}

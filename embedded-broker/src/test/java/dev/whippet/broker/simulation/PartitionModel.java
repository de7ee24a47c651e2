package dev.whippet.broker.simulation;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What clients know of one partition: what they sent, what was acknowledged, what they saw. */
final class PartitionModel {

  /** What a producer assigned to this partition, ascending. */
  static final class Track {
    final List<Long> sequences = new ArrayList<>();
    long acknowledged;

    /** Up to here it is known, and was taken away by a purge. */
    long purged;

    /** When each acknowledgement came, by its sequence. */
    private final TreeMap<Long, Long> times = new TreeMap<>();

    /** Those that may be read. */
    List<Long> retained() {
      return sequences.stream().filter(sequence -> sequence > purged).toList();
    }

    void acknowledged(long sequence, long micros) {
      acknowledged = Math.max(acknowledged, sequence);
      times.putIfAbsent(sequence, micros);
    }

    /** Highest sequence that was acknowledged until then, 0 when there is none. */
    long acknowledgedBy(long micros) {
      return times.entrySet().stream()
          .filter(one -> one.getValue() <= micros)
          .mapToLong(Map.Entry::getKey)
          .max()
          .orElse(0);
    }

    /** Highest sequence assigned, 0 when there is none. */
    long last() {
      return sequences.isEmpty() ? 0 : sequences.get(sequences.size() - 1);
    }

    Track copy() {
      Track copy = new Track();
      copy.sequences.addAll(sequences);
      copy.acknowledged = acknowledged;
      copy.purged = purged;
      copy.times.putAll(times);
      return copy;
    }
  }

  /** What a consumer stored: the last acknowledged value, and those that may have come after it. */
  static final class StoredOffset {
    static final long NOTHING = -1;
    long acknowledged = NOTHING;

    /** Ranges of values, each from its first to its second. */
    final List<long[]> possible = new ArrayList<>();

    StoredOffset copy() {
      StoredOffset copy = new StoredOffset();
      copy.acknowledged = acknowledged;
      copy.possible.addAll(possible);
      return copy;
    }

    void settle(long value) {
      acknowledged = value;
      possible.clear();
    }

    boolean allows(long value) {
      return value == acknowledged
          || possible.stream().anyMatch(range -> range[0] <= value && value <= range[1]);
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder("" + acknowledged);
      possible.forEach(range -> text.append(" or ").append(range[0]).append("..").append(range[1]));
      return text.toString();
    }
  }

  /** Unique in a world. */
  final int number;

  final Map<Long, SentBatch> sent = new LinkedHashMap<>();
  final Map<Integer, Track> tracks = new TreeMap<>();
  final Map<Integer, StoredOffset> offsets = new TreeMap<>();

  /** Tags by offset, of everything that a poll ever showed. */
  final Map<Long, Long> seen = new TreeMap<>();

  PartitionModel(int number) {
    this.number = number;
  }

  PartitionModel copy() {
    PartitionModel copy = new PartitionModel(number);
    sent.forEach((key, batch) -> copy.sent.put(key, batch.copy()));
    tracks.forEach((key, track) -> copy.tracks.put(key, track.copy()));
    offsets.forEach((key, stored) -> copy.offsets.put(key, stored.copy()));
    copy.seen.putAll(seen);
    return copy;
  }

  Track track(int producer) {
    return tracks.computeIfAbsent(producer, first -> new Track());
  }

  StoredOffset stored(int consumer) {
    return offsets.computeIfAbsent(consumer, first -> new StoredOffset());
  }

  /** Behind the last message when all that was sent is stored. */
  long appendedEnd() {
    return sent.values().stream().mapToLong(batch -> batch.count).sum()
        + tracks.values().stream().mapToLong(track -> track.retained().size()).sum();
  }

  /** A purge was acknowledged, and nothing else was under way: what was here is gone. */
  void purged() {
    sent.clear();
    seen.clear();
    offsets.clear();
    tracks.values().forEach(track -> track.purged = track.acknowledged);
  }

  /** A poll has shown this. */
  void saw(long offset, long tag) {
    Long before = seen.putIfAbsent(offset, tag);
    if (before != null && before != tag) {
      throw new AssertionError(
          "offset "
              + offset
              + " showed "
              + Long.toHexString(before)
              + " and now shows "
              + Long.toHexString(tag));
    }
  }
}

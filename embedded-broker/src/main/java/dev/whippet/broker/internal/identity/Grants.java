package dev.whippet.broker.internal.identity;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one user may do (iggy-classic.md 4.9): flags for everything, for streams, and for topics
 * inside of streams. Immutable; any thread.
 *
 * <pre>
 * 10 flags | u8 has streams
 *   per stream: u32 id | 6 flags | u8 has topics
 *     per topic: u32 id | 4 flags | u8 has next topic
 *   u8 has next stream
 * </pre>
 *
 * <p>Entries are written in ascending order of ids, whatever order they came in; of two with the
 * same id the later one counts. They may name what does not exist. When a stream is deleted, its
 * entry {@link #ending ends}: it is still told, as a stock server does, and grants nothing any
 * more, also when the id is given to another stream.
 */
public final class Grants {

  /** Streams and topics that the grants of one user name together. */
  public static final int ENTRIES_MAX = 10_000;

  /** Flags for everything, in wire order. */
  public enum Global {
    MANAGE_SERVERS,
    READ_SERVERS,
    MANAGE_USERS,
    READ_USERS,
    MANAGE_STREAMS,
    READ_STREAMS,
    MANAGE_TOPICS,
    READ_TOPICS,
    POLL_MESSAGES,
    SEND_MESSAGES
  }

  /** Flags for one stream, in wire order. */
  public enum OfStream {
    MANAGE_STREAM,
    READ_STREAM,
    MANAGE_TOPICS,
    READ_TOPICS,
    POLL_MESSAGES,
    SEND_MESSAGES
  }

  /** Flags for one topic, in wire order. */
  public enum OfTopic {
    MANAGE_TOPIC,
    READ_TOPIC,
    POLL_MESSAGES,
    SEND_MESSAGES
  }

  /** All ten global flags and nothing else: root's. */
  public static final Grants ALL = new Grants(mask(EnumSet.allOf(Global.class)), noStreams());

  private static final int GLOBAL_FLAGS = Global.values().length;
  private static final int STREAM_FLAGS = OfStream.values().length;
  private static final int TOPIC_FLAGS = OfTopic.values().length;

  /** What the grants say of one stream; {@code topics} holds the flags by topic. */
  private record Stream(int flags, SortedMap<Integer, Integer> topics, boolean ended) {}

  private final int global;
  private final SortedMap<Integer, Stream> streams;
  private final int entries;

  private Grants(int global, SortedMap<Integer, Stream> streams) {
    this.global = global;
    this.streams = streams;
    this.entries = streams.values().stream().mapToInt(stream -> 1 + stream.topics.size()).sum();
  }

  private static SortedMap<Integer, Stream> noStreams() {
    return new TreeMap<>(Integer::compareUnsigned);
  }

  /** The flags as bits, the first flag lowest. */
  public static int mask(Set<? extends Enum<?>> flags) {
    int mask = 0;
    for (Enum<?> flag : flags) {
      mask |= 1 << flag.ordinal();
    }
    return mask;
  }

  /** The global flags, as of {@link #mask}. */
  public int global() {
    return global;
  }

  /** The flags of that stream's entry; 0 without one that counts. */
  public int stream(int stream) {
    Stream entry = streams.get(stream);
    return entry == null || entry.ended ? 0 : entry.flags;
  }

  /** The flags of that topic's entry; 0 without one that counts. */
  public int topic(int stream, int topic) {
    Stream entry = streams.get(stream);
    return entry == null || entry.ended ? 0 : entry.topics.getOrDefault(topic, 0);
  }

  /** How many streams and topics they name. */
  public int entries() {
    return entries;
  }

  /** True when whatever {@code other} gives, these give too, by the same entry. */
  public boolean covers(Grants other) {
    if ((other.global & ~global) != 0) {
      return false;
    }
    for (Map.Entry<Integer, Stream> each : other.streams.entrySet()) {
      int id = each.getKey();
      if ((other.stream(id) & ~stream(id)) != 0) {
        return false;
      }
      for (int topic : each.getValue().topics.keySet()) {
        if ((other.topic(id, topic) & ~topic(id, topic)) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** The same, but that the entry of that stream and its topics does not count any more. */
  public Grants ending(int stream) {
    Stream entry = streams.get(stream);
    if (entry == null || entry.ended) {
      return this;
    }
    SortedMap<Integer, Stream> changed = noStreams();
    changed.putAll(streams);
    changed.put(stream, new Stream(entry.flags, entry.topics, true));
    return new Grants(global, changed);
  }

  /** The streams whose entries do not count any more. */
  public int[] ended() {
    return streams.entrySet().stream()
        .filter(each -> each.getValue().ended)
        .mapToInt(Map.Entry::getKey)
        .toArray();
  }

  /**
   * Reads a block as in the class comment.
   *
   * @throws IllegalArgumentException when it is cut off, too long or names too much
   */
  public static Grants decoded(byte[] block) {
    Reader in = new Reader(block);
    int global = in.flags(GLOBAL_FLAGS);
    SortedMap<Integer, Stream> streams = noStreams();
    boolean more = in.more();
    while (more) {
      int id = in.id();
      int flags = in.flags(STREAM_FLAGS);
      streams.put(id, new Stream(flags, in.topics(), false));
      more = in.more();
    }
    in.requireEnd();
    return new Grants(global, streams);
  }

  /** Reads the fields of a block. */
  private static final class Reader {
    private final ByteBuffer in;
    private int entries;

    Reader(byte[] block) {
      in = ByteBuffer.wrap(block).order(ByteOrder.LITTLE_ENDIAN);
    }

    SortedMap<Integer, Integer> topics() {
      SortedMap<Integer, Integer> topics = new TreeMap<>(Integer::compareUnsigned);
      boolean more = more();
      while (more) {
        int id = id();
        topics.put(id, flags(TOPIC_FLAGS));
        more = more();
      }
      return topics.isEmpty() ? Collections.emptySortedMap() : topics;
    }

    int id() {
      entries++;
      if (entries > ENTRIES_MAX) {
        throw new IllegalArgumentException("permissions name more than " + ENTRIES_MAX);
      }
      require(Integer.BYTES);
      return in.getInt();
    }

    int flags(int count) {
      require(count);
      int flags = 0;
      for (int i = 0; i < count; i++) {
        flags |= in.get() == 0 ? 0 : 1 << i;
      }
      return flags;
    }

    boolean more() {
      require(1);
      return in.get() == 1;
    }

    void requireEnd() {
      if (in.hasRemaining()) {
        throw new IllegalArgumentException("permissions: " + in.remaining() + " bytes too many");
      }
    }

    private void require(int bytes) {
      if (in.remaining() < bytes) {
        throw new IllegalArgumentException("permissions: cut off at " + in.limit() + " bytes");
      }
    }
  }

  /** As a block. */
  public byte[] encoded() {
    int bytes = GLOBAL_FLAGS + 1;
    for (Stream stream : streams.values()) {
      bytes += Integer.BYTES + STREAM_FLAGS + 2;
      bytes += stream.topics.size() * (Integer.BYTES + TOPIC_FLAGS + 1);
    }
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    putFlags(out, global, GLOBAL_FLAGS);
    int left = streams.size();
    putMore(out, left);
    for (Map.Entry<Integer, Stream> each : streams.entrySet()) {
      out.putInt(each.getKey());
      putFlags(out, each.getValue().flags, STREAM_FLAGS);
      putTopics(out, each.getValue().topics);
      left--;
      putMore(out, left);
    }
    return out.array();
  }

  private static void putTopics(ByteBuffer out, SortedMap<Integer, Integer> topics) {
    int left = topics.size();
    putMore(out, left);
    for (Map.Entry<Integer, Integer> each : topics.entrySet()) {
      out.putInt(each.getKey());
      putFlags(out, each.getValue(), TOPIC_FLAGS);
      left--;
      putMore(out, left);
    }
  }

  private static void putFlags(ByteBuffer out, int flags, int count) {
    for (int i = 0; i < count; i++) {
      out.put((byte) (flags >> i & 1));
    }
  }

  private static void putMore(ByteBuffer out, int left) {
    out.put((byte) (left > 0 ? 1 : 0));
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Grants that && global == that.global && streams.equals(that.streams);
  }

  @Override
  public int hashCode() {
    return 31 * global + streams.hashCode();
  }

  /** For the log: global flags by name, how many streams and topics are named besides. */
  @Override
  public String toString() {
    EnumSet<Global> flags = EnumSet.noneOf(Global.class);
    for (Global flag : Global.values()) {
      if ((global >> flag.ordinal() & 1) == 1) {
        flags.add(flag);
      }
    }
    return "global " + flags + ", entries " + entries;
  }
}

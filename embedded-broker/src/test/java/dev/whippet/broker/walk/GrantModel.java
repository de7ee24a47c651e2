package dev.whippet.broker.walk;

import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** The permissions of a user as iggy-classic.md 4.9 has them: flags in lists, and nothing else. */
final class GrantModel {
  private static final int IDS = 4;

  /** A stream's entry. */
  private static final class Stream {
    final boolean[] flags = new boolean[6];
    final TreeMap<Integer, boolean[]> topics = new TreeMap<>();

    /** The stream was deleted: it is told, and gives nothing. */
    boolean ended;
  }

  private final boolean[] global = new boolean[10];
  private final TreeMap<Integer, Stream> streams = new TreeMap<>();

  static GrantModel any(Random random) {
    GrantModel grants = new GrantModel();
    fill(grants.global, random, 6);
    for (int i = random.nextInt(3); i > 0; i--) {
      Stream stream = new Stream();
      fill(stream.flags, random, 3);
      for (int j = random.nextInt(3); j > 0; j--) {
        boolean[] topic = new boolean[4];
        fill(topic, random, 2);
        stream.topics.put(random.nextInt(IDS), topic);
      }
      grants.streams.put(random.nextInt(IDS), stream);
    }
    return grants;
  }

  private static void fill(boolean[] flags, Random random, int oneOf) {
    for (int i = 0; i < flags.length; i++) {
      flags[i] = random.nextInt(oneOf) == 0;
    }
  }

  void end(int stream) {
    if (streams.containsKey(stream)) {
      streams.get(stream).ended = true;
    }
  }

  // --- the classes of 3.1 that the walk tries ---------------------------------------------------

  boolean readsUsers() {
    return global[2] || global[3];
  }

  boolean readsStreams() {
    return global[4] || global[5];
  }

  boolean readsStream(int id) {
    return readsStreams() || ofStream(id, 0) || ofStream(id, 1);
  }

  boolean readsTopic(int stream, int topic) {
    boolean all = readsStream(stream) || global[6] || global[7];
    boolean[] flags =
        streams.containsKey(stream) && !streams.get(stream).ended
            ? streams.get(stream).topics.get(topic)
            : null;
    return all
        || ofStream(stream, 2)
        || ofStream(stream, 3)
        || flags != null && (flags[0] || flags[1]);
  }

  private boolean ofStream(int id, int flag) {
    return streams.containsKey(id) && !streams.get(id).ended && streams.get(id).flags[flag];
  }

  // --- as bytes ---------------------------------------------------------------------------------

  byte[] encoded() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    put(out, global);
    out.write(streams.isEmpty() ? 0 : 1);
    for (Map.Entry<Integer, Stream> each : streams.entrySet()) {
      id(out, each.getKey());
      put(out, each.getValue().flags);
      TreeMap<Integer, boolean[]> topics = each.getValue().topics;
      out.write(topics.isEmpty() ? 0 : 1);
      topics.forEach(
          (topic, flags) -> {
            id(out, topic);
            put(out, flags);
            out.write(topic.equals(topics.lastKey()) ? 0 : 1);
          });
      out.write(each.getKey().equals(streams.lastKey()) ? 0 : 1);
    }
    return out.toByteArray();
  }

  private static void id(ByteArrayOutputStream out, int id) {
    for (int i = 0; i < Integer.BYTES; i++) {
      out.write(id >>> 8 * i);
    }
  }

  private static void put(ByteArrayOutputStream out, boolean[] flags) {
    for (boolean flag : flags) {
      out.write(flag ? 1 : 0);
    }
  }

  @Override
  public String toString() {
    return Arrays.toString(encoded());
  }
}

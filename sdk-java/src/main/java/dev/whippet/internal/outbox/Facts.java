package dev.whippet.internal.outbox;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What must be known durably besides the records: routes, the partition counts that choices were
 * made with, and where this producer has published. Each fact is one record; a segment begins with
 * all of them, later commits bring new ones.
 *
 * <p>All state is guarded by this; a route may be looked up without it. Limit: a quarter of a
 * segment; then new routes and mappings are refused, and the oldest published marks go (a forgotten
 * mark only means that a later "not known" of the broker is not reported as an unknown outcome).
 */
final class Facts {
  private final int bytesMax;
  private final List<Fact> routes = new ArrayList<>();
  private final List<Fact> mappings = new ArrayList<>();
  private final List<Fact> marks = new ArrayList<>();
  private final Map<Integer, Route> routesById = new ConcurrentHashMap<>();
  private final Map<String, Route> routesByName = new HashMap<>();
  private int bytes;
  private int highestRoute;
  private long added;
  private long durable;

  Facts(int segmentBytes) {
    this.bytesMax = segmentBytes / 4;
  }

  private static final class Fact {
    final byte[] record;
    final long ordinal;

    Fact(byte[] record, long ordinal) {
      this.record = record;
      this.ordinal = ordinal;
    }

    int kind() {
      return record[12];
    }

    int route() {
      return Format.i32(record, 32);
    }

    int value() {
      return Format.i32(record, 36);
    }

    long fromSequence() {
      return Format.sequence(record, 0);
    }
  }

  /** Facts as record bytes without CRCs, and what they make durable once they are synced. */
  static final class Snapshot {
    final byte[] records;
    final int count;
    final long ordinal;

    Snapshot(byte[] records, int count, long ordinal) {
      this.records = records;
      this.count = count;
      this.ordinal = ordinal;
    }
  }

  // ---- routes

  Route route(int id) {
    return routesById.get(id);
  }

  synchronized int routeFor(String stream, String topic) throws OutboxException {
    Route known = routesByName.get(name(stream, topic));
    if (known != null) {
      return known.id();
    }
    byte[] streamBytes = utf8(stream, "stream");
    byte[] topicBytes = utf8(topic, "topic");
    int id = highestRoute + 1;
    add(Format.fact(Format.ROUTE, id, 0, 0, streamBytes, topicBytes));
    learnRoute(new Route(id, stream, topic));
    return id;
  }

  /** After damage: ids that may have been given are not given again. */
  synchronized void skipRoutes(int count) {
    highestRoute += count;
  }

  private void learnRoute(Route route) {
    routesById.put(route.id(), route);
    routesByName.put(name(route.stream(), route.topic()), route);
    highestRoute = Math.max(highestRoute, route.id());
  }

  private static String name(String stream, String topic) {
    return stream.length() + ":" + stream + topic;
  }

  private static byte[] utf8(String name, String what) throws OutboxException {
    byte[] utf8 = name.getBytes(UTF_8);
    if (utf8.length == 0 || utf8.length > Route.NAME_BYTES_MAX) {
      throw new OutboxException(
          OutboxException.Reason.TOO_LARGE,
          what + " name has " + utf8.length + " bytes of UTF-8, limit 1 to 255: " + name);
    }
    return utf8;
  }

  private static final java.nio.charset.Charset UTF_8 = java.nio.charset.Charset.forName("UTF-8");

  // ---- mappings

  /** Adds a mapping unless it is there; returns the ordinal to wait for. */
  synchronized long map(int route, int partitionCount, long fromSequence) throws OutboxException {
    Fact same = mapping(route, fromSequence);
    if (same != null && same.value() == partitionCount) {
      return same.ordinal;
    }
    long ordinal =
        add(Format.fact(Format.MAPPING, route, partitionCount, fromSequence, NONE, NONE));
    remove(same);
    return ordinal;
  }

  /** The durable partition count that applies to a sequence; 0 if none. */
  synchronized int partitionCountFor(int route, long sequence) {
    Fact best = null;
    for (Fact fact : mappings) {
      if (fact.route() == route
          && fact.ordinal <= durable
          && fact.fromSequence() <= sequence
          && (best == null || fact.fromSequence() > best.fromSequence())) {
        best = fact;
      }
    }
    return best == null ? 0 : best.value();
  }

  private Fact mapping(int route, long fromSequence) {
    for (Fact fact : mappings) {
      if (fact.route() == route && fact.fromSequence() == fromSequence) {
        return fact;
      }
    }
    return null;
  }

  /** Drops mappings that no unacknowledged record needs: a later one begins early enough. */
  synchronized void prune(long acknowledged) {
    for (Iterator<Fact> each = mappings.iterator(); each.hasNext(); ) {
      Fact fact = each.next();
      if (superseded(fact, acknowledged)) {
        each.remove();
        bytes -= fact.record.length;
      }
    }
  }

  private boolean superseded(Fact old, long acknowledged) {
    for (Fact fact : mappings) {
      if (fact.route() == old.route()
          && fact.fromSequence() > old.fromSequence()
          && fact.fromSequence() <= acknowledged + 1
          && fact.ordinal <= durable) {
        return true;
      }
    }
    return false;
  }

  // ---- published marks

  /** Adds a mark unless it is there; returns the ordinal to wait for. */
  synchronized long publish(byte[] brokerId, byte[] producerId, int route, int partition)
      throws OutboxException {
    byte[] who = both(brokerId, producerId);
    Fact same = mark(who, route, partition);
    return same != null
        ? same.ordinal
        : add(Format.fact(Format.PUBLISHED, route, partition, 0, NONE, who));
  }

  synchronized boolean published(byte[] brokerId, byte[] producerId, int route, int partition) {
    Fact mark = mark(both(brokerId, producerId), route, partition);
    return mark != null && mark.ordinal <= durable;
  }

  private Fact mark(byte[] who, int route, int partition) {
    for (Fact fact : marks) {
      if (fact.route() == route
          && fact.value() == partition
          && Arrays.equals(Format.payload(fact.record, 0), who)) {
        return fact;
      }
    }
    return null;
  }

  /** Forgets the marks: the producer is another one now. */
  synchronized void forgetMarks() {
    for (Fact fact : marks) {
      bytes -= fact.record.length;
    }
    marks.clear();
  }

  private static byte[] both(byte[] brokerId, byte[] producerId) {
    if (brokerId.length != Format.ID_BYTES) {
      throw new IllegalArgumentException("broker id is not 16 bytes: " + brokerId.length);
    }
    byte[] both = Arrays.copyOf(brokerId, 2 * Format.ID_BYTES);
    System.arraycopy(producerId, 0, both, Format.ID_BYTES, Format.ID_BYTES);
    return both;
  }

  // ---- to and from the files

  /** Takes a sound fact from a file. A {@code later} one replaces what was known before. */
  synchronized void learn(byte[] b, int at, boolean later) {
    byte[] record = Arrays.copyOfRange(b, at, at + Format.i32(b, at));
    Fact fact = new Fact(record, 0);
    Fact known;
    if (fact.kind() == Format.ROUTE) {
      if (routesById.containsKey(fact.route())) {
        return;
      }
      known = null;
      String stream = new String(Format.key(record, 0), UTF_8);
      learnRoute(new Route(fact.route(), stream, new String(Format.payload(record, 0), UTF_8)));
    } else if (fact.kind() == Format.MAPPING) {
      known = mapping(fact.route(), fact.fromSequence());
    } else {
      known = mark(Format.payload(record, 0), fact.route(), fact.value());
    }
    if (known == null || later) {
      remove(known);
      listOf(fact).add(fact);
      bytes += record.length;
    }
  }

  /** Everything, for the start of a segment. */
  synchronized Snapshot snapshot(long acknowledged) {
    prune(acknowledged);
    return records(0);
  }

  /** What no commit has brought to the disk yet; null if nothing. */
  synchronized Snapshot pending() {
    return added == durable ? null : records(durable);
  }

  synchronized void durable(long ordinal) {
    durable = Math.max(durable, ordinal);
  }

  synchronized boolean isDurable(long ordinal) {
    return ordinal <= durable;
  }

  private Snapshot records(long above) {
    byte[] records = new byte[bytes];
    int length = 0;
    int count = 0;
    for (List<Fact> list : Arrays.asList(routes, mappings, marks)) {
      for (Fact fact : list) {
        if (above == 0 || fact.ordinal > above) {
          System.arraycopy(fact.record, 0, records, length, fact.record.length);
          length += fact.record.length;
          count++;
        }
      }
    }
    return new Snapshot(Arrays.copyOf(records, length), count, added);
  }

  private long add(byte[] record) throws OutboxException {
    while (bytes + record.length > bytesMax && !marks.isEmpty()) {
      bytes -= marks.remove(0).record.length;
    }
    if (bytes + record.length > bytesMax) {
      throw new OutboxException(
          OutboxException.Reason.TOO_LARGE,
          "routes and mappings fill a quarter of a segment, "
              + bytesMax
              + " bytes: use fewer topics or larger segments");
    }
    Fact fact = new Fact(record, ++added);
    listOf(fact).add(fact);
    bytes += record.length;
    return added;
  }

  private void remove(Fact fact) {
    if (fact != null && listOf(fact).remove(fact)) {
      bytes -= fact.record.length;
    }
  }

  private List<Fact> listOf(Fact fact) {
    int kind = fact.kind();
    return kind == Format.ROUTE ? routes : kind == Format.MAPPING ? mappings : marks;
  }

  private static final byte[] NONE = new byte[0];
}

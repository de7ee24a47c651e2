package dev.whippet.internal.outbox;

import dev.whippet.internal.segment.Channel;
import dev.whippet.internal.segment.Format;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What must be known durably besides the records: routes, the partition counts that choices were
 * made with, where this producer has published, and what was dropped and may not be known yet. Each
 * fact is one record; a segment begins with all of them, later commits, of whatever channel, bring
 * new ones. Each has an ordinal that rises over all segments: of two about the same thing the
 * higher one holds.
 *
 * <p>All state is guarded by this; a route may be looked up without it. Limit: a quarter of a
 * segment; then new routes and mappings are refused, and the oldest published marks go (a forgotten
 * mark only means that a later "not known" of the broker is not reported as an unknown outcome).
 * Gaps may take half of that; then what would be dropped waits.
 */
final class Facts {
  private final int bytesMax;
  private final List<Fact> routes = new ArrayList<>();
  private final List<Fact> mappings = new ArrayList<>();
  private final List<Fact> marks = new ArrayList<>();
  private final List<Gap> gaps = new ArrayList<>();
  private final Map<Integer, Route> routesById = new ConcurrentHashMap<>();
  private final Map<String, Route> routesByName = new HashMap<>();
  private int bytes;
  private volatile long told;
  private int gapBytes;
  private int highestRoute;

  /** Whether a cursor must look what was dropped. */
  private volatile boolean anyGaps;

  private long added;
  private long durable;

  /** Facts up to here are under way to the disk, or there. */
  private long snapshotted;

  Facts(int segmentBytes) {
    this.bytesMax = segmentBytes / 4;
  }

  private static class Fact {
    final byte[] record;
    final long ordinal;

    Fact(byte[] record) {
      this.record = record;
      this.ordinal = Format.i64(record, 24);
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

  /** Records of one channel that are dropped. */
  private static final class Gap extends Fact {
    final GapReport report;

    /** The listener knows it. */
    boolean told;

    Gap(byte[] record) {
      super(record);
      report = GapReport.of(record);
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
          && Channel.of(fact.fromSequence()) == Channel.of(sequence)
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

  /**
   * Drops mappings that no unacknowledged record needs, since a later one begins early enough, and
   * gaps that were told and passed. Only a cursor that is on the disk counts.
   */
  synchronized void prune(Meta meta) {
    for (Iterator<Fact> each = mappings.iterator(); each.hasNext(); ) {
      Fact fact = each.next();
      int channel = Channel.of(fact.fromSequence());
      if (superseded(fact, meta.kept(channel))) {
        each.remove();
        bytes -= fact.record.length;
      }
    }
    for (Iterator<Gap> each = gaps.iterator(); each.hasNext(); ) {
      Gap gap = each.next();
      long last = gap.report.lastSequence();
      boolean passed = meta.kept(Channel.of(last)) >= last;
      if (gap.told && passed && gap.report.reason() != GapReport.Reason.KEY_MISSING) {
        each.remove();
        forget(gap);
      }
    }
    anyGaps = !gaps.isEmpty();
  }

  private void forget(Gap gap) {
    bytes -= gap.record.length;
    gapBytes -= gap.record.length;
  }

  private boolean superseded(Fact old, long acknowledged) {
    for (Fact fact : mappings) {
      if (fact.route() == old.route()
          && fact.fromSequence() > old.fromSequence()
          && fact.fromSequence() <= acknowledged + 1
          && Channel.of(fact.fromSequence()) == Channel.of(old.fromSequence())
          && fact.ordinal <= durable) {
        return true;
      }
    }
    return false;
  }

  // ---- gaps

  /** Whether another gap can be noted; when not, what would be dropped must wait. */
  synchronized boolean hasRoomForGap() {
    return gapBytes + GapReport.RECORD_BYTES <= bytesMax / 2
        && bytes + GapReport.RECORD_BYTES <= bytesMax;
  }

  /**
   * Notes records as dropped; returns the ordinal to wait for before the cursor may pass them. One
   * that goes on where the newest ends, not yet on the disk, becomes one with it.
   */
  synchronized long drop(GapReport report) {
    Gap newest = gaps.isEmpty() ? null : gaps.get(gaps.size() - 1);
    GapReport whole = report;
    if (newest != null && newest.ordinal > snapshotted && newest.report.continuesWith(report)) {
      whole = newest.report.and(report);
      gaps.remove(gaps.size() - 1);
      forget(newest);
    }
    byte[] record = whole.record();
    Format.put64(record, 24, ++added);
    gaps.add(new Gap(record));
    bytes += record.length;
    gapBytes += record.length;
    anyGaps = true;
    return added;
  }

  /** Whether a record was dropped, durably or not yet. */
  boolean isDropped(long sequence) {
    return anyGaps && inGap(sequence);
  }

  private synchronized boolean inGap(long sequence) {
    for (Gap gap : gaps) {
      if (gap.report.firstSequence() <= sequence && sequence <= gap.report.lastSequence()) {
        return true;
      }
    }
    return false;
  }

  /** Every gap that is durable now was told. */
  synchronized void told(long upToOrdinal) {
    told = upToOrdinal;
  }

  /** Whether a gap is durable and was told. */
  boolean isTold(long ordinal) {
    return ordinal <= told;
  }

  synchronized long durable() {
    return durable;
  }

  /** The next gap that is durable and not told; it counts as told from now on. Null: none. */
  synchronized GapReport pollGap() {
    for (Gap gap : gaps) {
      if (!gap.told && gap.ordinal <= durable) {
        gap.told = true;
        return gap.report;
      }
    }
    return null;
  }

  /** All that is known to be dropped. */
  synchronized List<GapReport> gaps() {
    List<GapReport> all = new ArrayList<>();
    for (Gap gap : gaps) {
      all.add(gap.report);
    }
    return all;
  }

  // ---- published marks

  /** Adds a mark unless it is there; returns the ordinal to wait for. */
  synchronized long publish(
      byte[] brokerId, byte[] producerId, int channel, int route, int partition)
      throws OutboxException {
    byte[] who = both(brokerId, producerId);
    Fact same = mark(who, channel, route, partition);
    long base = Channel.base(channel);
    return same != null
        ? same.ordinal
        : add(Format.fact(Format.PUBLISHED, route, partition, base, NONE, who));
  }

  synchronized boolean published(
      byte[] brokerId, byte[] producerId, int channel, int route, int partition) {
    Fact mark = mark(both(brokerId, producerId), channel, route, partition);
    return mark != null && mark.ordinal <= durable;
  }

  private Fact mark(byte[] who, int channel, int route, int partition) {
    for (Fact fact : marks) {
      if (fact.route() == route
          && fact.value() == partition
          && Channel.of(fact.fromSequence()) == channel
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

  /**
   * Takes a sound fact from a file. Of two with one ordinal a {@code later} one holds. What is met
   * later than at open may be an old one that is forgotten by now: of those no gap counts.
   */
  synchronized void learn(byte[] b, int at, boolean later) {
    if (b[at + 12] == Format.GAP && !later) {
      return;
    }
    byte[] record = Arrays.copyOfRange(b, at, at + Format.i32(b, at));
    Fact fact = record[12] == Format.GAP ? new Gap(record) : new Fact(record);
    Fact known = known(fact);
    if (fact.kind() == Format.ROUTE) {
      if (routesById.containsKey(fact.route())) {
        return;
      }
      String stream = new String(Format.key(record, 0), UTF_8);
      learnRoute(new Route(fact.route(), stream, new String(Format.payload(record, 0), UTF_8)));
    }
    added = Math.max(added, fact.ordinal);
    if (known == null || fact.ordinal > known.ordinal || fact.ordinal == known.ordinal && later) {
      remove(known);
      list(fact).add(fact);
      bytes += record.length;
      gapBytes += fact.kind() == Format.GAP ? record.length : 0;
      anyGaps |= fact.kind() == Format.GAP;
    }
  }

  /** Everything was read: what is known is durable. */
  synchronized void learned() {
    durable = added;
    snapshotted = added;
  }

  private Fact known(Fact fact) {
    switch (fact.kind()) {
      case Format.MAPPING:
        return mapping(fact.route(), fact.fromSequence());
      case Format.PUBLISHED:
        int channel = Channel.of(fact.fromSequence());
        return mark(Format.payload(fact.record, 0), channel, fact.route(), fact.value());
      case Format.GAP:
        for (Gap gap : gaps) {
          if (gap.fromSequence() == fact.fromSequence()) {
            return gap;
          }
        }
        return null;
      default:
        return null;
    }
  }

  /** Everything, for the start of a segment. */
  synchronized Snapshot snapshot(Meta meta) {
    prune(meta);
    return records(-1);
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
    snapshotted = added;
    byte[] records = new byte[bytes];
    int length = 0;
    int count = 0;
    for (List<? extends Fact> list : Arrays.asList(routes, mappings, marks, gaps)) {
      for (Fact fact : list) {
        if (fact.ordinal > above) {
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
    Format.put64(record, 24, ++added);
    Fact fact = new Fact(record);
    list(fact).add(fact);
    bytes += record.length;
    return added;
  }

  private void remove(Fact fact) {
    if (fact != null && list(fact).remove(fact)) {
      bytes -= fact.record.length;
      gapBytes -= fact.kind() == Format.GAP ? fact.record.length : 0;
    }
  }

  @SuppressWarnings("unchecked")
  private List<Fact> list(Fact fact) {
    switch (fact.kind()) {
      case Format.ROUTE:
        return routes;
      case Format.MAPPING:
        return mappings;
      case Format.PUBLISHED:
        return marks;
      default:
        return (List<Fact>) (List<?>) gaps;
    }
  }

  private static final byte[] NONE = new byte[0];
}

package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.MemoryDisk;
import java.io.File;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What an outbox must hold after anything: every record with a receipt that was not acknowledged,
 * nothing that was not sent, in order, under sequences that are never used twice. It also drives
 * the outbox, so that each step is known to be over.
 */
final class OutboxModel {
  static final File DIRECTORY = new File("outbox");

  /** Small segments, so that short workloads roll and recycle. */
  static OutboxConfig.Builder small() {
    return OutboxConfig.builder(DIRECTORY)
        .segmentBytes(4096)
        .ringBytes(8192)
        .ringRecords(64)
        .sequenceBlock(256);
  }

  private final TreeMap<Long, byte[]> sent = new TreeMap<>();
  private final TreeSet<Long> receipted = new TreeSet<>();
  private final TreeSet<Long> failed = new TreeSet<>();
  private final Map<Integer, Integer> mappings = new HashMap<>();
  private final Set<Integer> published = new HashSet<>();
  private final Set<String> instances = new HashSet<>();
  private long acknowledged;
  private int epoch;
  private int route;

  /** Receipts up to this sequence were awaited, or will never come. */
  private long settled;

  private OutboxConfig config = small().build();
  MemoryDisk disk;
  Outbox outbox;
  Recorder recorder;

  /** Damage was done on purpose: losses are allowed if they are reported. */
  boolean damaged;

  OutboxModel(MemoryDisk disk) {
    this.disk = disk;
  }

  /** The same expectations, for another run from the same state. */
  OutboxModel fork(MemoryDisk disk) {
    OutboxModel fork = new OutboxModel(disk);
    fork.sent.putAll(sent);
    fork.receipted.addAll(receipted);
    fork.mappings.putAll(mappings);
    fork.published.addAll(published);
    fork.acknowledged = acknowledged;
    fork.epoch = epoch;
    fork.config = config;
    fork.settled = settled;
    return fork;
  }

  OutboxModel config(OutboxConfig config) {
    this.config = config;
    return this;
  }

  void open() throws OutboxException {
    recorder = new Recorder();
    outbox = Outbox.open(config, disk, recorder);
    assertThat(outbox.epoch()).isGreaterThan(epoch);
    epoch = outbox.epoch();
    assertThat(instances.add(Arrays.toString(outbox.instance()))).isTrue();
    route = outbox.routeFor("plant", "readings");
  }

  long send(int bytes) throws OutboxException {
    long next = outbox.lastSequence(0) + 1;
    byte[] payload = payload(next, bytes);
    long sequence = outbox.send(new Entry().route(route).payload(payload));
    assertThat(sequence).isEqualTo(next);
    assertThat(sent.put(sequence, payload)).as("sequence used twice: %d", sequence).isNull();
    return sequence;
  }

  /** Waits for the receipts up to a sequence; whether that one says stored. */
  boolean settle(long upTo) throws InterruptedException {
    for (; settled < upTo; settled++) {
      if (sent.containsKey(settled + 1)) {
        (recorder.awaitStored(settled + 1) ? receipted : failed).add(settled + 1);
      }
    }
    return receipted.contains(upTo);
  }

  void acknowledge(long upTo) {
    long before = outbox.acknowledgedSequence(0);
    long least = Math.max(before, Math.min(upTo, outbox.storedSequence(0)));
    outbox.acknowledge(upTo);
    long now = outbox.acknowledgedSequence(0);
    assertThat(now).isBetween(least, Math.max(upTo, before));
    acknowledged = Math.max(acknowledged, now);
  }

  void map(int count) throws OutboxException {
    mappings.clear(); // if it fails, either may be found
    long from = outbox.lastSequence(0) + 1;
    outbox.recordMapping(route, count, from);
    mappings.put((int) from, count);
  }

  void publish(int partition) throws OutboxException {
    outbox.recordPublished(new byte[16], 0, route, partition);
    published.add(partition);
  }

  /** The process ends here, somehow; the next life is on this disk. */
  void reborn(MemoryDisk next) {
    try {
      outbox.close();
    } finally {
      disk = next;
      settled = sent.isEmpty() ? 0 : sent.lastKey();
    }
  }

  /** Reads everything and compares. */
  void check() throws OutboxException {
    TreeMap<Long, byte[]> found = new TreeMap<>();
    try (Cursor cursor = outbox.cursor(0)) {
      long last = 0;
      while (cursor.next()) {
        assertThat(cursor.sequence()).isGreaterThan(last);
        last = cursor.sequence();
        assertThat(sent).containsKey(last);
        assertThat(cursor.payload()).isEqualTo(sent.get(last));
        assertThat(outbox.route(cursor.route()).topic()).isEqualTo("readings");
        found.put(last, cursor.payload());
      }
    }
    if (damaged) {
      outbox.routeFor("a round", "of the store thread");
      outbox.recordMapping(route, 7, (1L << 48) - 1); // after it every gap was told
    }
    for (long sequence : receipted.tailSet(acknowledged, false)) {
      boolean accounted = found.containsKey(sequence);
      if (damaged && !accounted) {
        accounted = recorder.reportedLost(sequence);
      }
      assertThat(accounted).as("record %d", sequence).isTrue();
      assertThat(!damaged && recorder.reportedLost(sequence)).isFalse();
    }
    for (long sequence : found.keySet()) {
      // a failed record may be found by the next life only if nothing was stored after it
      boolean unknownOutcome = receipted.higher(sequence) == null && failed.remove(sequence);
      assertThat(failed.contains(sequence)).as("failed %d, %b", sequence, unknownOutcome).isFalse();
    }
    if (!damaged) {
      assertThat(outbox.backlogRecords())
          .isGreaterThanOrEqualTo(found.tailMap(acknowledged, false).size());
      checkFacts();
    }
    if (!sent.isEmpty()) {
      assertThat(outbox.lastSequence(0)).isGreaterThanOrEqualTo(sent.lastKey());
    }
  }

  private void checkFacts() {
    mappings.forEach(
        (from, count) -> assertThat(outbox.partitionCountFor(route, from)).isEqualTo(count));
    published.forEach(
        partition -> assertThat(outbox.wasPublished(new byte[16], 0, route, partition)).isTrue());
  }

  long acknowledged() {
    return acknowledged;
  }

  int lostAndReported() {
    int lost = 0;
    for (long sequence : receipted.tailSet(acknowledged, false)) {
      lost += recorder.reportedLost(sequence) ? 1 : 0;
    }
    return lost;
  }

  static byte[] payload(long sequence, int bytes) {
    byte[] payload = new byte[bytes];
    new Random(sequence).nextBytes(payload);
    return payload;
  }
}

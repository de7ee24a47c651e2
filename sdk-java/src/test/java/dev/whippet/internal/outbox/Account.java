package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.internal.segment.Channel;
import dev.whippet.testkit.MemoryDisk;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The books of an outbox with lanes, ages and bounds: what was sent, what was delivered, what was
 * reported. It plays the network's side, too: reads, claims, drops what is too old, acknowledges.
 *
 * <pre>
 * receipt "stored"          delivered, or reported as dropped, or still there; nothing else
 * delivered and reported    only as unknown outcome
 * a drop's count            the messages sent in its range
 * order                     rising in each channel, between a restart and the next
 * </pre>
 */
final class Account {
  static final long EPOCH_MILLIS = 1_700_000_000_000L;

  private final Random random;
  private final OutboxConfig config;
  private final TreeMap<Long, byte[]> sent = new TreeMap<>();
  private final TreeSet<Long> receipted = new TreeSet<>();
  private final TreeSet<Long> delivered = new TreeSet<>();
  private final TreeMap<Long, GapReport> drops = new TreeMap<>();
  private final Map<Long, Integer> ages = new HashMap<>();
  private final List<Long> waiting = new ArrayList<>();
  private volatile long now = EPOCH_MILLIS;
  private Recorder recorder;
  private int heard;
  private int route;
  MemoryDisk disk;
  Outbox outbox;

  Account(Random random, OutboxConfig.Builder config, MemoryDisk disk) {
    this.random = random;
    this.config = config.time(() -> now).build();
    this.disk = disk;
  }

  void open() throws OutboxException {
    recorder = new Recorder();
    heard = 0;
    outbox = Outbox.open(config, disk, recorder);
    route = outbox.routeFor("plant", "readings");
    hear();
  }

  void pass(long millis) {
    now += millis;
  }

  void send() throws OutboxException {
    int lane = random.nextInt(Channel.LANES);
    int age = random.nextInt(4) == 0 ? 1 + random.nextInt(3_000) : 0;
    byte[] payload = new byte[random.nextInt(random.nextInt(6) == 0 ? 1_500 : 150)];
    random.nextBytes(payload);
    Entry entry = new Entry().route(route).lane(lane).timeToLive(age).payload(payload);
    long sequence;
    try {
      sequence = outbox.send(entry.originTimestampMicros(now * 1_000));
    } catch (OutboxException full) {
      assertThat(full.reason()).isEqualTo(OutboxException.Reason.FULL);
      return;
    }
    assertThat(sent.put(sequence, payload)).as("sequence twice").isNull();
    ages.put(sequence, age);
    waiting.add(sequence);
  }

  /** Waits for all receipts. */
  void settle() throws InterruptedException {
    for (long sequence : waiting) {
      boolean stored = recorder.awaitStored(sequence);
      hear();
      if (stored && !isRefused(sequence)) {
        receipted.add(sequence);
      }
    }
    waiting.clear();
  }

  private boolean isRefused(long sequence) {
    GapReport drop = dropOf(sequence);
    return drop != null && drop.reason() == GapReport.Reason.REFUSED;
  }

  private GapReport dropOf(long sequence) {
    Map.Entry<Long, GapReport> drop = drops.floorEntry(sequence);
    return drop != null && sequence <= drop.getValue().lastSequence() ? drop.getValue() : null;
  }

  /** Takes up what was reported. */
  void hear() {
    List<GapReport> gaps = recorder.gaps();
    for (; heard < gaps.size(); heard++) {
      GapReport gap = gaps.get(heard);
      if (!gap.reason().isDrop()) {
        continue;
      }
      GapReport before = drops.put(gap.firstSequence(), gap);
      if (before != null) {
        assertThat(gap).hasToString(before.toString());
      }
      long inRange = sent.subMap(gap.firstSequence(), true, gap.lastSequence(), true).size();
      assertThat(gap.count()).as("count of %s", gap).isEqualTo(inRange);
      assertThat(gap.bytes()).isPositive();
    }
  }

  // ---- the network's side

  /** Reads some of one channel, as the drainer does, and acknowledges some of that. */
  void drain(int channel, int most) throws OutboxException {
    long last = outbox.acknowledgedSequence(channel);
    long passed = last;
    boolean mayPass = true;
    try (Cursor cursor = outbox.cursor(last)) {
      for (int i = 0; i < most && cursor.next(); i++) {
        long sequence = cursor.sequence();
        assertThat(sequence).isGreaterThan(last);
        last = sequence;
        assertThat(sent).as("invented").containsKey(sequence);
        assertThat(cursor.payload()).isEqualTo(sent.get(sequence));
        if (cursor.isExpired()) {
          assertThat(ages.get(sequence)).isPositive();
          mayPass &= expire(cursor, sequence);
          if (!mayPass) {
            break; // a drop that can't be noted waits, and all behind it
          }
        } else if (outbox.claim(sequence, sequence)) {
          delivered.add(sequence);
        }
        passed = mayPass ? sequence : passed;
      }
    }
    hear();
    if (random.nextInt(3) > 0) {
      outbox.acknowledge(passed);
    }
  }

  private boolean expire(Cursor cursor, long sequence) throws OutboxException {
    boolean unknown = sequence <= outbox.claimedSequence(Channel.of(sequence));
    if (!outbox.claim(sequence, sequence)) {
      return false;
    }
    long ordinal = outbox.drop(sequence, sequence, cursor.recordBytes(), unknown);
    return ordinal != 0 && round() && outbox.isDropped(ordinal);
  }

  /** Waits for a round of the store thread; whether it could write. */
  boolean round() throws OutboxException {
    try {
      outbox.renewProducer();
      return true;
    } catch (OutboxException failed) {
      assertThat(failed.reason()).isEqualTo(OutboxException.Reason.WRITE_FAILED);
      return false;
    }
  }

  // ---- lives

  /** The power went; the next process finds what is on the disk. */
  void afterTheCut() throws OutboxException {
    if (outbox == null) {
      disk = disk.reboot();
      open();
    } else {
      reborn(false);
    }
  }

  /** The process ends in order, or the power goes, and the next one begins. */
  void reborn(boolean inOrder) throws OutboxException {
    hear(); // before the power goes: what is told later may not be on the disk
    MemoryDisk dark = inOrder ? null : disk.reboot();
    outbox.close();
    if (inOrder) {
      hear();
    }
    waiting.clear();
    disk = inOrder ? disk.restart() : dark;
    open();
  }

  /** Drains everything; then every message with a receipt must be accounted for. */
  void close() throws Exception {
    settle();
    for (int turn = 0; turn < 50 && outbox.backlogRecords() > 0; turn++) {
      for (int channel = 0; channel < Channel.COUNT; channel++) {
        drain(channel, Integer.MAX_VALUE);
        assertThat(round()).isTrue(); // drops of the turn are told
        outbox.acknowledge(delivered(channel));
      }
    }
    hear();
    for (long sequence : receipted) {
      GapReport drop = dropOf(sequence);
      boolean arrived = delivered.contains(sequence);
      assertThat(arrived || drop != null).as("%d was lost in silence", sequence).isTrue();
    }
    for (long sequence : delivered) {
      GapReport drop = dropOf(sequence);
      if (drop != null) {
        assertThat(drop.reason())
            .as("%d was delivered", sequence)
            .isEqualTo(GapReport.Reason.UNKNOWN_OUTCOME);
      }
    }
    outbox.close();
  }

  /** The highest sequence of a channel up to which nothing waits. */
  private long delivered(int channel) throws OutboxException {
    long last = outbox.acknowledgedSequence(channel);
    long stored = outbox.storedSequence(channel);
    try (Cursor cursor = outbox.cursor(last)) {
      while (cursor.next()) {
        if (!delivered.contains(cursor.sequence())) {
          return last;
        }
        last = cursor.sequence();
      }
    }
    return stored;
  }

  String sums() {
    Map<GapReport.Reason, Long> reported = new TreeMap<>();
    for (GapReport drop : drops.values()) {
      reported.merge(drop.reason(), drop.count(), Long::sum);
    }
    return "sent " + sent.size() + ", delivered " + delivered.size() + ", reported " + reported;
  }

  Map<GapReport.Reason, Long> reported() {
    Map<GapReport.Reason, Long> reported = new TreeMap<>();
    for (GapReport drop : drops.values()) {
      reported.merge(drop.reason(), drop.count(), Long::sum);
    }
    return reported;
  }
}

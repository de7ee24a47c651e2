package dev.whippet.broker.simulation;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import dev.whippet.broker.testkit.MemoryDisk.Moment;
import dev.whippet.broker.testkit.MortalMemory;
import io.netty.buffer.ByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;

/**
 * One seed's run: some lives of a broker on one disk, each ended by a kill, a clean stop or a power
 * cut. Around every single disk operation of it (start-up and stop included) the end comes for a
 * copy of the disk; from each copy a broker must start and serve what the clients know.
 *
 * <pre>
 *   life 1 ---op---op---op---op--- killed   life 2 ---op---op--- ...
 *              |    |
 *              |    copy: power cut, before, in the middle of or after the operation; or kill
 *              v
 *           start, inspect [, power cut and inspect again] [, go on, restart, inspect]
 *                 [ each operation of this start is a moment for a cut, too ]
 * </pre>
 */
final class CutRun {
  /** For processes that die with their memory. */
  static final ByteBufAllocator MORTAL = new MortalMemory();

  private static final int LIVES = 3;
  private static final long SEGMENT_BYTES_MAX = 300 << 10;
  private static final int GO_ON_EVERY = 7;
  private static final int CUT_START_EVERY = 97;

  /** At weak levels, so that a few cuts see all lives. */
  private static final int WEAK_STRIDE = 7;

  private static final int STEP_MICROS_MAX = 5_000;

  /** Where messages are synced late, time passes faster. */
  private static final long INTERVAL_MILLIS = 4_000;

  private static final int LONG_STEP_MICROS_MAX = 500_000;

  /** The disk and the timers are late by less than this: a quarter of the interval each. */
  private static final long LATE_MICROS_MAX = 1_000_000;

  private final long seed;
  private final int steps;
  private final LogConfig config;
  private final UnaryOperator<LoopFiles> files;
  private final Random random;
  private final Time time = new Time();
  private final World world = new World(time);
  private int life;
  private final MessageDigest trace = sha256();
  private Durability topics = Durability.POWER;
  private long cuts;
  private String moment = "start";

  /** When nothing was left to do. */
  private long restedAt;

  /** Messages may be lost by a power cut, not by a kill; {@code topics} is not POWER then. */
  CutRun withTopics(Durability topics) {
    this.topics = topics;
    return this;
  }

  private boolean isWeak() {
    return topics != Durability.POWER;
  }

  CutRun(long seed, int steps, LogConfig config, UnaryOperator<LoopFiles> files) {
    this.seed = seed;
    this.steps = steps;
    this.config = config.withSyncIntervalMillis(INTERVAL_MILLIS);
    this.files = files;
    this.random = new Random(seed);
  }

  /** Small limits, so that everything happens in a short run; every third seed has a delay. */
  static LogConfig small(long seed) {
    long delayMicros = seed % 3 == 0 ? CommitConfig.FLASH_DELAY_MICROS : 0;
    return LogConfig.DEFAULT
        .withSegmentBytes(seed % 2 == 0 ? 16 << 10 : 48 << 10) // with retention: many recycled
        .withTailBytesMax(32 << 10)
        .withJournalBytesMax(12 << 10)
        .withCommits(new CommitConfig(seed % 2 == 0 ? 32 << 10 : 80 << 10, 4 << 10, delayMicros));
  }

  /** Cuts until it ends or the count is reached; returns how often. */
  long run(long cutsMax) {
    try {
      MemoryDisk disk = SimulatedBroker.emptyDisk(seed);
      for (life = 1; life <= LIVES && (cuts < cutsMax || cutsMax == 0); life++) {
        disk = live(disk, cutsMax);
      }
      return cuts;
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw new AssertionError(
          "seed "
              + seed
              + ", life "
              + life
              + ", "
              + moment
              + ": "
              + e.getMessage()
              + "\nrepeat: mvn -q -pl embedded-broker -am test -Dtest=PowerCutTest"
              + " -Dsurefire.failIfNoSpecifiedTests=false -Dwhippet.seed="
              + seed,
          e);
    }
  }

  /** Of every operation, and of every byte at the end of each life: equal for equal runs. */
  String digest() {
    return HexFormat.of().formatHex(trace.digest());
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private MemoryDisk live(MemoryDisk disk, long cutsMax) throws BrokerException {
    disk.shuffle(seed + life);
    disk.watch(moment -> cutAround(moment, cutsMax));
    SimulatedBroker broker = start(disk, files);
    if (life > 1) {
      inspection(broker, world, 100).run();
      new Continuation(broker, world, MORTAL).resend();
    }
    Workload workload = new Workload(broker, world, MORTAL, random.nextLong(), false);
    workload.run(
        steps,
        () -> {
          pass(broker);
          if (random.nextInt(8) == 0) {
            broker.tick();
          }
        });
    int end = life % 3;
    if (end == 0) {
      broker.stop();
    }
    disk.watch(null);
    disk.digest(trace);
    long chance = random.nextLong();
    return end == 1 || isWeak() ? disk.afterKill(chance) : disk.afterPowerCut(chance);
  }

  private void pass(SimulatedBroker broker) {
    boolean late = topics == Durability.INTERVAL;
    int micros = random.nextInt(late ? LONG_STEP_MICROS_MAX : STEP_MICROS_MAX);
    if (late && time.micros() + micros > restedAt + LATE_MICROS_MAX) {
      broker.runAll();
      restedAt = time.micros();
    }
    time.pass(micros);
  }

  /** Every other seed has retention. */
  private long segmentBytesMax() {
    return retention() ? SEGMENT_BYTES_MAX : Long.MAX_VALUE;
  }

  private boolean retention() {
    return seed % 2 == 0;
  }

  private Inspection inspection(SimulatedBroker broker, World then, int pollCount) {
    return new Inspection(broker, then, pollCount).withRetention(retention());
  }

  private SimulatedBroker start(MemoryDisk disk, UnaryOperator<LoopFiles> view)
      throws BrokerException {
    int loops = 1 + (int) (Math.abs(seed + life + cuts) % 3);
    return new SimulatedBroker(
        disk,
        new Setup(
            loops, config, MORTAL, time, seed + life + cuts, topics, segmentBytesMax(), view));
  }

  // --- cuts -------------------------------------------------------------------------------------

  private void cutAround(Moment moment, long cutsMax) {
    this.moment = moment.toString();
    trace.update(this.moment.getBytes(StandardCharsets.UTF_8));
    if (cuts >= cutsMax || isWeak() && moment.number() % WEAK_STRIDE != 0) {
      return;
    }
    inspect(moment.powerCut(Cut.BEFORE, cuts), "power cut before");
    if (moment.changes()) {
      inspect(moment.powerCut(Cut.DURING, cuts), "power cut during");
      inspect(moment.powerCut(Cut.DURING, cuts), "power cut during");
      inspect(moment.powerCut(Cut.AFTER, cuts), "power cut after");
      inspectKilled(moment.kill(Cut.DURING, cuts), "kill during");
    }
  }

  private void inspectKilled(MemoryDisk left, String how) {
    if (isWeak()) {
      inspectWeak(left, how, false);
    } else {
      inspect(left, how);
    }
  }

  /**
   * Only what was under way may be missing after a kill; after a power cut messages, at level
   * INTERVAL those of the last interval.
   */
  private void inspectWeak(MemoryDisk left, String how, boolean powerCut) {
    long number = cuts++;
    try {
      SimulatedBroker broker = start(left, UnaryOperator.identity());
      World then = world.copy();
      Inspection inspection = inspection(broker, then, 5 + (int) (number % 200));
      if (powerCut) {
        inspection.lostSince(lossBegins());
      }
      inspection.served();
      if (powerCut && number % GO_ON_EVERY == 0) {
        new Continuation(broker, then, MORTAL).nobodySkips();
      }
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw new AssertionError(how + ", cut " + number + ": " + e.getMessage(), e);
    }
  }

  /** What was acknowledged until then may not be lost. */
  private long lossBegins() {
    boolean bounded = topics == Durability.INTERVAL;
    return bounded ? time.micros() - INTERVAL_MILLIS * 1_000 : 0;
  }

  private void inspect(MemoryDisk left, String how) {
    if (isWeak()) {
      inspectWeak(left, how, true);
      return;
    }
    long number = cuts++;
    try {
      World then = world.copy();
      if (number % CUT_START_EVERY == CUT_START_EVERY - 1) {
        cutStart(left.afterKill(number), then);
      }
      SimulatedBroker broker = start(left, UnaryOperator.identity());
      inspection(broker, then, 5 + (int) (number % 200)).run();
      if (number % 3 == 0) {
        lasts(left.afterPowerCut(number), then);
      }
      if (number % GO_ON_EVERY == 0) {
        goOn(broker, left, then, number);
      }
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw new AssertionError(how + ", cut " + number + ": " + e.getMessage(), e);
    }
  }

  /** What was shown stays, although nothing was written since. */
  private void lasts(MemoryDisk left, World then) throws BrokerException {
    SimulatedBroker broker = start(left, UnaryOperator.identity());
    inspection(broker, then.copy(), 100).run();
  }

  private void goOn(SimulatedBroker broker, MemoryDisk disk, World then, long number)
      throws BrokerException {
    Continuation continuation = new Continuation(broker, then, MORTAL);
    continuation.resend();
    continuation.storeMore();
    inspection(broker, then, 100).run();
    MemoryDisk next = disk;
    if (number % 2 == 0) {
      next = disk.afterPowerCut(number);
    } else {
      broker.stop();
    }
    lasts(next, then);
  }

  /** The power goes again while the broker starts. */
  private void cutStart(MemoryDisk disk, World then) throws BrokerException {
    List<MemoryDisk> found = new ArrayList<>();
    disk.watch(
        moment -> {
          found.add(moment.powerCut(Cut.DURING, cuts));
          found.add(moment.kill(Cut.BEFORE, cuts));
        });
    start(disk, UnaryOperator.identity());
    disk.watch(null);
    for (MemoryDisk left : found) {
      cuts++;
      // Old bytes in the place of a header that was never synced may be told as damage.
      inspection(start(left, UnaryOperator.identity()), then.copy(), 100).served();
    }
  }
}

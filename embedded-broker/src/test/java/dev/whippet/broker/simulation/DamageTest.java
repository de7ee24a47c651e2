package dev.whippet.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.BrokerException;
import dev.whippet.broker.SimulatedBroker;
import dev.whippet.broker.SimulatedBroker.Setup;
import dev.whippet.broker.SimulatedBroker.Time;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.testkit.MemoryDisk;
import java.nio.file.Path;
import java.util.Random;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What a small data directory may suffer while nobody looks: a flipped bit in any byte, a file that
 * is gone. The broker starts, serves nothing wrong, and says what it misses. Without {@code
 * -Dwhippet.flips=1} every {@value #STRIDE}th byte is flipped, from one that the seed chooses.
 */
class DamageTest {
  private static final int STRIDE = Integer.getInteger("whippet.flips", 401);
  private static final long SEED = Long.getLong("whippet.seed", 8);
  private static final int STEPS = 30;

  private final World known = new World(new Time());
  private MemoryDisk sound;

  @BeforeEach
  void fill() throws BrokerException {
    System.out.println("seed " + SEED);
    MemoryDisk disk = SimulatedBroker.emptyDisk(SEED);
    SimulatedBroker broker = start(disk);
    new Workload(broker, known, CutRun.MORTAL, SEED, false).run(STEPS, () -> {});
    new Inspection(broker, known, 100).run();
    sound = disk.afterKill(SEED);
  }

  private static SimulatedBroker start(MemoryDisk disk) throws BrokerException {
    return new SimulatedBroker(
        disk,
        new Setup(
            2,
            CutRun.small(SEED),
            CutRun.MORTAL,
            new Time(),
            SEED,
            Durability.POWER,
            Long.MAX_VALUE,
            UnaryOperator.identity()));
  }

  /** Nothing wrong, and what was shown once is shown by the next one, too. */
  private void check(MemoryDisk disk, String what, boolean again) {
    try {
      World then = known.copy();
      new Inspection(start(disk), then, 100).lossy(true).served();
      if (again) {
        new Inspection(start(disk), then, 100).lossy(true).served();
      }
    } catch (AssertionError | RuntimeException | BrokerException e) {
      throw new AssertionError(
          "seed "
              + SEED
              + ", "
              + what
              + ": "
              + e.getMessage()
              + "\nrepeat: mvn -q -pl embedded-broker -am test -Dtest=DamageTest"
              + " -Dsurefire.failIfNoSpecifiedTests=false -Dwhippet.seed="
              + SEED,
          e);
    }
  }

  @Test
  void flippedBitsAreNeverServedAndNeverStopAStart() {
    Random random = new Random(SEED);
    int flips = 0;
    for (Path file : sound.files()) {
      int length = sound.content(file).length;
      for (int at = random.nextInt(STRIDE); at < length; at += STRIDE) {
        MemoryDisk disk = sound.afterKill(at);
        disk.flip(file, at, 1 << random.nextInt(8));
        check(disk, "a flipped bit in byte " + at + " of " + file, at % 5 == 0);
        flips++;
      }
      if (STRIDE == 1) {
        System.out.println(flips + " flipped bits, " + file + " is done");
      }
    }
    System.out.println(flips + " flipped bits in " + sound.files().size() + " files");
    assertThat(flips).isPositive();
  }

  @Test
  void filesThatDisappearedAreMissedAndNothingElse() {
    for (Path file : sound.files()) {
      MemoryDisk disk = sound.afterKill(1);
      disk.lose(file);
      check(disk, file + " is gone", true);
    }
    assertThat(sound.files()).hasSizeGreaterThan(2);
  }
}

package dev.whippet.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.testkit.MemoryDisk.Fault;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/**
 * One operation of the disk fails, is refused for want of space, is carried out and reported as
 * failed, or reads wrong bytes. {@code -Dwhippet.faults=N} tries at least N, {@code -Dwhippet.seed}
 * begins with another seed.
 */
class FaultTest {
  private static final long FAULTS = Long.getLong("whippet.faults", 600);
  private static final long FIRST_SEED = Long.getLong("whippet.seed", 1);
  private static final int STEPS = 40;
  private static final int ROUNDS_EACH_SEED = 10;
  private static final List<Fault> KINDS =
      List.of(Fault.EIO, Fault.NO_SPACE, Fault.EIO_AFTERWARDS, Fault.WRONG_BYTES);

  @Test
  void nothingAcknowledgedIsLostWhicheverOperationFails() throws Exception {
    long faults = 0;
    long seed = FIRST_SEED;
    for (; faults < FAULTS; seed++) {
      FaultRun run = new FaultRun(seed, STEPS);
      boolean happened = true;
      for (int operation = 0; happened; operation++) {
        happened = run.fail(operation, KINDS.get((int) ((operation + seed) % KINDS.size())));
        faults += happened ? 1 : 0;
      }
    }
    System.out.println(faults + " faults, seeds " + FIRST_SEED + " to " + (seed - 1));
    assertThat(faults).isGreaterThanOrEqualTo(FAULTS);
  }

  @Test
  void aDiskThatWasFullTakesEverythingAgain() throws Exception {
    int rounds = (int) (FAULTS / 4);
    FaultRun run = null;
    for (int round = 0; round < rounds; round++) {
      if (round % ROUNDS_EACH_SEED == 0) {
        run = new FaultRun(FIRST_SEED + round / ROUNDS_EACH_SEED, STEPS);
      }
      run.fillUp(round);
    }
    assertThat(rounds).isPositive();
  }

  /** On demand: not every place that allocates is known to bear the want of memory yet. */
  @Test
  @EnabledIfSystemProperty(named = "whippet.allocations", matches = "true")
  void nothingAcknowledgedIsLostWhicheverAllocationFails() throws Exception {
    long failed = 0;
    for (long seed = FIRST_SEED; failed < FAULTS / 6; seed++) {
      FaultRun run = new FaultRun(seed, STEPS);
      boolean happened = true;
      for (int allocation = 0; happened; allocation++) {
        happened = run.failAllocation(allocation);
        failed += happened ? 1 : 0;
      }
    }
    System.out.println(failed + " allocations failed");
    assertThat(failed).isPositive();
  }
}

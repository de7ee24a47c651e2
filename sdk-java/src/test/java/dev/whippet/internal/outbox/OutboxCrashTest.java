package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.MemoryDisk;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The power goes at every operation of a workload, and nothing that had a receipt is lost. */
@Timeout(300) // a hang is a failure
final class OutboxCrashTest {
  private static final int SEEDS = 4;

  @Test
  void powerCutAtEveryOperationLosesNothingStored() throws Exception {
    OutboxModel whole = new OutboxModel(new MemoryDisk(0));
    workload(whole);
    long operations = whole.disk.operations();
    whole.outbox.close();
    assertThat(operations).isGreaterThan(90);

    for (long operation = 1; operation <= operations; operation++) {
      for (int seed = 0; seed < SEEDS; seed++) {
        try {
          crashAndCompare(operation, seed * 1_000_003L + operation);
        } catch (AssertionError | Exception failed) {
          throw new AssertionError("power cut at " + operation + ", seed " + seed, failed);
        }
      }
    }
  }

  private static void crashAndCompare(long operation, long seed) throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(seed).cutPowerAt(operation));
    runUntilDark(model);
    rebootAndCheck(model);

    model.reborn(model.disk.restart().cutPowerAt(1 + new Random(seed).nextInt(60)));
    runUntilDark(model);
    rebootAndCheck(model);
    model.outbox.close();
  }

  private static void rebootAndCheck(OutboxModel model) throws Exception {
    if (model.outbox == null) {
      model.disk = model.disk.reboot();
    } else {
      MemoryDisk next = model.disk.reboot();
      model.reborn(next);
    }
    model.open();
    model.check();
    long sequence = model.send(100);
    assertThat(model.settle(sequence)).isTrue();
    model.check();
  }

  private static void runUntilDark(OutboxModel model) throws Exception {
    try {
      workload(model);
    } catch (OutboxException dark) {
      assertThat(model.disk.isOff()).isTrue();
    }
  }

  /** Appends, rolls over, recycles, acknowledges, notes facts, closes and opens again. */
  private static void workload(OutboxModel model) throws Exception {
    Random sizes = new Random(7);
    model.open();
    for (int i = 0; i < 32; i++) {
      long sequence = model.send(20 + sizes.nextInt(700));
      if (i % 3 == 0) {
        sequence = model.send(sizes.nextInt(200));
      }
      if (!model.settle(sequence)) {
        return;
      }
      if (i % 5 == 4) {
        model.acknowledge(sequence - 3);
      }
      if (i == 6) {
        model.map(4);
      }
      if (i == 9) {
        model.publish(2);
      }
      if (i == 15) {
        MemoryDisk same = model.disk;
        model.reborn(same);
        model.open();
      }
    }
  }
}

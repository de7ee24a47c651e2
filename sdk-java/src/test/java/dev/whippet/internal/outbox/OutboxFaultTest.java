package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.MemoryDisk;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operations fail, disks fill up: typed failures, old data untouched, later sends work again. */
@Timeout(300) // a hang is a failure
final class OutboxFaultTest {
  @Test
  void everyOperationFailingOnceLosesNothingAtAll() throws Exception {
    failEveryOperation(1, true);
  }

  @Test
  void everyOperationFailingForAWhileFailsOnlyWhatItSays() throws Exception {
    failEveryOperation(2, false);
    failEveryOperation(7, false);
  }

  private static void failEveryOperation(int failures, boolean absorbed) throws Exception {
    OutboxModel whole = new OutboxModel(new MemoryDisk(0));
    whole.open();
    long begin = whole.disk.operations() + 1;
    work(whole);
    long end = whole.disk.operations();
    whole.outbox.close();
    for (long operation = begin; operation <= end; operation++) {
      OutboxModel model = new OutboxModel(new MemoryDisk(operation));
      model.open();
      model.disk.failAt(operation, failures);
      try {
        boolean allStored = work(model);
        assertThat(allStored || !absorbed).isTrue();
        model.check();
        model.disk.failAt(Long.MAX_VALUE, 0);
        long sequence = model.send(50);
        assertThat(model.settle(sequence)).isTrue();

        MemoryDisk next = model.disk.reboot();
        model.reborn(next);
        model.open();
        model.check();
        model.outbox.close();
      } catch (AssertionError | Exception failed) {
        throw new AssertionError(failures + " failures from " + operation, failed);
      }
    }
  }

  private static boolean work(OutboxModel model) throws Exception {
    Random sizes = new Random(3);
    boolean all = true;
    for (int i = 0; i < 24; i++) {
      long sequence = model.send(20 + sizes.nextInt(800));
      all &= model.settle(sequence);
      if (i % 5 == 4) {
        model.acknowledge(sequence - 3);
      }
    }
    return all;
  }

  @Test
  void fullDiskFailsTypedKeepsTheOldAndWorksAgainWithRoom() throws Exception {
    for (long capacity = 8192 + 4096; capacity < 60_000; capacity += 1024) {
      OutboxModel model = new OutboxModel(new MemoryDisk(capacity).capacity(capacity));
      model.open();
      long stored = 0;
      int failed = 0;
      for (int i = 0; i < 150 && failed < 5; i++) {
        long sequence = model.send(500);
        if (model.settle(sequence)) {
          stored = sequence;
        } else {
          failed++;
        }
      }
      assertThat(failed).isEqualTo(5);
      model.check();

      model.acknowledge(stored - 2);
      model.disk.capacity(capacity + 2 * 4096);

      long sequence = model.send(500);
      assertThat(model.settle(sequence)).as("capacity %d", capacity).isTrue();
      model.check();
      model.reborn(model.disk.restart());
      model.open();
      model.check();
      model.outbox.close();
    }
  }

  @Test
  void fullDiskTakesNewRecordsOnceOldOnesAreAcknowledged() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(9).capacity(8192 + 5 * 4096));
    model.open();
    long sequence = 0;
    boolean full = false;
    while (!full) {
      long next = model.send(500);
      full = !model.settle(next);
      sequence = full ? sequence : next;
    }

    model.acknowledge(sequence - 1);

    assertThat(model.settle(model.send(500))).isTrue();
    model.check();
    model.outbox.close();
  }

  @Test
  void factThatCannotBeStoredThrowsAndIsNotBelieved() throws Exception {
    OutboxModel model = new OutboxModel(new MemoryDisk(10));
    model.open();
    model.disk.failAt(model.disk.operations() + 1, 100);
    OutboxException thrown = null;
    try {
      model.outbox.recordMapping(1, 8, 1);
    } catch (OutboxException expected) {
      thrown = expected;
    }
    assertThat(thrown).isNotNull();
    assertThat(thrown.reason()).isEqualTo(OutboxException.Reason.WRITE_FAILED);
    assertThat(model.outbox.partitionCountFor(1, 1)).isZero();

    model.disk.failAt(Long.MAX_VALUE, 0);
    model.outbox.recordMapping(1, 8, 1);

    assertThat(model.outbox.partitionCountFor(1, 1)).isEqualTo(8);
    model.outbox.close();
  }
}

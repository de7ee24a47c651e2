package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.MemoryDisk;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Bad news come first: what is gone is named before anybody can take it for delivered. */
@Timeout(300)
final class OutboxTellingTest {
  private final AtomicReference<Outbox> outbox = new AtomicReference<>();
  private final CountDownLatch told = new CountDownLatch(1);

  /** A listener of one test. */
  private abstract static class Ear implements Outbox.Listener {
    @Override
    public void stored(long upToSequence) {}

    @Override
    public void failed(long first, long last, OutboxException cause) {}

    @Override
    public void gap(GapReport gap) {}
  }

  @Test
  void whatCouldNotBeStoredIsNamedBeforeItCountsAsSettled() throws Exception {
    AtomicLong settledWhenNamed = new AtomicLong(-1);
    CountDownLatch passed = new CountDownLatch(1);
    Outbox.Listener ear =
        new Ear() {
          @Override
          public void failed(long first, long last, OutboxException cause) {
            settledWhenNamed.set(outbox.get().storedSequence(0));
            told.countDown();
          }

          @Override
          public void stored(long upToSequence) {
            passed.countDown();
          }
        };
    MemoryDisk disk = new MemoryDisk(1);
    try (Outbox opened = Outbox.open(OutboxModel.small().build(), disk, ear)) {
      outbox.set(opened);
      int route = opened.routeFor("s", "t");
      disk.failAt(disk.operations() + 1, 100);

      long sequence = opened.send(new Entry().payload(new byte[10]).route(route));
      told.await();
      passed.await();

      assertThat(settledWhenNamed.get()).isLessThan(sequence);
      assertThat(opened.storedSequence(0)).isEqualTo(sequence);
      disk.failAt(Long.MAX_VALUE, 0);
    }
  }

  @Test
  void whatACursorMissesIsToldBeforeItGoesOn() throws Exception {
    MemoryDisk disk = new MemoryDisk(1);
    CountDownLatch stored = new CountDownLatch(1);
    CountDownLatch wentOn = new CountDownLatch(1);
    AtomicBoolean wentOnFirst = new AtomicBoolean();
    Outbox.Listener ear =
        new Ear() {
          @Override
          public void stored(long upToSequence) {
            if (upToSequence == 3) {
              stored.countDown();
            }
          }

          @Override
          public void gap(GapReport gap) {
            try {
              wentOnFirst.set(wentOn.await(200, TimeUnit.MILLISECONDS));
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            told.countDown();
          }
        };
    try (Outbox opened = Outbox.open(OutboxModel.small().ringBytes(64 << 10).build(), disk, ear)) {
      int route = opened.routeFor("s", "t");
      for (int i = 0; i < 3; i++) {
        opened.send(new Entry().payload(new byte[1_800]).route(route)); // more than one segment
      }
      stored.await();
      String first = OutboxModel.DIRECTORY + "/" + Spares.slotName(1);
      disk.flip(first, disk.lastNonZero(first), 1);

      Cursor cursor = opened.cursor(0);
      int found = 0;
      while (cursor.next()) {
        found++;
      }
      wentOn.countDown();
      told.await();
      cursor.close();

      assertThat(found).isEqualTo(2);
      assertThat(wentOnFirst).isFalse();
    }
  }
}

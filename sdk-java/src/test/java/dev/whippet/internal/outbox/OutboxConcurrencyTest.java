package dev.whippet.internal.outbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Four producers and a draining thread at once, with each overflow policy. */
@Timeout(300) // a hang is a failure
final class OutboxConcurrencyTest {
  private static final int PRODUCERS = 4;
  private static final int RECORDS = 5_000;

  @Test
  void rejectingOutboxKeepsEveryAcceptedRecordInOrder() throws Exception {
    run(OutboxModel.small().backlogBytesMax(5 * 4096).reject().build());
  }

  @Test
  void blockingOutboxTakesEveryRecordInOrder() throws Exception {
    run(OutboxModel.small().backlogBytesMax(5 * 4096).block(1, TimeUnit.MINUTES).build());
  }

  private static void run(OutboxConfig config) throws Exception {
    AtomicLong rejected = new AtomicLong();
    AtomicLong sent = new AtomicLong();
    AtomicReference<Throwable> failed = new AtomicReference<>();
    List<Thread> producers = new ArrayList<>();
    try (Outbox outbox = Outbox.open(config, new MemoryDisk(1), new Recorder())) {
      int route = outbox.routeFor("s", "t");
      for (int p = 0; p < PRODUCERS; p++) {
        int producer = p;
        Thread thread =
            new Thread(
                () -> {
                  try {
                    produce(outbox, route, producer, sent, rejected);
                  } catch (Throwable broken) {
                    failed.set(broken);
                  }
                });
        producers.add(thread);
        thread.start();
      }
      drain(outbox, producers, sent);
      assertThat(failed.get()).isNull();
      assertThat(sent.get() + rejected.get()).isEqualTo((long) PRODUCERS * RECORDS);
      assertThat(outbox.lastSequence(0)).isEqualTo(sent.get());
      outbox.recordMapping(route, 1, 1); // the round that stored the last records is over
      assertThat(outbox.backlogRecords()).isZero();
      if (config.overflow() == OutboxConfig.Overflow.BLOCK) {
        assertThat(rejected.get()).isZero();
      }
    }
  }

  private static void produce(
      Outbox outbox, int route, int producer, AtomicLong sent, AtomicLong rejected)
      throws OutboxException {
    Entry entry = new Entry().route(route);
    ByteBuffer payload = ByteBuffer.allocate(40);
    for (int i = 0; i < RECORDS; i++) {
      payload.putInt(0, producer).putInt(4, i);
      try {
        outbox.send(entry.payload(payload.array()));
        sent.incrementAndGet();
      } catch (OutboxException full) {
        assertThat(full.reason()).isEqualTo(OutboxException.Reason.FULL);
        rejected.incrementAndGet();
        Thread.yield();
      }
    }
  }

  private static void drain(Outbox outbox, List<Thread> producers, AtomicLong sent)
      throws Exception {
    int[] last = {-1, -1, -1, -1};
    long drained = 0;
    try (Cursor cursor = outbox.cursor(0)) {
      while (drained < sent.get() || producers.stream().anyMatch(Thread::isAlive)) {
        if (!cursor.next()) {
          outbox.acknowledge(drained);
          Thread.yield();
          continue;
        }
        assertThat(cursor.sequence()).isEqualTo(++drained);
        ByteBuffer payload = ByteBuffer.wrap(cursor.payload());
        int producer = payload.getInt();
        int number = payload.getInt();
        assertThat(number).isGreaterThan(last[producer]);
        last[producer] = number;
      }
    }
    outbox.acknowledge(drained);
    for (Thread producer : producers) {
      producer.join();
    }
  }
}

package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;
import java.io.File;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;

/**
 * A main that measures on this machine's disk; prints, asserts nothing. Arguments: directory (must
 * not exist or be an outbox), records, payload bytes.
 */
final class OutboxBench {
  private OutboxBench() {}

  public static void main(String[] args) throws Exception {
    File directory = new File(args[0]);
    int records = args.length > 1 ? Integer.parseInt(args[1]) : 1_000_000;
    int bytes = args.length > 2 ? Integer.parseInt(args[2]) : 256;
    OutboxConfig config =
        OutboxConfig.builder(directory)
            .backlogBytesMax(64L << 30)
            .block(1, TimeUnit.MINUTES)
            .build();
    for (int round = 0; round < 2; round++) {
      for (int threads : new int[] {1, 4}) {
        enqueue(config, threads, records, bytes);
      }
    }
    oneAtATime(config, bytes);
    drain(config);
  }

  private static void enqueue(OutboxConfig config, int threads, int records, int bytes)
      throws Exception {
    Recorder recorder = new Recorder();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, recorder)) {
      int route = outbox.routeFor("bench", "bench");
      long begin = System.nanoTime();
      Thread[] producers = new Thread[threads];
      for (int t = 0; t < threads; t++) {
        producers[t] = new Thread(() -> send(outbox, route, records / threads, bytes));
        producers[t].start();
      }
      for (Thread producer : producers) {
        producer.join();
      }
      recorder.awaitStored(outbox.lastSequence(0));
      long nanos = System.nanoTime() - begin;
      System.out.printf(
          "%d threads, %d B: %,d durable sends/s%n",
          threads, bytes, records * 1_000_000_000L / nanos);
    }
  }

  private static void send(Outbox outbox, int route, int count, int bytes) {
    Entry entry = new Entry().route(route).payload(new byte[bytes]);
    try {
      for (int i = 0; i < count; i++) {
        outbox.send(entry);
      }
    } catch (OutboxException failed) {
      throw new IllegalStateException(failed);
    }
  }

  private static void oneAtATime(OutboxConfig config, int bytes) throws Exception {
    Recorder recorder = new Recorder();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, recorder)) {
      Entry entry = new Entry().route(outbox.routeFor("bench", "bench")).payload(new byte[bytes]);
      long[] nanos = new long[2_000];
      for (int i = 0; i < nanos.length; i++) {
        long begin = System.nanoTime();
        recorder.awaitStored(outbox.send(entry));
        nanos[i] = System.nanoTime() - begin;
      }
      Arrays.sort(nanos);
      System.out.printf(
          "one at a time: p50 %d us, p99 %d us%n", nanos[1_000] / 1000, nanos[1_980] / 1000);
    }
  }

  private static void drain(OutboxConfig config) throws Exception {
    long begin = System.nanoTime();
    try (Outbox outbox = Outbox.open(config, Disk.SYSTEM, new Recorder());
        Cursor cursor = outbox.cursor(0)) {
      long opened = System.nanoTime();
      System.out.printf(
          "open with %,d MB: %d ms%n",
          outbox.backlogBytes() / 1_000_000, (opened - begin) / 1_000_000);
      long drained = 0;
      while (cursor.next()) {
        if (++drained % 1000 == 0) {
          outbox.acknowledge(cursor.sequence());
        }
      }
      long nanos = System.nanoTime() - opened;
      System.out.printf("drained %,d: %,d/s%n", drained, drained * 1_000_000_000L / nanos);
      outbox.acknowledge(outbox.lastSequence(0));
    }
  }
}

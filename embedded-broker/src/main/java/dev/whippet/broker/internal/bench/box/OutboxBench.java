package dev.whippet.broker.internal.bench.box;

import com.sun.management.ThreadMXBean;
import dev.whippet.Credentials;
import dev.whippet.Message;
import dev.whippet.Receipt;
import dev.whippet.WhippetClient;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.result.Finding;
import dev.whippet.internal.disk.Disk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The outbox's figures, one after the other, in about two minutes. What is compared takes turns in
 * one run, a pair a round. Needs 1.2 GB of disk.
 */
public final class OutboxBench {
  private static final int ROUNDS = 9;
  private static final int BYTES = 256;
  private static final int BURST = 5_000;
  private static final long FILE_BYTES = 64 << 20;

  /** What a receipt takes on the heap of a 64-bit JVM. */
  private static final int RECEIPT_BYTES = 24;

  private final Path directory;
  private final double share;
  private final Consumer<Finding> found;

  /**
   * @param directory on the disk to be measured
   * @param share of the usual counts and times
   * @param found hears each figure as it comes
   */
  public OutboxBench(Path directory, double share, Consumer<Finding> found) {
    this.directory = directory;
    this.share = share;
    this.found = found;
  }

  /** Blocks. */
  public void run() throws IOException, InterruptedException {
    enqueue(1, 100_000);
    enqueue(4, 200_000);
    encryption();
    oneAtATime();
    send();
    written(1, 20);
    written(1_000, 5);
    open();
  }

  private long messages(long usual) {
    return Math.max(10_000, (long) (usual * share));
  }

  private void enqueue(int threads, double goal) throws IOException {
    Box box = new Box(directory.resolve("enqueue"), false, true, Disk.SYSTEM);
    double rate;
    try (box) {
      box.enqueue(threads, messages(500_000), BYTES);
      rate = box.enqueue(threads, messages(3_000_000), BYTES);
    }
    box.remove();
    found.accept(
        new Finding(
            "durable enqueue of 256 B, threads: " + threads, rate, goal, false, "messages/s", ""));
  }

  private void encryption() throws IOException {
    double[] plain = new double[ROUNDS];
    double[] encrypted = new double[ROUNDS];
    Box one = new Box(directory.resolve("plain"), false, true, Disk.SYSTEM);
    Box two = new Box(directory.resolve("encrypted"), true, true, Disk.SYSTEM);
    try (one;
        two) {
      one.enqueue(1, messages(500_000), BYTES);
      two.enqueue(1, messages(500_000), BYTES);
      for (int i = 0; i < ROUNDS; i++) {
        plain[i] = one.enqueue(1, messages(400_000), BYTES) / 1_000;
        encrypted[i] = two.enqueue(1, messages(400_000), BYTES) / 1_000;
      }
    }
    one.remove();
    two.remove();
    found.accept(
        Finding.ratio("  encrypted / plain", encrypted, plain, 0.85, false, "k messages/s"));
  }

  private void oneAtATime() throws IOException {
    double[] outbox = new double[ROUNDS];
    double[] bare = new double[ROUNDS];
    Box box = new Box(directory.resolve("single"), false, true, Disk.SYSTEM);
    try (box;
        RandomAccessFile file = blocks()) {
      box.oneAtATime(share, BYTES);
      for (int i = 0; i < ROUNDS; i++) {
        outbox[i] = box.oneAtATime(0.5 * share, BYTES).percentileMillis(50);
        bare[i] = bare(file, 0.5 * share).percentileMillis(50);
      }
    }
    box.remove();
    found.accept(
        Finding.ratio("one at a time / a bare write and sync", outbox, bare, 1.5, true, "ms"));
  }

  /** A file of the make of a segment: full of zeros that are on the disk. */
  private RandomAccessFile blocks() throws IOException {
    RandomAccessFile file =
        new RandomAccessFile(directory.resolve("single").resolve("bare").toFile(), "rw");
    for (long at = 0; at < FILE_BYTES; at += 1 << 20) {
      file.write(new byte[1 << 20]);
    }
    file.getFD().sync();
    file.seek(0);
    return file;
  }

  private static Latencies bare(RandomAccessFile file, double seconds) throws IOException {
    Latencies latencies = new Latencies();
    byte[] payload = new byte[BYTES];
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      if (file.getFilePointer() + BYTES > FILE_BYTES) {
        file.seek(0);
      }
      long begin = System.nanoTime();
      file.write(payload);
      file.getChannel().force(false);
      latencies.record(System.nanoTime() - begin);
    }
    return latencies;
  }

  /** What the caller of the public API sees, with nobody to send to. */
  private void send() throws IOException, InterruptedException {
    Path at = directory.resolve("send");
    Latencies latencies = new Latencies();
    double allocated;
    try (WhippetClient client =
        WhippetClient.builder()
            .url("tcp://127.0.0.1:1")
            .credentials(Credentials.token("none"))
            .destination("bench", "send")
            .outbox(at.toFile())
            .outboxBounds(8L << 30, 100_000_000)
            .open()) {
      client.pause();
      Message message = Message.of(new byte[BYTES]);
      int bursts = (int) Math.max(20, 150 * share);
      for (int i = 0; i < bursts / 3; i++) {
        burst(client, message, new Latencies());
      }
      long bytes = 0;
      for (int i = 0; i < bursts; i++) {
        bytes += burst(client, message, latencies);
      }
      allocated = (double) bytes / ((long) bursts * BURST);
    }
    Box.remove(at);
    String detail =
        String.format(
            Locale.ROOT,
            "p99 %.2f us, of %,d",
            latencies.percentileMillis(99) * 1e3,
            latencies.count());
    found.accept(
        new Finding("send(): p50", latencies.percentileMillis(50) * 1e3, 1, true, "us", detail));
    found.accept(
        new Finding("  p99.9", latencies.percentileMillis(99.9) * 1e3, 50, true, "us", ""));
    found.accept(
        new Finding(
            "  allocated, its receipt included",
            allocated,
            RECEIPT_BYTES + 2,
            true,
            "B",
            "a receipt has 24; the rest is the ring, which grows after a pause"));
  }

  /** Returns the bytes that the sends allocated. */
  private static long burst(WhippetClient client, Message message, Latencies latencies)
      throws InterruptedException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long me = Thread.currentThread().getId();
    long before = threads.getThreadAllocatedBytes(me);
    Receipt last = null;
    for (int i = 0; i < BURST; i++) {
      long begin = System.nanoTime();
      last = client.send(message);
      latencies.record(System.nanoTime() - begin);
    }
    long bytes = threads.getThreadAllocatedBytes(me) - before;
    last.awaitStored(1, TimeUnit.MINUTES);
    return bytes;
  }

  /** What reaches the flash for each byte of a message. */
  private void written(int perSecond, double seconds) throws IOException {
    CountingDisk disk = new CountingDisk();
    Box box = new Box(directory.resolve("written"), false, true, disk);
    long count;
    try (box) {
      box.paced(1_000, 1, BYTES);
      box.paced(1, 4, BYTES); // in the pauses a spare segment is made, once
      disk.reset();
      count = box.paced(perSecond, Math.max(2, seconds * share), BYTES);
    }
    box.remove();
    found.accept(
        new Finding(
            "flash blocks a byte of message, at " + perSecond + "/s",
            (double) disk.blockBytes() / (count * BYTES),
            Double.NaN,
            true,
            "x",
            String.format(
                Locale.ROOT,
                "%.2f syncs a message, %.2f bytes a byte",
                (double) disk.syncs() / count,
                (double) disk.bytes() / (count * BYTES))));
  }

  private void open() throws IOException {
    Path at = directory.resolve("open");
    long bytes;
    try (Box box = new Box(at, false, false, Disk.SYSTEM)) {
      box.enqueue(1, messages(3_200_000), BYTES);
      bytes = box.backlogBytes();
    }
    double[] millis = new double[3];
    for (int i = 0; i < millis.length; i++) {
      long begin = System.nanoTime();
      Box box = new Box(at, false, false, Disk.SYSTEM);
      millis[i] = (System.nanoTime() - begin) / 1e6;
      box.close();
    }
    Box.remove(at);
    String detail = String.format(Locale.ROOT, "of %,d MB; worst of 3", bytes / 1_000_000);
    double worst = Math.max(millis[0], Math.max(millis[1], millis[2]));
    found.accept(new Finding("open a full outbox", worst, 200, true, "ms", detail));
  }
}

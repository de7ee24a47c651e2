package dev.whippet.broker.internal.bench.box;

import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.internal.disk.Disk;
import dev.whippet.internal.outbox.Entry;
import dev.whippet.internal.outbox.GapReport;
import dev.whippet.internal.outbox.Outbox;
import dev.whippet.internal.outbox.OutboxConfig;
import dev.whippet.internal.outbox.OutboxException;
import dev.whippet.internal.segment.Channel;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** One outbox under measurement, with a listener that lets its callers wait. */
final class Box implements AutoCloseable {
  private final Path directory;
  private final boolean acknowledging;
  private final Outbox outbox;
  private final int route;
  private final Semaphore news = new Semaphore(0);
  private volatile long stored;

  /**
   * @param acknowledging whether what is stored counts as delivered at once
   */
  Box(Path directory, boolean encrypted, boolean acknowledging, Disk disk) throws IOException {
    this.directory = directory;
    this.acknowledging = acknowledging;
    OutboxConfig.Builder config =
        OutboxConfig.builder(directory.toFile())
            .backlogBytesMax(64L << 30)
            .block(1, TimeUnit.MINUTES);
    if (encrypted) {
      config.keys(new PlainKeys());
    }
    this.outbox = Outbox.open(config.build(), disk, new Ear());
    this.route = outbox.routeFor("bench", "outbox");
  }

  /** Wraps nothing: what a key store costs is not what is measured. */
  private static final class PlainKeys implements OutboxConfig.Keys {
    @Override
    public byte[] wrap(byte[] key) {
      return key;
    }

    @Override
    public byte[] unwrap(byte[] wrapped) {
      return wrapped;
    }
  }

  private final class Ear implements Outbox.Listener {
    @Override
    public void stored(long upToSequence) {
      if (Channel.of(upToSequence) == 0) {
        stored = upToSequence;
        if (acknowledging) {
          outbox.acknowledge(upToSequence);
        }
        news.release();
      }
    }

    @Override
    public void failed(long first, long last, OutboxException cause) {
      throw new IllegalStateException(cause);
    }

    @Override
    public void gap(GapReport gap) {
      throw new IllegalStateException(gap.toString());
    }
  }

  /** Sends from some threads, and waits until all is stored; returns messages a second. */
  double enqueue(int threads, long messages, int bytes) throws IOException {
    long begin = System.nanoTime();
    Thread[] senders = new Thread[threads];
    for (int t = 0; t < threads; t++) {
      senders[t] = new Thread(() -> send(messages / threads, bytes), "bench-sender-" + t);
      senders[t].start();
    }
    try {
      for (Thread sender : senders) {
        sender.join();
      }
    } catch (InterruptedException e) {
      throw new IOException("interrupted", e);
    }
    awaitStored(outbox.lastSequence(0));
    return messages * 1e9 / (System.nanoTime() - begin);
  }

  private void send(long messages, int bytes) {
    Entry entry = new Entry().route(route).payload(new byte[bytes]);
    try {
      for (long i = 0; i < messages; i++) {
        outbox.send(entry);
      }
    } catch (OutboxException failed) {
      throw new IllegalStateException(failed);
    }
  }

  /** One at a time, each waiting for its receipt, for so long. */
  Latencies oneAtATime(double seconds, int bytes) throws IOException {
    Latencies latencies = new Latencies();
    Entry entry = new Entry().route(route).payload(new byte[bytes]);
    long end = System.nanoTime() + (long) (seconds * 1e9);
    while (System.nanoTime() < end) {
      long begin = System.nanoTime();
      awaitStored(outbox.send(entry));
      latencies.record(System.nanoTime() - begin);
    }
    return latencies;
  }

  /** At a rate, for so long; returns how many. */
  long paced(int perSecond, double seconds, int bytes) throws IOException {
    Entry entry = new Entry().route(route).payload(new byte[bytes]);
    long count = Math.max(1, (long) (perSecond * seconds));
    long begin = System.nanoTime();
    for (long i = 0; i < count; i++) {
      long at = begin + i * 1_000_000_000L / perSecond;
      while (System.nanoTime() < at) {
        java.util.concurrent.locks.LockSupport.parkNanos(at - System.nanoTime());
      }
      outbox.send(entry);
    }
    awaitStored(outbox.lastSequence(0));
    return count;
  }

  private void awaitStored(long sequence) {
    while (stored < sequence) {
      news.acquireUninterruptibly();
    }
  }

  long backlogBytes() {
    return outbox.backlogBytes();
  }

  @Override
  public void close() {
    outbox.close();
  }

  /** Removes the files of a closed one. */
  void remove() throws IOException {
    remove(directory);
  }

  static void remove(Path directory) throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
    }
  }
}

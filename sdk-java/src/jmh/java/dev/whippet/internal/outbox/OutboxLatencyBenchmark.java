package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;

import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A caller that waits for each 256 B entry to be stored, beside the least that a durable entry can
 * cost: one write and one sync, by the caller itself, into a file of the same make. Read the p50 of
 * the samples.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
public class OutboxLatencyBenchmark {
  private static final int ENTRY_BYTES = 256;
  private static final int FILE_BYTES = 64 << 20;

  private final Semaphore stored = new Semaphore(0);
  private final byte[] payload = new byte[ENTRY_BYTES];
  private File directory;
  private Outbox outbox;
  private Entry entry;
  private RandomAccessFile bare;

  @Setup(Level.Iteration)
  public void open() throws IOException, OutboxException {
    directory = Files.createTempDirectory("whippet-jmh-").toFile();
    File box = new File(directory, "outbox");
    outbox = Outbox.open(OutboxConfig.builder(box).build(), Disk.SYSTEM, new Counting());
    entry = new Entry().route(outbox.routeFor("bench", "bench")).payload(payload);
    bare = new RandomAccessFile(new File(directory, "bare"), "rw");
    for (int i = 0; i < FILE_BYTES; i += 1 << 20) {
      bare.write(new byte[1 << 20]);
    }
    bare.getFD().sync();
    bare.seek(0);
    stored.drainPermits();
  }

  @TearDown(Level.Iteration)
  public void close() throws IOException {
    outbox.close();
    bare.close();
    delete(directory);
  }

  @Benchmark
  public void oneAtATime() throws OutboxException {
    outbox.send(entry);
    stored.acquireUninterruptibly();
  }

  @Benchmark
  public void bareWriteAndSync() throws IOException {
    if (bare.getFilePointer() + ENTRY_BYTES > FILE_BYTES) {
      bare.seek(0);
    }
    bare.write(payload);
    bare.getFD().sync();
  }

  private static void delete(File file) {
    File[] inside = file.listFiles();
    if (inside != null) {
      for (File one : inside) {
        delete(one);
      }
    }
    file.delete();
  }

  /** Lets the caller go on; what is stored counts as acknowledged. */
  private final class Counting implements Outbox.Listener {
    @Override
    public void stored(long upToSequence) {
      if (outbox != null) {
        outbox.acknowledge(upToSequence);
      }
      stored.release();
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
}

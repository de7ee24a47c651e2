package dev.whippet.internal.outbox;

import dev.whippet.internal.disk.Disk;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
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
 * A 256 B entry into the outbox on this machine's disk: the caller waits when the ring is full, so
 * the average is what a durable entry costs. What is stored is acknowledged at once.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class OutboxBenchmark {

  private File directory;
  private Outbox outbox;
  private Entry entry;

  @Setup(Level.Iteration)
  public void open() throws IOException, OutboxException {
    directory = Files.createTempDirectory("whippet-jmh-").toFile();
    OutboxConfig config = OutboxConfig.builder(directory).block(1, TimeUnit.MINUTES).build();
    outbox =
        Outbox.open(
            config,
            Disk.SYSTEM,
            new Outbox.Listener() {
              @Override
              public void stored(long upToSequence) {
                if (outbox != null) {
                  outbox.acknowledge(upToSequence);
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
            });
    entry = new Entry().route(outbox.routeFor("bench", "bench")).payload(new byte[256]);
  }

  @TearDown(Level.Iteration)
  public void close() {
    outbox.close();
    outbox = null;
    for (File file : directory.listFiles()) {
      file.delete();
    }
    directory.delete();
  }

  @Benchmark
  public long append() throws OutboxException {
    return outbox.send(entry);
  }
}

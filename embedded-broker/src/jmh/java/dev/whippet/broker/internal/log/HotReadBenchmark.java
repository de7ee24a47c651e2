package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.testkit.ManualClock;
import dev.whippet.broker.testkit.ManualLoop;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/** A poll of the newest 1 MB, and of 10 messages of it, without the network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class HotReadBenchmark {
  private static final int MESSAGES = 1000;
  private static final int PAYLOAD_BYTES = 1000;
  private static final Path ROOT = Path.of("/bench");

  private final ManualLoop loop = new ManualLoop();
  private final AlignedBuffers buffers = new AlignedBuffers();
  private PartitionLog log;
  private long result;

  @Setup
  public void append() {
    LogLoop logs =
        new LogLoop(
            new MemoryFiles(loop),
            buffers.allocator(),
            LogConfig.DEFAULT,
            new ManualClock(() -> 1),
            new Random(1),
            damage -> {});
    log = PartitionLog.create(logs, ROOT, PartitionSettings.of(1));
    for (int i = 0; i < 16; i++) {
      ByteBuf batch = buffers.allocate(MESSAGES * (64 + PAYLOAD_BYTES));
      for (int k = 0; k < MESSAGES; k++) {
        batch.writeZero(48).writeIntLE(0).writeIntLE(PAYLOAD_BYTES).writeZero(8 + PAYLOAD_BYTES);
      }
      log.append(batch, MESSAGES, 1, (offset, failure) -> result = offset);
      loop.runAll();
    }
  }

  @Benchmark
  public long megabyte() {
    return read(8 * MESSAGES, MESSAGES);
  }

  @Benchmark
  public long tenMessages() {
    return read(8 * MESSAGES + 500, 10);
  }

  private long read(long from, int count) {
    log.read(
        from,
        count,
        32 << 20,
        (records, failure) -> {
          result = records.bytes();
          records.release();
        });
    return result;
  }
}

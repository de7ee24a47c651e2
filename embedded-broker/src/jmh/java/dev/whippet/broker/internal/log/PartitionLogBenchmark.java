package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.LogConfig;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.testkit.ManualClock;
import dev.whippet.broker.testkit.ManualLoop;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** Append until "durable", and read back, on files in memory: the log without disk and network. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PartitionLogBenchmark {

  private static final int PAYLOAD_BYTES = 256;
  private static final int HEADER_BYTES = 64;
  private static final int READ_BYTES_MAX = 1 << 20;
  private static final Path ROOT = Path.of("/bench");

  /** Messages of a batch. */
  @Param({"1", "1000", "10000"})
  public int messages;

  private final ManualLoop loop = new ManualLoop();
  private final MemoryFiles files = new MemoryFiles(loop);
  private PartitionLog log;
  private ByteBuf batch;
  private long readFrom;
  private long result;

  /** A log of its own for each iteration, since it never forgets. */
  @Setup(Level.Iteration)
  public void open() {
    LogLoop logs =
        new LogLoop(
            files,
            new AlignedBuffers().allocator(),
            LogConfig.DEFAULT,
            new ManualClock(() -> 1),
            new Random(1),
            damage -> {});
    log =
        PartitionLog.recover(
            logs,
            new MemoryDisk(1, ROOT).blockingFiles(),
            ROOT,
            PartitionSettings.of(1),
            Evidence.NONE);
    int recordBytes = HEADER_BYTES + PAYLOAD_BYTES;
    batch = PooledByteBufAllocator.DEFAULT.directBuffer(messages * recordBytes);
    for (int i = 0; i < messages; i++) {
      batch.writeZero(48).writeIntLE(0).writeIntLE(PAYLOAD_BYTES).writeZero(8);
      batch.writeZero(PAYLOAD_BYTES);
    }
    for (int i = 0; i < 64; i++) {
      append();
    }
    readFrom = 0;
  }

  @TearDown(Level.Iteration)
  public void close() {
    log.close((none, failure) -> {});
    loop.runAll();
    files.clear();
    batch.release();
  }

  @Benchmark
  public long append() {
    log.append(batch.retainedDuplicate(), messages, 1, (offset, failure) -> result = offset);
    loop.runAll();
    return result;
  }

  @Benchmark
  public long readHot() {
    long end = log.endOffset();
    readFrom = readFrom + messages >= end ? 0 : readFrom + messages;
    log.read(
        readFrom,
        messages,
        READ_BYTES_MAX,
        (records, failure) -> {
          result = records.bytes();
          records.release();
        });
    loop.runAll();
    return result;
  }
}

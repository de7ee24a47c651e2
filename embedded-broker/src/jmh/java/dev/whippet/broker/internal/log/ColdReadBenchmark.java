package dev.whippet.broker.internal.log;

import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.file.AsyncFile;
import dev.whippet.broker.internal.file.FileCompletion;
import dev.whippet.broker.internal.file.RingFiles;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.testkit.ManualClock;
import io.netty.buffer.ByteBuf;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.uring.IoUringIoHandler;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/**
 * A consumer that reads {@value #BYTES} bytes of one partition from its beginning, none of it in
 * memory, against direct reads of the same files on the same ring. One operation is all of it.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
public class ColdReadBenchmark {
  private static final int BYTES = 256 << 20;
  private static final int RAW_BYTES = 1 << 20;

  /** Payload of a message; a batch has 1 MB of them. */
  @Param({"1000", "100"})
  public int payloadBytes;

  private final AlignedBuffers buffers = new AlignedBuffers();
  private Path directory;
  private MultiThreadIoEventLoopGroup group;
  private IoEventLoop loop;
  private LogLoop logs;
  private PartitionLog log;

  @Setup
  public void write() throws Exception {
    directory = Files.createTempDirectory(Path.of("").toAbsolutePath(), "cold-read");
    group = new MultiThreadIoEventLoopGroup(1, IoUringIoHandler.newFactory());
    loop = group.next();
    logs =
        new LogLoop(
            RingFiles.start(loop, directory),
            buffers.allocator(),
            LogConfig.DEFAULT.withTailBytesMax(0),
            new ManualClock(() -> 1),
            new Random(1),
            damage -> {});
    log = PartitionLog.create(logs, directory, PartitionSettings.of(1));
    await(this::append);
  }

  private void append(CompletableFuture<Void> done) {
    if (log.bytes() >= BYTES) {
      done.complete(null);
      return;
    }
    int count = 1_000_000 / payloadBytes;
    ByteBuf batch = buffers.allocate(count * (64 + payloadBytes));
    for (int i = 0; i < count; i++) {
      batch.writeZero(48).writeIntLE(0).writeIntLE(payloadBytes).writeZero(8 + payloadBytes);
    }
    log.append(batch, count, 1, (offset, failure) -> append(done));
  }

  @TearDown
  public void remove() throws Exception {
    await(done -> log.close((nothing, failure) -> done.complete(null)));
    await(done -> logs.files.close((nothing, failure) -> done.complete(null)));
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
    try (var all = Files.walk(directory)) {
      all.sorted(Comparator.reverseOrder()).forEach(path -> path.toFile().delete());
    }
  }

  @Benchmark
  public void poll() {
    await(
        done -> {
          log.segmentList().forEach(logs.cache::forget);
          poll(0, done);
        });
  }

  private void poll(long from, CompletableFuture<Void> done) {
    log.read(
        from,
        1_000_000 / payloadBytes,
        32 << 20,
        (records, failure) -> {
          long next = records.lastOffset() + 1;
          records.release();
          if (next >= log.endOffset()) {
            done.complete(null);
          } else {
            loop.execute(() -> poll(next, done)); // as the next request would come
          }
        });
  }

  @Benchmark
  public void raw() {
    await(done -> new Raw(1, done).start());
  }

  @Benchmark
  public void raw4Deep() {
    await(done -> new Raw(4, done).start());
  }

  /** Reads all segments, some pieces at a time. */
  private final class Raw {
    private final int depth;
    private final CompletableFuture<Void> done;
    private final List<Long> positions = new ArrayList<>();
    private final List<AsyncFile> files = new ArrayList<>();
    private int next;
    private int ended;

    Raw(int depth, CompletableFuture<Void> done) {
      this.depth = depth;
      this.done = done;
    }

    void start() {
      log.segmentList().forEach(segment -> logs.files.open(segment.path, orFail(this::opened)));
    }

    private void opened(AsyncFile file) {
      long length = log.segmentList().get(ended).length;
      for (long at = 0; at < length; at += RAW_BYTES) {
        positions.add(at);
        files.add(file);
      }
      if (++ended == log.segmentList().size()) {
        ended = 0;
        for (int i = 0; i < depth; i++) {
          readNext();
        }
      }
    }

    private void readNext() {
      if (next == positions.size()) {
        return;
      }
      ByteBuf memory = buffers.allocate(RAW_BYTES);
      int at = next++;
      files
          .get(at)
          .read(
              positions.get(at),
              memory,
              RAW_BYTES,
              orFail(
                  count -> {
                    memory.release();
                    if (++ended == positions.size()) {
                      close();
                    } else {
                      readNext();
                    }
                  }));
    }

    private void close() {
      files.stream().distinct().forEach(file -> file.close((nothing, failure) -> {}));
      done.complete(null);
    }

    private <T> FileCompletion<T> orFail(Consumer<T> then) {
      return (T result, IOException failure) -> {
        if (failure != null) {
          done.completeExceptionally(failure);
        } else {
          then.accept(result);
        }
      };
    }
  }

  private void await(Consumer<CompletableFuture<Void>> work) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    loop.execute(() -> work.accept(done));
    done.join();
  }
}

package dev.whippet.broker.internal.bench.engine;

import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.PartitionSettings;
import dev.whippet.broker.internal.log.commit.CommitLog;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.Durability;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.LoopClock;
import dev.whippet.broker.internal.log.engine.SegmentPool;
import dev.whippet.broker.internal.net.Loop;
import dev.whippet.broker.internal.net.Loops;
import dev.whippet.broker.internal.net.NetLimits;
import dev.whippet.broker.internal.net.Transport;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * One event loop of the broker with the log on it and nothing else, in a directory of its own that
 * goes with it. Used by one thread, which waits for the loop.
 */
final class EngineLoop implements AutoCloseable {
  /** Of a record, and where its two sizes stand (iggy-classic.md 5.1). */
  private static final int HEADER_BYTES = 64;

  private static final int SIZES_INDEX = 48;

  /** Newest commits in memory, as a gateway has room for: 256 MiB. */
  private static final long TAIL_BYTES = 256 << 20;

  /** Of a partition; the oldest becomes the next, as at the bound of a data directory. */
  private static final int SEGMENTS_MAX = 4;

  private final Loops loops;
  private final Path directory;
  private final LogLoop log;
  private final List<PartitionLog> partitions = new ArrayList<>();
  private final AtomicReference<Damage> damage = new AtomicReference<>();

  private EngineLoop(
      Loops loops, Path directory, BiFunction<LoopFiles, EventLoop, LoopFiles> disk) {
    this.loops = loops;
    this.directory = directory;
    this.log =
        new LogLoop(
            disk.apply(loop().files(), loop().executor()),
            loop().buffers().allocator(),
            LogConfig.DEFAULT.withTailBytesMax(TAIL_BYTES),
            new Time(loop().executor()),
            new SecureRandom(),
            found -> damage.compareAndSet(null, found));
  }

  /**
   * Starts it under {@code parent}.
   *
   * @param shared whether small batches of all partitions are committed together, and segments are
   *     made of files that are there; as a broker does
   * @param disk what the log gets instead of the loop's files
   */
  static EngineLoop start(
      Path parent, boolean shared, BiFunction<LoopFiles, EventLoop, LoopFiles> disk)
      throws IOException {
    Path directory = Files.createTempDirectory(parent, "engine");
    Loops loops = Loops.start(Transport.best(), 1, directory, NetLimits.DEFAULT);
    EngineLoop engine = new EngineLoop(loops, directory, disk);
    if (shared) {
      Path commits = directory.resolve("commits");
      engine.log.commitInto(new CommitLog(engine.log, commits, 1, 1));
      Path pool = Files.createDirectory(directory.resolve("pool"));
      engine.log.pool(new SegmentPool(engine.log, pool, 1, 1));
    }
    return engine;
  }

  Loop loop() {
    return loops.loop(0);
  }

  Path directory() {
    return directory;
  }

  /** New, empty partitions. */
  List<PartitionLog> partitions(int count, Durability durability) {
    List<PartitionLog> made = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      PartitionSettings settings = PartitionSettings.of(partitions.size() + 1L);
      PartitionLog partition =
          PartitionLog.create(
              log, directory.resolve("partitions"), settings.withDurability(durability));
      made.add(partition);
      partitions.add(partition);
    }
    return made;
  }

  /** Lets the oldest segment go when there are more than {@value #SEGMENTS_MAX}. On the loop. */
  static void retain(PartitionLog partition) {
    if (partition.segments() > SEGMENTS_MAX) {
      partition.dropOldest(1, Long.MAX_VALUE, (nothing, failure) -> {});
    }
  }

  /** Records of zeros as they are received ({@link Request.Batch}), to be appended. On the loop. */
  ByteBuf batch(int messages, int payloadBytes) {
    int room = Request.Batch.ROOM_BYTES;
    ByteBuf batch = loop().buffers().allocate(room + bytes(messages, payloadBytes));
    batch.setIndex(room, room);
    for (int i = 0; i < messages; i++) {
      batch.writeZero(SIZES_INDEX).writeIntLE(0).writeIntLE(payloadBytes);
      batch.writeZero(HEADER_BYTES - SIZES_INDEX - 2 * Integer.BYTES + payloadBytes);
    }
    return batch;
  }

  static int bytes(int messages, int payloadBytes) {
    return messages * (HEADER_BYTES + payloadBytes);
  }

  /** Runs {@code work} on the loop and waits until it, or what it began, says that it is done. */
  <T> T await(Consumer<CompletableFuture<T>> work) throws IOException {
    CompletableFuture<T> done = new CompletableFuture<>();
    loop()
        .execute(
            () -> {
              try {
                work.accept(done);
              } catch (RuntimeException | Error e) {
                done.completeExceptionally(e);
              }
            });
    try {
      T result = done.join();
      if (damage.get() != null) {
        throw new IOException(damage.get().toString());
      }
      return result;
    } catch (CompletionException e) {
      throw new IOException(e.getCause().toString(), e);
    }
  }

  @Override
  public void close() throws IOException {
    try {
      for (PartitionLog partition : partitions) {
        this.<Void>await(done -> partition.close((nothing, failure) -> done.complete(null)));
      }
    } finally {
      loops.stop();
      removeAll();
    }
  }

  private void removeAll() throws IOException {
    try (Stream<Path> all = Files.walk(directory)) {
      for (Path path : all.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    }
  }

  /** The system's time and the loop's timers. */
  private record Time(EventLoop loop) implements LoopClock {
    @Override
    public long micros() {
      return ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    }

    @Override
    public void after(long micros, Runnable task) {
      loop.schedule(task, micros, TimeUnit.MICROSECONDS);
    }
  }
}

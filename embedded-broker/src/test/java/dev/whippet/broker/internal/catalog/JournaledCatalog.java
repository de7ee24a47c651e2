package dev.whippet.broker.internal.catalog;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.ThreadFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.testkit.ManualClock;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/** A catalog and its offsets on real journals in a real directory, with a loop of their own. */
final class JournaledCatalog {

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final EventLoop loop = group.next();
  private final ThreadFiles files = new ThreadFiles(loop, "test-disk", "test");
  private final AtomicLong clock = new AtomicLong(1);
  final List<Damage> damage = Collections.synchronizedList(new ArrayList<>());
  final List<String> findings = new ArrayList<>();
  final Catalog catalog;
  final ConsumerOffsets offsets;

  /** Recovers what is in {@code directory}; journals are compacted early. */
  JournaledCatalog(Path directory, Random random) {
    LogConfig config = LogConfig.DEFAULT.withJournalBytesMax(8192);
    LogLoop logLoop =
        new LogLoop(
            files,
            ByteBufAllocator.DEFAULT,
            config,
            new ManualClock(clock::incrementAndGet),
            random,
            damage::add);
    Catalog.Recovered recovered =
        Catalog.recover(BlockingFiles.SYSTEM, directory.resolve("catalog"), damage::add);
    ConsumerOffsets.Recovered recoveredOffsets =
        ConsumerOffsets.recover(
            BlockingFiles.SYSTEM, directory.resolve("offsets"), recovered.state(), damage::add);
    findings.addAll(recovered.findings());
    findings.addAll(recoveredOffsets.findings());
    catalog = onLoop(() -> Catalog.open(logLoop, recovered, 0));
    offsets = onLoop(() -> ConsumerOffsets.open(logLoop, recoveredOffsets));
  }

  /** What {@code work} makes, on the loop. */
  interface Making<T> {
    T make();
  }

  <T> T onLoop(Making<T> work) {
    return await(CompletableFuture.supplyAsync(work::make, loop));
  }

  /** Starts {@code operation} on the loop, waits for its end; a failure is an exception. */
  <T> T complete(Consumer<LogCallback<T>> operation) {
    CompletableFuture<T> result = new CompletableFuture<>();
    loop.execute(
        () ->
            operation.accept(
                (value, failure) -> {
                  if (failure == null) {
                    result.complete(value);
                  } else {
                    result.completeExceptionally(new AssertionError(failure.toString()));
                  }
                }));
    return await(result);
  }

  void close() {
    this.<Void>complete(catalog::close);
    this.<Void>complete(offsets::close);
    this.<Void>complete(done -> files.close((nothing, failure) -> done.done(null, null)));
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly();
  }

  private static <T> T await(CompletableFuture<T> future) {
    try {
      return future.get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }
}

package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.file.LoopFiles;
import dev.whippet.broker.internal.file.ThreadFiles;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.testkit.ManualClock;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same log on a real loop and a real disk, with the disk thread. */
class PartitionOnDiskTest {
  private static final int BATCHES = 400;

  @TempDir Path directory;

  private final List<Damage> damage = new ArrayList<>();
  private MultiThreadIoEventLoopGroup group;
  private IoEventLoop loop;
  private LogLoop logs;

  @BeforeEach
  void start() {
    group = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    loop = group.next();
    LoopFiles files = new ThreadFiles(loop, "disk", "test");
    logs =
        new LogLoop(
            files,
            ByteBufAllocator.DEFAULT,
            LogFixture.small().withSegmentBytes(256 << 10),
            new ManualClock(() -> 1_000_000),
            new Random(1),
            damage::add);
  }

  @AfterEach
  void stop() throws Exception {
    this.<Void>onLoop(done -> logs.files.close((v, failure) -> done.done(null, null)));
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).get();
  }

  private <T> T onLoop(Consumer<LogCallback<T>> operation) throws Exception {
    CompletableFuture<T> ended = new CompletableFuture<>();
    LogCallback<T> done =
        (result, failure) -> {
          if (failure == null) {
            ended.complete(result);
          } else {
            ended.completeExceptionally(new AssertionError(failure));
          }
        };
    loop.execute(() -> operation.accept(done));
    return ended.get(30, TimeUnit.SECONDS);
  }

  @Test
  void whatWasAppendedIsReadAlsoAfterARestartAndGoneAfterDeletion() throws Exception {
    Path partitions = directory.resolve("partitions");
    PartitionLog log = PartitionLog.create(logs, partitions, PartitionSettings.of(9));
    CompletableFuture<Void> all = new CompletableFuture<>();
    loop.execute(() -> appendAll(log, all));
    all.get(30, TimeUnit.SECONDS);
    assertThat(log.segments()).isGreaterThan(1);
    assertThat(readAll(log)).isEqualTo(2 * BATCHES);
    this.<Void>onLoop(log::close);

    PartitionLog again =
        PartitionLog.recover(
            logs, BlockingFiles.SYSTEM, partitions, PartitionSettings.of(9), Evidence.NONE);
    assertThat(again.messages()).isEqualTo(2 * BATCHES);
    assertThat(readAll(again)).isEqualTo(2 * BATCHES);
    this.<Void>onLoop(again::delete);

    assertThat(partitions).isEmptyDirectory();
    assertThat(damage).isEmpty();
  }

  private static void appendAll(PartitionLog log, CompletableFuture<Void> all) {
    int[] left = {BATCHES};
    for (int i = 0; i < BATCHES; i++) {
      log.append(
          records(2 * i, 2 * i + 1),
          2,
          3,
          (base, failure) -> {
            if (failure != null) {
              all.completeExceptionally(new AssertionError(failure));
            }
            left[0]--;
            if (left[0] == 0) {
              all.complete(null);
            }
          });
    }
  }

  private static ByteBuf records(int... tags) {
    ByteBuf out = ByteBufAllocator.DEFAULT.directBuffer();
    for (int tag : tags) {
      out.writeZero(48).writeIntLE(0).writeIntLE(508).writeZero(8);
      out.writeLongLE(tag).writeZero(500);
    }
    return out;
  }

  private int readAll(PartitionLog log) throws Exception {
    int found = 0;
    while (true) {
      long from = found;
      Records records = onLoop(done -> log.read(from, 100, 20_000, done));
      if (records.count() == 0) {
        return found;
      }
      for (long tag : LogFixture.tags(records, from)) {
        assertThat(tag).isEqualTo(found++);
      }
      records.release();
    }
  }
}

package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.file.BlockingFiles;
import dev.whippet.broker.internal.log.commit.CommitLog;
import dev.whippet.broker.internal.log.commit.CommitRecovery;
import dev.whippet.broker.internal.log.engine.CommitConfig;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogCallback;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure;
import dev.whippet.broker.internal.log.engine.LogLoop;
import dev.whippet.broker.internal.log.engine.Records;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.testkit.ManualClock;
import dev.whippet.broker.testkit.ManualLoop;
import dev.whippet.broker.testkit.MemoryDisk;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** A process with one loop and logs on a {@link MemoryDisk}: start it, use it, lose it. */
public final class LogFixture {
  public static final Path ROOT = Path.of("/disk");
  public static final Path PARTITIONS = ROOT.resolve("partitions");
  public static final Path COMMITS = ROOT.resolve("commits");
  public static final Path JOURNALS = ROOT.resolve("journals");
  public static final long INCARNATION = 7;
  public static final PartitionSettings SETTINGS = PartitionSettings.of(INCARNATION);

  /** For processes that die with their memory. */
  public static final ByteBufAllocator MORTAL = new UnpooledByteBufAllocator(true, true, false);

  /** How one asynchronous operation ended. */
  public static final class Answer<T> implements LogCallback<T> {
    T result;
    public LogFailure failure;
    public boolean ended;

    @Override
    public void done(T result, LogFailure failure) {
      assertThat(ended).as("ended twice").isFalse();
      this.ended = true;
      this.result = result;
      this.failure = failure;
    }

    public T value() {
      assertThat(failure).isNull();
      assertThat(ended).isTrue();
      return result;
    }

    public LogFailure.Reason reason() {
      assertThat(ended).isTrue();
      return failure == null ? null : failure.reason();
    }
  }

  public final MemoryDisk disk;
  public final ManualLoop loop = new ManualLoop();
  public final List<Damage> damage = new ArrayList<>();
  public final LogLoop logs;
  public final ByteBufAllocator allocator;
  public long clock = 1_000_000;
  public final ManualClock timers = new ManualClock(() -> clock);

  public LogFixture(MemoryDisk disk, LogConfig config, ByteBufAllocator allocator) {
    this(disk, config, allocator, new Random(5));
  }

  public LogFixture(MemoryDisk disk, LogConfig config, ByteBufAllocator allocator, Random random) {
    this.disk = disk;
    this.allocator = allocator;
    this.logs = new LogLoop(disk.loopFiles(loop), allocator, config, timers, random, damage::add);
    if (sharesCommits()) {
      logs.commitInto(new CommitLog(logs, COMMITS, 1, 1));
    }
  }

  /** Commit files are used when the configuration says something about them. */
  private boolean sharesCommits() {
    return logs.config.commits() != CommitConfig.DEFAULT;
  }

  public static LogFixture onEmptyDisk(LogConfig config) {
    return new LogFixture(
        new MemoryDisk(1, ROOT), config, new UnpooledByteBufAllocator(true, false));
  }

  public static LogConfig small() {
    return LogConfig.DEFAULT.withSegmentBytes(24 << 10).withTailBytesMax(12 << 10);
  }

  /** {@link #small}, with room for few producers, or for few bytes that wait. */
  static LogConfig limited(long waitingBytesMax, int producersMax) {
    LogConfig small = small();
    return new LogConfig(
        small.segmentBytes(),
        small.commitBytesMax(),
        waitingBytesMax,
        small.tailBytesMax(),
        producersMax,
        small.journalBytesMax(),
        small.durability(),
        small.syncIntervalMillis(),
        small.commits());
  }

  /** Small commit files, so that there are many folds, for batches of less than 600 bytes. */
  public static LogConfig sharing() {
    return small().withCommits(CommitConfig.DEFAULT.withStraightBytes(600).withFileBytes(24 << 10));
  }

  public PartitionLog recover() {
    return recover(SETTINGS);
  }

  /** As a start does it, for one partition. */
  public PartitionLog recover(PartitionSettings settings) {
    BlockingFiles files = disk.blockingFiles();
    if (!sharesCommits()) {
      return PartitionLog.recover(logs, files, PARTITIONS, settings, Evidence.NONE);
    }
    CommitRecovery old = CommitRecovery.read(files, COMMITS, damage::add);
    logs.commitInto(new CommitLog(logs, COMMITS, old.nextSerial(), 1));
    Evidence evidence = Evidence.NONE.withLoose(old.of(settings.incarnation()));
    PartitionLog log = PartitionLog.recover(logs, files, PARTITIONS, settings, evidence);
    if (old.refusal() != null) {
      log.refuse(old.refusal());
      return log;
    }
    List<IOException> failures = new ArrayList<>();
    boolean[] kept = {false};
    log.keepRecovered(
        (nothing, failure) -> {
          kept[0] = true;
          if (failure != null) {
            failures.add(failure);
          }
        });
    loop.runAll();
    if (!kept[0]) {
      throw new MemoryDisk.PowerCut();
    }
    try {
      if (failures.isEmpty()) {
        old.remove();
      } else {
        log.refuse(failures.toString());
      }
    } catch (IOException e) {
      log.refuse(e.toString());
    }
    return log;
  }

  /** Starts an operation and runs the loop until it is quiet. */
  public <T> Answer<T> run(Consumer<LogCallback<T>> operation) {
    Answer<T> answer = new Answer<>();
    operation.accept(answer);
    loop.runAll();
    return answer;
  }

  public Answer<Long> append(PartitionLog log, long... tags) {
    return run(done -> log.append(records(tags), tags.length, 3, done));
  }

  public void close(PartitionLog log) {
    this.<Void>run(log::close).value();
  }

  /** One record a tag: 8 bytes tag, then as many bytes as its last two digits say. */
  public ByteBuf records(long... tags) {
    ByteBuf out = allocator.directBuffer();
    for (long tag : tags) {
      int filler = (int) (tag % 100);
      out.writeZero(48).writeIntLE(2).writeIntLE(8 + filler).writeZero(8);
      out.writeLongLE(tag);
      for (int i = 0; i < filler; i++) {
        out.writeByte((int) tag + i);
      }
      out.writeShortLE(0x4242);
    }
    return out;
  }

  /** Reads everything there is, in pieces, and checks every record. */
  public List<Long> readAll(PartitionLog log) {
    return readAll(log, 1_000, 1 << 20);
  }

  public List<Long> readAll(PartitionLog log, int countMax, int bytesMax) {
    List<Long> tags = new ArrayList<>();
    long from = 0;
    while (from < log.endOffset()) {
      long at = from;
      Records found = this.<Records>run(done -> log.read(at, countMax, bytesMax, done)).value();
      if (found.count() == 0) {
        break;
      }
      tags.addAll(tags(found, -1));
      from = found.lastOffset() + 1;
      found.release();
    }
    return tags;
  }

  /** The tags of records that are complete, sound and of ascending offset. */
  public static List<Long> tags(Records found, long firstOffset) {
    List<Long> tags = new ArrayList<>();
    long last = -1;
    for (ByteBuf slice : found.slices()) {
      int index = slice.readerIndex();
      while (index < slice.writerIndex()) {
        int size = BatchHeader.recordBytes(slice, index);
        assertThat(slice.getLongLE(index))
            .isEqualTo(BatchHeader.checksum(slice, index + 8, size - 8));
        long offset = slice.getLongLE(index + 24);
        assertThat(offset).isGreaterThan(last);
        assertThat(last >= 0 || firstOffset < 0 || offset == firstOffset).isTrue();
        last = offset;
        tags.add(slice.getLongLE(index + 64));
        index += size;
      }
    }
    assertThat(tags).hasSize(found.count());
    assertThat(last).isEqualTo(found.lastOffset());
    return tags;
  }
}

package dev.whippet.broker.internal.log.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture;
import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.PartitionLog;
import dev.whippet.broker.internal.log.format.BatchHeader;
import dev.whippet.broker.internal.log.retain.Drop;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Segments that are made of files which were there before: zeros, or what retention gave back. */
class SegmentPoolTest {
  private static final Path POOL = LogFixture.ROOT.resolve("pool");
  private static final int SEGMENT_BYTES = 24 << 10;

  private LogFixture fixture = process(1, LogFixture.small());
  private DiskSpace space = new DiskSpace(1L << 30, 0);
  private PartitionLog log = begin();

  @Test
  void theSecondSegmentAfterAFullOneIsMadeOfZerosThatWereThereBefore() {
    fill(0, 6); // asks for a file, in vain
    waitForZeros();
    assertThat(poolFiles()).hasSize(1);
    assertThat(fixture.disk.content(poolFiles().get(0))).hasSize(SEGMENT_BYTES).containsOnly(0);

    fill(6, 10);

    Path newest = newestSegment();
    assertThat(fixture.disk.content(newest)).hasSize(SEGMENT_BYTES);
    fill(10, 11);
    assertThat(fixture.disk.content(newest)).hasSize(SEGMENT_BYTES);
    assertThat(fixture.readAll(log)).isEqualTo(tags(0, 11));
    fixture.close(log);
  }

  @Test
  void whatIsMadeAheadStaysWithinItsBoundAndIsGivenBack() {
    space = new DiskSpace(1L << 30, 0, SEGMENT_BYTES + 100);
    log = begin();
    fill(0, 6);
    waitForZeros();
    assertThat(space.aheadBytes()).isEqualTo(SEGMENT_BYTES);

    fill(6, 9); // the file is a segment now, not full yet: no other is made
    waitForZeros();
    assertThat(poolFiles()).isEmpty();
    assertThat(space.aheadBytes()).isBetween(1L, (long) SEGMENT_BYTES - 1);

    fixture.<Void>run(log::delete).value();
    assertThat(space.aheadBytes()).isZero();
  }

  @Test
  void withACommitDelayNoZerosAreWritten() {
    LogConfig sparing =
        LogFixture.sharing().withCommits(LogFixture.sharing().commits().withDelayMicros(20_000));
    fixture = process(1, sparing);
    log = begin();
    for (int i = 0; i < 9; i++) {
      Answer<Long> answer = fixture.run(done -> log.append(large(0), 1, 3, done));
      waitForZeros();
      answer.value();
    }

    assertThat(poolFiles()).isEmpty();
    fixture.close(log);
  }

  @Test
  void aRetiredSegmentIsTheNextOneAndItsOldMessagesAreGone() {
    fill(0, 12);
    log.drop(8, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    assertThat(poolFiles()).as("and one that is being made").hasSize(3);
    byte[] old = fixture.disk.content(poolFiles().get(2));

    fill(12, 18);

    byte[] recycled = fixture.disk.content(newestSegment());
    assertThat(Arrays.copyOfRange(recycled, SEGMENT_BYTES - 4096, SEGMENT_BYTES))
        .isEqualTo(Arrays.copyOfRange(old, SEGMENT_BYTES - 4096, SEGMENT_BYTES));
    assertThat(fixture.readAll(log)).isEqualTo(tags(8, 18));
    again(fixture.disk.afterKill(3));
    assertThat(fixture.readAll(log)).isEqualTo(tags(8, 18));
    assertThat(fixture.damage).isEmpty();
    fill(18, 24);
    assertThat(fixture.readAll(log)).isEqualTo(tags(8, 24));
    fixture.close(log);
  }

  @Test
  void aSegmentInUseKeepsItsBytesAlthoughItIsRetired() {
    fill(0, 12);
    Path first = segmentFiles().get(0);
    byte[] before = fixture.disk.content(first);
    fixture.disk.stall();
    Answer<Records> reading = fixture.run(done -> log.read(0, 100, 1 << 20, done));
    log.drop(8, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    assertThat(reading.ended).isFalse();
    assertThat(fixture.disk.content(first)).isEqualTo(before);
    assertThat(poolFiles()).as("one that is being made").hasSize(1);

    fixture.disk.resume();
    fixture.loop.runAll();

    assertThat(LogFixture.tags(reading.value(), 0)).startsWith(0L, 1L, 2L);
    reading.value().release();
    fixture.logs.idle();
    fixture.logs.idle();
    fixture.loop.runAll();
    assertThat(poolFiles()).hasSize(3);
    assertThat(fixture.disk.exists(first)).isFalse();
    fixture.close(log);
  }

  @Test
  void whenTheDiskIsTightNothingIsKept() {
    space = new DiskSpace(1L << 30, 1 << 20);
    log = begin();
    space.sampled(1L << 40);
    fill(0, 12);
    log.drop(4, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    assertThat(poolFiles()).as("and one that is being made").hasSize(2);

    space.sampled(2 << 20);
    log.drop(8, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    waitForZeros();

    assertThat(poolFiles()).isEmpty();
    assertThat(segmentFiles()).hasSize(log.segments());
    assertThat(space.aheadBytes()).isZero();
    fixture.close(log);
  }

  @Test
  void aFileThatCannotBeMovedIsDeleted() {
    fill(0, 12);
    fixture.disk.failWhere(
        (operation, what, path) ->
            what.startsWith("rename") ? MemoryDisk.Fault.EIO : MemoryDisk.Fault.NONE);
    log.drop(8, Drop.Reason.EXPIRED);
    fixture.loop.runAll();

    assertThat(segmentFiles()).hasSize(log.segments());
    assertThat(space.aheadBytes()).as("one that is being made").isEqualTo(SEGMENT_BYTES);
    fixture.close(log);
  }

  /** At each operation of a run in which every segment is an old one. */
  @Test
  void whereverThePowerGoesOldMessagesNeverPassForNewOnes() {
    Set<Integer> ends = new TreeSet<>();
    int cuts = 0;
    for (boolean more = true; more; cuts++) {
      more = false;
      for (Cut when : Cut.values()) {
        more |= cutWhileRecycling(cuts, when, ends);
      }
    }

    assertThat(cuts).isGreaterThan(60);
    assertThat(ends).hasSizeGreaterThan(12);
  }

  private boolean cutWhileRecycling(int operation, Cut when, Set<Integer> ends) {
    fixture = process(operation, LogFixture.small());
    log = begin();
    fill(0, 12);
    fixture.disk.cutAt(fixture.disk.operations() + operation, when);
    int acknowledged = 12;
    for (int tag = 12; tag < 30 && !fixture.disk.isOff(); tag++) {
      int next = tag;
      log.drop(tag - 6, Drop.Reason.EXPIRED);
      Answer<Long> answer = fixture.run(done -> log.append(large(next), 1, 3, done));
      acknowledged += answer.ended && answer.failure == null ? 1 : 0;
    }
    boolean cut = fixture.disk.isOff();
    again(fixture.disk.afterPowerCut(operation));

    int first = (int) log.firstOffset();
    int end = (int) log.endOffset();
    assertThat(end).as("cut %s, %s", operation, when).isBetween(acknowledged, acknowledged + 1);
    assertThat(fixture.readAll(log)).isEqualTo(tags(first, end));
    assertThat(fixture.damage).allMatch(one -> one.kind().name().equals("TAIL_CUT"));
    ends.add(end);
    return cut;
  }

  @Test
  void aFileThatFailedToBecomeASegmentIsNoDamageWhenItIsOneAtLast() {
    fill(0, 12);
    log.drop(4, Drop.Reason.EXPIRED);
    fixture.loop.runAll();
    fixture.disk.failWhere(
        (operation, what, path) ->
            what.equals("open") && path.toString().endsWith("12.seg")
                ? MemoryDisk.Fault.NO_SPACE
                : MemoryDisk.Fault.NONE);
    Answer<Long> refused = fixture.run(done -> log.append(large(12), 1, 3, done));
    assertThat(refused.reason()).isEqualTo(LogFailure.Reason.NO_SPACE);
    fixture.disk.failWhere((operation, what, path) -> MemoryDisk.Fault.NONE);
    space.sampled(1L << 40);
    log.resume();
    fixture.loop.runAll();

    fill(12, 13);

    assertThat(fixture.disk.content(newestSegment())).hasSize(SEGMENT_BYTES);
    again(fixture.disk.afterKill(1));
    assertThat(fixture.readAll(log)).isEqualTo(tags(4, 13));
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  @Test
  void aFileThatNeverBecameASegmentIsRemovedWithoutAWord() {
    fill(0, 8);
    waitForZeros();
    MemoryDisk[] left = {null};
    fixture.disk.failWhere(
        (operation, what, path) -> {
          boolean begun = what.startsWith("write") && path.toString().endsWith("8.seg");
          left[0] = begun ? fixture.disk.afterPowerCut(1) : left[0];
          return MemoryDisk.Fault.NONE;
        });
    fill(8, 9);

    again(left[0]);

    assertThat(fixture.readAll(log)).isEqualTo(tags(0, 8));
    assertThat(fixture.damage).isEmpty();
    assertThat(segmentFiles()).hasSize(log.segments());
    fixture.close(log);
  }

  @Test
  void manySmallBatchesGoStraightIntoTheSegmentWhenThereAreBlocksForThem() {
    fixture = process(1, LogFixture.sharing());
    log = begin();
    small(0);
    assertThat(segmentFiles()).as("no blocks").isEmpty();
    for (int i = 0; i < 12 && fixture.logs.metrics.snapshot().folds() == 0; i++) {
      fill(9, 10);
      waitForZeros();
    }
    long end = log.endOffset();

    small(end);

    MemoryDisk left = fixture.disk.afterPowerCut(1);
    left.files().stream().filter(one -> one.toString().endsWith(".cmt")).forEach(left::lose);
    fixture.close(log);
    fixture = new LogFixture(left, LogFixture.sharing(), LogFixture.MORTAL);
    log = fixture.recover();
    assertThat(log.endOffset()).as("the first of them alone, the others").isEqualTo(end + 9);
    fixture.close(log);
  }

  /** One that goes at once, and eight that wait meanwhile. */
  private void small(long firstOffset) {
    List<Answer<Long>> answers = new ArrayList<>();
    for (int i = 0; i < 9; i++) {
      Answer<Long> answer = new Answer<>();
      log.append(fixture.records(1), 1, 3, answer);
      answers.add(answer);
    }
    fixture.loop.runAll();
    for (int i = 0; i < answers.size(); i++) {
      assertThat(answers.get(i).value()).isEqualTo(firstOffset + i);
    }
  }

  /** Damage to its header would hide from recovery what follows. */
  @Test
  void aBatchBeyondTheLookOfRecoveryHasAFileThatGrows() {
    fixture = process(1, LogFixture.small().withSegmentBytes(32 << 20));
    log = begin();
    for (int i = 0; i < 4; i++) {
      append(7 << 20);
    }
    waitForZeros();
    append(7 << 20);
    assertThat(fixture.disk.content(newestSegment())[52]).as("flag").isEqualTo((byte) 1);

    append(9 << 20);
    append(100);

    assertThat(segmentFiles()).hasSize(3);
    assertThat(fixture.disk.content(newestSegment())[52]).as("flag").isZero();
    MemoryDisk left = fixture.disk.afterPowerCut(1);
    left.flip(newestSegment(), 2 * 4096 + 8, 1);
    fixture.close(log);
    again(left);
    assertThat(log.endOffset()).isEqualTo(7);
    assertThat(fixture.damage).hasSize(1);
    assertThat(fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.LOST);
    fixture.close(log);
  }

  private void append(int bytes) {
    ByteBuf out = fixture.allocator.directBuffer();
    out.writeZero(48).writeIntLE(0).writeIntLE(bytes).writeZero(8);
    out.writeZero(bytes);
    fixture.<Long>run(done -> log.append(out, 1, 3, done)).value();
  }

  // --- pieces -----------------------------------------------------------------------------------

  private static LogFixture process(long seed, LogConfig config) {
    return new LogFixture(new MemoryDisk(seed, LogFixture.ROOT), config, LogFixture.MORTAL);
  }

  private PartitionLog begin() {
    if (!fixture.disk.exists(POOL)) {
      fixture.disk.makeDirectory(POOL);
    }
    pool(1);
    return PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
  }

  private void pool(long firstNumber) {
    fixture.logs.shareSpace(space);
    fixture.logs.pool(new SegmentPool(fixture.logs, POOL, firstNumber, 1));
  }

  private void again(MemoryDisk disk) {
    fixture = new LogFixture(disk, LogFixture.small(), LogFixture.MORTAL);
    try {
      pool(SegmentPool.clear(disk.blockingFiles(), POOL));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    log = fixture.recover();
  }

  private void fill(int from, int to) {
    for (int tag = from; tag < to; tag++) {
      int next = tag;
      fixture.<Long>run(done -> log.append(large(next), 1, 3, done)).value();
    }
  }

  private void waitForZeros() {
    while (fixture.timers.due() != Long.MAX_VALUE) {
      fixture.clock = Math.max(fixture.clock, fixture.timers.due());
      fixture.timers.runDue();
      fixture.loop.runAll();
    }
  }

  private ByteBuf large(long tag) {
    ByteBuf out = fixture.allocator.directBuffer();
    out.writeZero(48).writeIntLE(0).writeIntLE(3_500).writeZero(8);
    out.writeLongLE(tag).writeZero(3_492);
    assertThat(BatchHeader.recordBytes(out, 0)).isEqualTo(out.readableBytes());
    return out;
  }

  private static List<Long> tags(int from, int to) {
    List<Long> tags = new ArrayList<>();
    for (long tag = from; tag < to; tag++) {
      tags.add(tag);
    }
    return tags;
  }

  private List<Path> poolFiles() {
    return files(".free");
  }

  private List<Path> segmentFiles() {
    return files(".seg");
  }

  private Path newestSegment() {
    List<Path> all = segmentFiles();
    return all.get(all.size() - 1);
  }

  private List<Path> files(String suffix) {
    return fixture.disk.files().stream().filter(file -> file.toString().endsWith(suffix)).toList();
  }
}

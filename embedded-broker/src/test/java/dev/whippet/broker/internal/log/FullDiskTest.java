package dev.whippet.broker.internal.log;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.LogFixture.Answer;
import dev.whippet.broker.internal.log.engine.Damage;
import dev.whippet.broker.internal.log.engine.LogConfig;
import dev.whippet.broker.internal.log.engine.LogFailure.Reason;
import dev.whippet.broker.internal.log.space.DiskSpace;
import dev.whippet.broker.testkit.MemoryDisk;
import dev.whippet.broker.testkit.MemoryDisk.Cut;
import io.netty.buffer.ByteBuf;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A commit finds the disk full: nothing is retried, nothing is lost, and it goes on by itself. */
class FullDiskTest {
  private static final long ROOMY = 1L << 40;

  private LogConfig config = LogFixture.small();
  private LogFixture fixture = LogFixture.onEmptyDisk(config);
  private DiskSpace space = new DiskSpace(1L << 40, 0);
  private PartitionLog log = create();

  @Test
  void aFullDiskFailsWhatWaitsAndReadsGoOn() {
    fixture.append(log, 1).value();
    fixture.disk.limitTo(0);

    Answer<Long> second = fixture.append(log, 2);
    Answer<Long> third = fixture.append(log, 3);

    assertThat(second.reason()).isEqualTo(Reason.NO_SPACE);
    assertThat(third.reason()).isEqualTo(Reason.NO_SPACE);
    assertThat(log.isResumable()).isTrue();
    assertThat(log.readOnlyReason()).contains("ENOSPC");
    assertThat(space.isFull()).isTrue();
    assertThat(fixture.readAll(log)).containsExactly(1L);
    assertThat(fixture.damage).as("it will pass").isEmpty();
    fixture.close(log);
  }

  @Test
  void itGoesOnByItselfInANewSegmentWithTheSameOffsets() {
    fixture.append(log, 1).value();
    fixture.disk.limitTo(0);
    fixture.append(log, 2);
    fixture.disk.limitTo(ROOMY);

    tick(ROOMY);

    assertThat(log.readOnlyReason()).isNull();
    assertThat(fixture.append(log, 3).value()).isEqualTo(1L);
    assertThat(log.segments()).isEqualTo(2);
    assertThat(fixture.readAll(log)).containsExactly(1L, 3L);
    fixture.close(log);
    restart(fixture.disk);
    assertThat(fixture.readAll(log)).containsExactly(1L, 3L);
    assertThat(fixture.damage).isEmpty();
    fixture.close(log);
  }

  @Test
  void aTryThatFindsItFullAgainChangesNothing() {
    fixture.append(log, 1).value();
    fixture.disk.limitTo(0);
    for (int i = 0; i < 3; i++) {
      assertThat(fixture.append(log, 2).reason()).isEqualTo(Reason.NO_SPACE);
      tick(ROOMY);
      assertThat(log.isResumable()).isFalse();
    }
    fixture.disk.limitTo(ROOMY);

    assertThat(fixture.append(log, 3).value()).isEqualTo(1L);
    assertThat(fixture.readAll(log)).containsExactly(1L, 3L);
    fixture.close(log);
  }

  @Test
  void theVeryFirstCommitOfAPartitionMayFindItFull() {
    fixture.disk.limitTo(0);
    assertThat(fixture.append(log, 1).reason()).isEqualTo(Reason.NO_SPACE);
    fixture.disk.limitTo(ROOMY);
    tick(ROOMY);

    assertThat(fixture.append(log, 2).value()).isZero();
    fixture.close(log);
    restart(fixture.disk);
    assertThat(fixture.readAll(log)).containsExactly(2L);
    fixture.close(log);
  }

  @Test
  void anEndThatCantBeReadBackKeepsThePartitionReadOnly() {
    fixture.append(log, 1).value();
    fixture.disk.limitTo(0);
    fixture.append(log, 2);
    fixture.disk.limitTo(ROOMY);
    Path segment = fixture.disk.files().get(0);
    fixture.disk.flip(segment, (int) (log.shelf(0).newestBytes() - 4096 + 150), 1);

    tick(ROOMY);

    assertThat(log.isResumable()).isFalse();
    assertThat(log.readOnlyReason()).contains("can't be read back");
    assertThat(fixture.append(log, 3).reason()).isEqualTo(Reason.READ_ONLY);
    assertThat(fixture.damage).hasSize(1);
    assertThat(fixture.damage.get(0).kind()).isEqualTo(Damage.Kind.READ_ONLY);
    fixture.close(log);
  }

  @Test
  void droppingMakesTheRoomThatIsMissing() {
    for (int i = 0; i < 20; i++) {
      fixture.<Long>run(done -> log.append(large(77), 1, 3, done)).value();
    }
    long used = log.shelf(0).sealed().stream().mapToLong(one -> one.fileBytes()).sum();
    fixture.disk.limitTo(used);
    assertThat(fixture.append(log, 1).reason()).isEqualTo(Reason.NO_SPACE);

    tick(0);
    tick(DiskSpace.BYTES_TO_GO_ON);

    assertThat(log.firstOffset()).isPositive();
    assertThat(fixture.append(log, 2).value()).isEqualTo(20L);
    fixture.close(log);
  }

  /** The failed commit may have reached the disk in part, and then the power may go. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void noPowerCutAfterItLosesOrInventsAnything(boolean shared) {
    config = shared ? LogFixture.sharing() : LogFixture.small();
    int cuts = 0;
    boolean more = true;
    while (more) {
      for (int seed = 0; seed < 20; seed++) {
        for (Cut when : Cut.values()) {
          more &= cut(cuts, when, seed);
        }
      }
      cuts++;
    }

    assertThat(cuts).isGreaterThan(5);
  }

  private boolean cut(int operation, Cut when, int seed) {
    fixture = new LogFixture(new MemoryDisk(seed, LogFixture.ROOT), config, LogFixture.MORTAL);
    space = new DiskSpace(1L << 40, 0);
    log = create();
    List<Long> stored = new ArrayList<>();
    append(1, stored);
    fixture.disk.failAt(fixture.disk.operations(), MemoryDisk.Fault.NO_SPACE);
    append(2, 10, stored); // enough to go straight into a segment
    assertThat(stored).containsExactly(1L);
    fixture.disk.cutAt(fixture.disk.operations() + operation, when);
    tick(ROOMY);
    append(3, stored);
    append(4, stored);
    boolean off = fixture.disk.isOff();

    MemoryDisk left = fixture.disk.afterPowerCut(seed);
    restart(left);
    List<Long> found = fixture.readAll(log);
    String place = "cut " + when + " " + operation + " seed " + seed + ": " + found;
    assertThat(found).as(place).startsWith(1L).containsAll(stored).doesNotHaveDuplicates();
    assertThat(log.readOnlyReason()).as(place).isNull();
    if (stored.contains(3L)) {
      assertThat(found).as(place).doesNotContain(2L);
    }
    fixture.close(log);
    return off;
  }

  private void append(long tag, List<Long> stored) {
    append(tag, 1, stored);
  }

  private void append(long tag, int count, List<Long> stored) {
    long[] tags = new long[count];
    Arrays.setAll(tags, i -> tag + 100L * i);
    Answer<Long> answer = fixture.append(log, tags);
    if (answer.ended && answer.failure == null) {
      stored.add(tag);
    }
  }

  private void tick(long freeBytes) {
    new Housekeeping(
            space,
            new Housekeeping.Surroundings(
                () -> List.of(log),
                (owner, task) -> fixture.loop.execute(task),
                incarnation -> Long.MAX_VALUE,
                () -> fixture.clock,
                () -> freeBytes,
                0))
        .tick();
    fixture.loop.runAll();
  }

  private PartitionLog create() {
    fixture.logs.shareSpace(space);
    return PartitionLog.create(fixture.logs, LogFixture.PARTITIONS, LogFixture.SETTINGS);
  }

  private void restart(MemoryDisk disk) {
    fixture = new LogFixture(disk, config, fixture.allocator);
    log = fixture.recover();
  }

  private ByteBuf large(long tag) {
    ByteBuf out = fixture.allocator.directBuffer();
    out.writeZero(48).writeIntLE(0).writeIntLE(3_500).writeZero(8);
    return out.writeLongLE(tag).writeZero(3_492);
  }
}

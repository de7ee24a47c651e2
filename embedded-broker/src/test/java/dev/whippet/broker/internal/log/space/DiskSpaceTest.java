package dev.whippet.broker.internal.log.space;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DiskSpaceTest {
  private static final long MIB = 1L << 20;

  private final DiskSpace space = new DiskSpace(100 * MIB, 10 * MIB);

  @Test
  void nothingIsKnownBeforeTheFirstSample() {
    assertThat(space.isFull()).isFalse();
    assertThat(space.freeExcess()).isNotPositive();
  }

  @Test
  void whatWasWrittenSinceTheSampleCountsAsGone() {
    space.sampled(12 * MIB);
    space.add(5 * MIB);

    assertThat(space.estimate()).isEqualTo(7 * MIB);
    assertThat(space.freeExcess()).isEqualTo(3 * MIB);
    assertThat(space.isFull()).isFalse();
  }

  @Test
  void belowHalfTheMinimumItIsFullUntilASampleSaysOtherwise() {
    space.sampled(12 * MIB);
    space.add(8 * MIB);

    assertThat(space.isFull()).isTrue();
    space.sampled(10 * MIB);
    assertThat(space.isFull()).isFalse();
  }

  @Test
  void itIsFullWhenNothingIsLeftToDrop() {
    space.sampled(9 * MIB);
    assertThat(space.isFull()).isFalse();

    space.nothingToDrop();

    assertThat(space.isFull()).isTrue();
    space.sampled(10 * MIB);
    assertThat(space.isFull()).isFalse();
  }

  @Test
  void nothingToDropIsNoMatterWhileThereIsRoom() {
    space.sampled(10 * MIB);

    space.nothingToDrop();

    assertThat(space.isFull()).isFalse();
  }

  @Test
  void filesOnTheirWayOutAreNotAskedForTwice() {
    space.sampled(4 * MIB);
    space.add(20 * MIB);
    space.sampled(4 * MIB);
    space.add(-6 * MIB);
    space.leaving(6 * MIB);

    assertThat(space.freeExcess()).isZero();
    space.leaving(-6 * MIB);
    assertThat(space.estimate()).isEqualTo(10 * MIB);
    assertThat(space.freeExcess()).isZero();
  }

  @Test
  void aWriteWithoutSpaceMakesItFullWhateverTheSampleSays() {
    DiskSpace bare = new DiskSpace(100 * MIB, 0);
    bare.sampled(MIB);
    int[] alarms = {0};
    bare.onAlarm(() -> alarms[0]++);

    bare.ranOut();

    assertThat(alarms[0]).isEqualTo(1);
    assertThat(bare.isFull()).isTrue();
    assertThat(bare.freeExcess()).isEqualTo(DiskSpace.BYTES_TO_GO_ON - MIB);
    bare.sampled(DiskSpace.BYTES_TO_GO_ON - 1);
    assertThat(bare.isFull()).isTrue();
    bare.sampled(DiskSpace.BYTES_TO_GO_ON);
    assertThat(bare.isFull()).isFalse();
  }

  @Test
  void segmentsBeyondTheirBoundAreExcess() {
    space.add(101 * MIB);

    assertThat(space.sizeExcess()).isEqualTo(MIB);
    space.add(-MIB);
    assertThat(space.sizeExcess()).isZero();
  }
}

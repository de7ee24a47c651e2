package dev.whippet.broker.internal.log.retain;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DropsTest {
  private final Drops drops = new Drops();

  @Test
  void rangesOfAPartitionAndReasonBecomeOne() {
    drops.add(drop(1, Drop.Reason.EXPIRED, 0, 9));
    drops.add(drop(1, Drop.Reason.TOPIC_SIZE, 10, 19));
    drops.add(drop(1, Drop.Reason.EXPIRED, 20, 29));

    assertThat(drops.ranges())
        .containsExactly(
            drop(1, Drop.Reason.TOPIC_SIZE, 10, 19),
            new Drop(1, Drop.Reason.EXPIRED, new Drop.Range(0, 29), new Drop.Size(2, 20, 200)));
    assertThat(drops.sum(Drop.Reason.EXPIRED)).isEqualTo(new Drop.Size(2, 20, 200));
    assertThat(drops.sum(Drop.Reason.DISK_FREE)).isEqualTo(Drop.Size.NOTHING);
  }

  @Test
  void rangesAreBoundedAndSumsAreNot() {
    for (int incarnation = 0; incarnation < Drops.RANGES_MAX + 5; incarnation++) {
      drops.add(drop(incarnation, Drop.Reason.EXPIRED, 0, 9));
    }

    assertThat(drops.ranges()).hasSize(Drops.RANGES_MAX);
    assertThat(drops.ranges().get(0).incarnation()).isEqualTo(5);
    assertThat(drops.sum(Drop.Reason.EXPIRED).segments()).isEqualTo(Drops.RANGES_MAX + 5);
  }

  private static Drop drop(long incarnation, Drop.Reason reason, long first, long last) {
    return new Drop(incarnation, reason, new Drop.Range(first, last), new Drop.Size(1, 10, 100));
  }
}

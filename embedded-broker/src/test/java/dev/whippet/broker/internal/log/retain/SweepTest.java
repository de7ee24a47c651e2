package dev.whippet.broker.internal.log.retain;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.retain.Sweep.Order;
import dev.whippet.broker.internal.log.space.DiskBudget;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Which segments go. A segment here has 10 messages, 100 bytes of records, a file of 120. */
class SweepTest {
  private static final long NOW = 1_000_000;
  private static final long ALL_READ = Long.MAX_VALUE;
  private static final long FILE_BYTES = 120;

  private final List<Shelf> shelves = new ArrayList<>();
  private long protectedMicros;

  @Test
  void nothingGoesWithoutLimits() {
    shelf(1, Retention.unlimited(), ALL_READ, 10, 20, 30);

    assertThat(orders(0, 0)).isEmpty();
  }

  @Test
  void aSegmentGoesWhenItsNewestMessageHasOutlivedTheExpiry() {
    Retention hundred = new Retention(100, new DiskBudget(DiskBudget.UNLIMITED));
    shelf(1, hundred, ALL_READ, NOW - 200, NOW - 100, NOW - 99);

    assertThat(orders(0, 0)).containsExactly(new Order(1, 20, Drop.Reason.EXPIRED));
  }

  @Test
  void anYoungSegmentKeepsOlderOnesBehindIt() {
    Retention hundred = new Retention(100, new DiskBudget(DiskBudget.UNLIMITED));
    shelf(1, hundred, ALL_READ, NOW, NOW - 500);

    assertThat(orders(0, 0)).isEmpty();
  }

  @Test
  void aTopicLosesItsOldestSegmentsOverAllPartitionsAndNoMoreThanItMust() {
    DiskBudget topic = new DiskBudget(450);
    topic.add(600);
    Retention limited = new Retention(Retention.NEVER, topic);
    shelf(1, limited, ALL_READ, 10, 40);
    shelf(2, limited, ALL_READ, 20, 30);

    assertThat(orders(0, 0))
        .containsExactlyInAnyOrder(
            new Order(1, 10, Drop.Reason.TOPIC_SIZE), new Order(2, 10, Drop.Reason.TOPIC_SIZE));
  }

  @Test
  void whatExpiredCountsTowardsTheTopicsSize() {
    DiskBudget topic = new DiskBudget(500);
    topic.add(600);
    shelf(1, new Retention(100, topic), ALL_READ, NOW - 200, NOW - 10, NOW - 5);

    assertThat(orders(0, 0)).containsExactly(new Order(1, 10, Drop.Reason.EXPIRED));
  }

  @Test
  void theOldestOfAllTopicsGoesWhenTheDirectoryIsTooLarge() {
    shelf(1, Retention.unlimited(), ALL_READ, 10, 40);
    shelf(2, Retention.unlimited(), ALL_READ, 20, 30);

    assertThat(orders(FILE_BYTES + 1, 0))
        .containsExactlyInAnyOrder(
            new Order(1, 10, Drop.Reason.RETENTION_SIZE),
            new Order(2, 10, Drop.Reason.RETENTION_SIZE));
    assertThat(orders(FILE_BYTES, 0)).containsExactly(new Order(1, 10, Drop.Reason.RETENTION_SIZE));
  }

  @Test
  void freeSpaceIsMadeByTheOldestAndSizeCountsTowardsIt() {
    shelf(1, Retention.unlimited(), ALL_READ, 10, 20, 30);

    assertThat(orders(1, FILE_BYTES + 1))
        .containsExactly(
            new Order(1, 10, Drop.Reason.RETENTION_SIZE), new Order(1, 20, Drop.Reason.DISK_FREE));
  }

  @Test
  void unreadMessagesAreProtectedFromTheirTopicUpToAnAge() {
    protectedMicros = 1_000;
    Retention hundred = new Retention(100, new DiskBudget(DiskBudget.UNLIMITED));
    shelf(1, hundred, 10, NOW - 1_200, NOW - 500, NOW - 400);
    shelf(2, hundred, 10, NOW - 2_000, NOW - 1_000, NOW - 999);

    assertThat(orders(0, 0))
        .containsExactlyInAnyOrder(
            new Order(1, 10, Drop.Reason.EXPIRED), new Order(2, 20, Drop.Reason.EXPIRED));
  }

  @Test
  void aSegmentReadInPartIsUnread() {
    protectedMicros = NOW;
    Retention hundred = new Retention(100, new DiskBudget(DiskBudget.UNLIMITED));
    shelf(1, hundred, 9, NOW - 200);

    assertThat(orders(0, 0)).isEmpty();
  }

  @Test
  void theDiskTakesUnreadMessagesWhenNothingElseIsLeft() {
    protectedMicros = NOW;
    shelf(1, Retention.unlimited(), 0, 10, 20);
    shelf(2, Retention.unlimited(), ALL_READ, 30, 40);

    assertThat(orders(2 * FILE_BYTES, 0))
        .containsExactly(new Order(2, 20, Drop.Reason.RETENTION_SIZE));
    assertThat(orders(3 * FILE_BYTES, 0))
        .containsExactlyInAnyOrder(
            new Order(2, 20, Drop.Reason.RETENTION_SIZE),
            new Order(1, 10, Drop.Reason.RETENTION_SIZE));
  }

  @Test
  void theLargestSegmentsInUseAreEndedWhenThereIsNoSealedOneLeft() {
    shelves.add(new Shelf(1, Retention.unlimited(), ALL_READ, List.of(), 300));
    shelves.add(new Shelf(2, Retention.unlimited(), ALL_READ, List.of(), 500));
    shelves.add(new Shelf(3, Retention.unlimited(), ALL_READ, List.of(), 400));

    assertThat(seals(501)).containsExactly(2L, 3L);
    shelf(4, Retention.unlimited(), ALL_READ, 10);
    assertThat(seals(501)).isEmpty();
  }

  /** Segment i has offsets 10 i to 10 i + 9. */
  private void shelf(long incarnation, Retention retention, long consumedTo, long... newest) {
    List<SealedSegment> sealed = new ArrayList<>();
    for (int i = 0; i < newest.length; i++) {
      sealed.add(new SealedSegment(10L * i, 10L * i + 10, FILE_BYTES, 100, 10, newest[i]));
    }
    shelves.add(new Shelf(incarnation, retention, consumedTo, sealed, 0));
  }

  private List<Order> orders(long sizeExcess, long freeExcess) {
    return new Sweep(NOW, protectedMicros, shelves).run(sizeExcess, freeExcess);
  }

  private List<Long> seals(long sizeExcess) {
    Sweep sweep = new Sweep(NOW, protectedMicros, shelves);
    sweep.run(sizeExcess, 0);
    return sweep.toSeal();
  }
}

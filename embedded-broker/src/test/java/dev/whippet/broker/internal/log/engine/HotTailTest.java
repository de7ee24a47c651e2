package dev.whippet.broker.internal.log.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.format.BatchHeader;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

/** What stays in memory, and what goes. */
class HotTailTest {
  private static final int COMMIT_BYTES = 4096;

  private final HotTail.Budget budget = new HotTail.Budget(3 * COMMIT_BYTES, () -> {});
  private final HotTail tail = new HotTail(budget);
  private final HotTail other = new HotTail(budget);

  /** One batch of ten records of 64 bytes. */
  private void add(HotTail to, long base) {
    BatchHeader header = new BatchHeader();
    header.baseOffset = base;
    header.count = 10;
    header.bodyBytes = 640;
    header.timestamp = base;
    ByteBuf commit = Unpooled.directBuffer(COMMIT_BYTES, COMMIT_BYTES);
    header.write(commit);
    commit.writeZero(640);
    to.add(commit, new int[] {0}, base, base + 10);
  }

  @Test
  void theOldestOfAllGoesFirst() {
    add(tail, 0);
    add(other, 0);
    add(tail, 10);

    add(other, 10);

    assertThat(tail.start()).isEqualTo(10);
    assertThat(other.start()).isZero();
    add(other, 20);
    assertThat(other.start()).isEqualTo(10);
    assertThat(budget.bytes()).isEqualTo(3 * COMMIT_BYTES);
    tail.clear();
    other.clear();
    assertThat(budget.bytes()).isZero();
  }

  @Test
  void whatIsNowhereElseStaysUntilItIs() {
    tail.keepFrom(10);
    for (int i = 0; i < 10; i++) {
      add(tail, 10 * i);
      add(other, 10 * i);
    }

    assertThat(tail.start()).isEqualTo(10);
    assertThat(other.start()).isEqualTo(70);
    assertThat(budget.heldBytes()).isEqualTo(9 * COMMIT_BYTES);
    budget.shrinkTo(0);
    assertThat(tail.start()).isEqualTo(10);
    assertThat(other.start()).isEqualTo(Long.MAX_VALUE);

    tail.keepFrom(60);
    assertThat(tail.start()).isEqualTo(30);
    assertThat(budget.heldBytes()).isEqualTo(4 * COMMIT_BYTES);
    tail.keepFrom(Long.MAX_VALUE);

    assertThat(tail.start()).isEqualTo(70);
    assertThat(budget.heldBytes()).isZero();
    tail.clear();
  }

  @Test
  void clearGivesBackAlsoWhatHadToStay() {
    tail.keepFrom(0);
    add(tail, 0);

    tail.clear();

    assertThat(budget.heldBytes()).isZero();
    assertThat(tail.start()).isEqualTo(Long.MAX_VALUE);
  }
}

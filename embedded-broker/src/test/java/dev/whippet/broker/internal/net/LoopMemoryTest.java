package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LoopMemoryTest {
  private static final int KIB = 1024;

  /** 1024 for requests, 1024 for what arrived, 512 for replies. */
  private final LoopMemory memory = new LoopMemory(2560 * KIB);

  private final List<String> woken = new ArrayList<>();

  @Test
  void largeOnesLeaveAShareToSmallOnes() {
    assertThat(memory.tryTake(700 * KIB)).isTrue();

    assertThat(memory.tryTake(100 * KIB)).isFalse();
    assertThat(memory.tryTake(64 * KIB)).isTrue();
    assertThat(memory.tryTake(64 * KIB)).isTrue();
    assertThat(memory.requestsBytes()).isEqualTo(828 * KIB);
  }

  @Test
  void whatWaitsIsWokenInOrderAndHoldsItsBytes() {
    assertThat(memory.tryTake(700 * KIB)).isTrue();
    memory.await(500 * KIB, () -> woken.add("first"));
    memory.await(100 * KIB, () -> woken.add("second"));

    assertThat(memory.tryTake(65 * KIB)).as("behind those that wait").isFalse();
    memory.give(100 * KIB);
    assertThat(woken).isEmpty();
    memory.give(600 * KIB);

    assertThat(woken).containsExactly("first", "second");
    assertThat(memory.requestsBytes()).isEqualTo(600 * KIB);
  }

  @Test
  void wokenOnesMayGiveBackAtOnce() {
    assertThat(memory.tryTake(768 * KIB)).isTrue();
    for (int i = 0; i < 100_000; i++) {
      memory.await(700 * KIB, () -> memory.give(700 * KIB)); // would overflow the stack
    }

    memory.give(768 * KIB);

    assertThat(memory.requestsBytes()).isZero();
  }

  @Test
  void oneThatNeverFitsIsLetThroughBesideSmallOnes() {
    assertThat(memory.tryTake(200 * KIB)).isTrue();
    assertThat(memory.tryTake(5000 * KIB)).isTrue();

    assertThat(memory.tryTake(5000 * KIB)).isFalse();
    for (int i = 0; i < 4; i++) {
      assertThat(memory.tryTake(64 * KIB)).as("their own share").isTrue();
    }
    assertThat(memory.tryTake(KIB)).isFalse();
    memory.give(64 * KIB);
    assertThat(memory.tryTake(KIB)).isTrue();
    memory.give(5000 * KIB);
    assertThat(memory.tryTake(64 * KIB)).isTrue();
    assertThat(memory.peakBytes()).isEqualTo(5456 * KIB);
  }

  @Test
  void whatALargeBudgetHasMoreIsForReaders() {
    LoopMemory large = new LoopMemory(2L << 30);

    assertThat(large.tryTake(96 << 20)).isTrue();
    assertThat(large.tryTake(1 << 20)).as("large requests").isFalse();
    large.takeReply(64 << 20, () -> woken.add("replies"));
    large.takeReply(1, () -> woken.add("more"));

    assertThat(woken).containsExactly("replies");
    assertThat(large.spareBytesMax()).isEqualTo((2L << 30) - (160 << 20));
  }

  @Test
  void whatArrivedHasItsOwnBound() {
    assertThat(memory.tryTake(700 * KIB)).isTrue();

    assertThat(memory.tryHold(512 * KIB, true)).isTrue();
    assertThat(memory.tryHold(1, true)).isFalse();
    assertThat(memory.tryHold(512 * KIB, false)).isTrue();
    assertThat(memory.tryHold(1, false)).isFalse();
    assertThat(memory.tryTake(KIB)).isTrue();
    memory.dropHeld(1024 * KIB);

    assertThat(memory.arrivedBytes()).isZero();
    assertThatThrownBy(() -> memory.give(702 * KIB)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void aReplyIsGrantedAPartOfWhatIsFree() {
    long sum = 0;
    long last = Long.MAX_VALUE;
    for (long granted = memory.tryGrant(); granted > 0; granted = memory.tryGrant()) {
      assertThat(granted).isLessThanOrEqualTo(last);
      last = granted;
      sum += granted;
    }

    assertThat(sum).isEqualTo(memory.repliesBytes()).isBetween(400L * KIB, 512L * KIB);
    assertThat(memory.tryTake(700 * KIB)).as("requests have their own").isTrue();
  }

  @Test
  void repliesThatWaitAreToldOnceAndGoOnInOrder() {
    memory.whenShort(() -> woken.add("short"));
    memory.takeReply(512 * KIB, () -> woken.add("all"));
    memory.awaitGrant(() -> woken.add("granted " + memory.tryGrant() / KIB));
    memory.takeReply(300 * KIB, () -> woken.add("more"));
    assertThat(memory.tryGrant()).as("behind those that wait").isZero();
    assertThat(memory.isShort()).isTrue();

    memory.giveReply(512 * KIB);
    assertThat(woken).containsExactly("all", "short", "granted 64", "more");
    assertThat(memory.isShort()).isFalse();
    memory.giveReply(364 * KIB);

    assertThat(memory.repliesBytes()).isZero();
  }

  @Test
  void oneMessageLargerThanAllRepliesMayBeGoesAlone() {
    memory.addReply(KIB);
    memory.takeReply(5000 * KIB, () -> woken.add("huge"));
    assertThat(woken).isEmpty();

    memory.giveReply(KIB);

    assertThat(woken).containsExactly("huge");
    assertThat(memory.tryGrant()).isZero();
    memory.giveReply(5000 * KIB);
    assertThat(memory.tryGrant()).isPositive();
  }

  @Test
  void whatIsSpareGivesWay() {
    long[] kept = {2000 * KIB};
    memory.shareWith(
        new LoopMemory.Spare() {
          @Override
          public long bytes() {
            return kept[0];
          }

          @Override
          public void shrinkBy(long bytes) {
            kept[0] -= bytes;
          }
        });

    assertThat(memory.tryTake(500 * KIB)).isTrue();
    assertThat(kept[0]).as("there was room").isEqualTo(2000 * KIB);
    memory.addReply(300 * KIB);
    assertThat(memory.tryHold(100 * KIB, false)).isTrue();

    assertThat(kept[0]).isEqualTo((2560 - 900) * KIB);
    assertThat(memory.spareBytesMax()).isEqualTo(kept[0]);
  }
}

package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Time is a parameter: nothing here waits. */
class PatienceTest {
  private final Patience patience =
      new Patience(new NetLimits.Times(1_000, 2_000, 3_000, 100, 1_000));

  @Test
  void theFirstFrameIsWaitedForFromConnectingOn() {
    patience.connected(at(0));

    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(1_000))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(1_001))).contains("after connecting");
    patience.read(1, -1, at(1_001));
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(1_000_000))).isNull();
    assertThat(patience.isNeeded()).isFalse();
  }

  @Test
  void aFrameIsWaitedForByItsSize() {
    long twoSecondsWorth = 2 * NetLimits.Times.FRAME_BYTES_PER_SECOND_MIN;

    assertThat(patience.read(1, twoSecondsWorth, at(0))).isTrue();
    assertThat(patience.read(1, twoSecondsWorth - 5, at(3_999))).isFalse(); // dribbles

    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(4_000))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(4_001))).contains("frame");
  }

  @Test
  void whoHoldsMemoryThatOthersWaitForIsWaitedForLess() {
    long millisMax = NetLimits.Times.CONTENDED_MILLIS_MAX + 64_000;
    patience.read(1, 64 << 20, at(0));

    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(millisMax + 1))).isNull();
    patience.hurry(true);
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(millisMax))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(millisMax + 1))).contains("frame");
    patience.hurry(false);
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(millisMax + 1))).isNull();
  }

  @Test
  void eachFrameHasItsOwnTime() {
    patience.read(1, 10, at(0));
    patience.read(2, 10, at(1_900)); // another one, begun in the same read that ended the first

    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(3_900))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(3_902))).contains("frame");
    patience.read(3, -1, at(3_902));
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(10_000))).isNull();
  }

  @Test
  void aStalledReaderIsOverdueOnlyWithoutProgress() {
    patience.stalled(1_000, at(0));

    assertThat(patience.overdue(900, true, Long.MAX_VALUE, at(2_999))).isNull(); // took 100
    assertThat(patience.overdue(900, true, Long.MAX_VALUE, at(5_900))).isNull();
    assertThat(patience.overdue(900, true, Long.MAX_VALUE, at(6_000))).contains("replies");
    assertThat(patience.overdue(100, false, Long.MAX_VALUE, at(6_000))).isNull();
    assertThat(patience.isNeeded()).isFalse();
  }

  @Test
  void theLastWordsAreWaitedForLongerThanTheClose() {
    patience.lingers(at(0));

    assertThat(patience.overdue(10, false, Long.MAX_VALUE, at(2_999))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(100))).isNull();
    assertThat(patience.overdue(0, false, Long.MAX_VALUE, at(101))).contains("close");
    assertThat(patience.overdue(10, false, Long.MAX_VALUE, at(3_001))).contains("close");
  }

  private static long at(long millis) {
    return Long.MAX_VALUE - 1 + TimeUnit.MILLISECONDS.toNanos(millis); // nanoTime may wrap
  }
}

package dev.whippet.broker.internal.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** On a clock that only moves when somebody waits or works. */
class PaceTest {

  private long now = 1_000;

  private final Pace pace = new Pace(100, () -> now, nanos -> now += nanos);

  @Test
  void requestsAreDueAtEqualDistances() {
    pace.start(now);

    assertThat(pace.await(0)).isEqualTo(1_000);
    assertThat(pace.await(1)).isEqualTo(1_100);
    assertThat(pace.await(5)).isEqualTo(1_500);
    assertThat(now).isEqualTo(1_500);
  }

  @Test
  void aSlowReplyCountsForEveryRequestThatWaitedBehindIt() {
    Latencies latencies = new Latencies();
    pace.start(now);

    // The first reply takes ten intervals, all others one nanosecond
    for (int i = 0; i < 20; i++) {
      long intended = pace.await(i);
      now += i == 0 ? 1_000 : 1;
      latencies.record(now - intended);
    }

    // Nine more were due meanwhile: 901, 802, ... all of them must be seen
    assertThat(latencies.count()).isEqualTo(20);
    assertThat(latencies.histogram().getCountBetweenValues(100, 1_000)).isEqualTo(10);
    assertThat(latencies.histogram().getValueAtPercentile(50)).isEqualTo(10);
  }

  @Test
  void withoutARateARequestIsDueWhenItIsSent() {
    Pace unlimited = new Pace(0, () -> now, nanos -> now += nanos);
    unlimited.start(now);
    now = 7_777;

    assertThat(unlimited.await(3)).isEqualTo(7_777);
    assertThat(now).isEqualTo(7_777);
  }

  @Test
  void anIntervalBelowZeroIsRefused() {
    assertThatThrownBy(() -> new Pace(-1, () -> now, nanos -> {}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }
}

package dev.whippet.broker.internal.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.data.Percentage.withPercentage;

import java.util.List;
import org.junit.jupiter.api.Test;

class LatenciesTest {

  private static final long MILLI = 1_000_000;

  @Test
  void mergedPercentilesAreThoseOfAllRequestsTogether() {
    Latencies fast = new Latencies();
    Latencies slow = new Latencies();
    for (int i = 0; i < 99; i++) {
      fast.record(MILLI);
    }
    slow.record(100 * MILLI);

    Latencies all = Latencies.merged(List.of(fast, slow));

    // The average of both medians would be 50.5
    assertThat(all.count()).isEqualTo(100);
    assertThat(all.percentileMillis(50)).isCloseTo(1, withPercentage(0.2));
    assertThat(all.percentileMillis(99)).isCloseTo(1, withPercentage(0.2));
    assertThat(all.percentileMillis(99.9)).isCloseTo(100, withPercentage(0.2));
    assertThat(all.averageMillis()).isCloseTo(1.99, withPercentage(0.2));
    assertThat(all.maxMillis()).isCloseTo(100, withPercentage(0.2));
    assertThat(all.minMillis()).isCloseTo(1, withPercentage(0.2));
  }

  @Test
  void nothingMeasuredIsZeroEverywhere() {
    Latencies none = Latencies.merged(List.of());

    assertThat(none.percentileMillis(99)).isZero();
    assertThat(none.averageMillis()).isZero();
    assertThat(none.minMillis()).isZero();
    assertThat(none.maxMillis()).isZero();
  }

  @Test
  void aClockThatWentBackCountsAsZero() {
    Latencies latencies = new Latencies();

    latencies.record(-5);

    assertThat(latencies.maxMillis()).isZero();
  }

  @Test
  void timelinesAddUpStepByStep() {
    Timeline one = new Timeline();
    Timeline other = new Timeline();
    one.add(0, 100, 1);
    one.add(150 * MILLI, 1_000_000, 10);
    other.add(199 * MILLI, 1_000_000, 10);
    other.add(20_000 * MILLI, 7, 1);

    Timeline all = Timeline.merged(List.of(one, other));

    assertThat(all.steps()).isEqualTo(201);
    assertThat(all.megabytesPerSecond(1)).isCloseTo(20, withPercentage(0.001));
    assertThat(all.messagesPerSecond(1)).isCloseTo(200, withPercentage(0.001));
    assertThat(all.messagesPerSecond(2)).isZero();
  }
}

package dev.whippet.broker.internal.bench.measure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.bench.measure.Goal.Verdict;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MediansTest {

  @Test
  void medianOfAnEvenNumberIsTheMeanOfTheMiddleTwo() {
    assertThat(Medians.median(9, 1, 5)).isEqualTo(5);
    assertThat(Medians.median(4, 1, 2, 100)).isEqualTo(3);
  }

  /** Ranks of the sign test at 5 %, as printed in statistics' tables. */
  @ParameterizedTest
  @CsvSource({"1,0", "5,0", "6,1", "8,1", "9,2", "11,2", "12,3", "15,4", "20,6", "25,8"})
  void ranksAreThoseOfTheSignTest(int count, int rank) {
    assertThat(Medians.rank(count)).isEqualTo(rank);
  }

  @Test
  void ratiosArePairedByRound() {
    double[] of = {2, 40, 6, 80, 10, 120};
    double[] to = {1, 20, 3, 40, 5, 60};

    Medians.Interval interval = Medians.ratio(of, to);

    assertThat(interval).isEqualTo(new Medians.Interval(2, 2, 2));
  }

  @Test
  void fewRoundsDecideNothing() {
    Medians.Interval interval = Medians.ratio(new double[] {1, 1, 1}, new double[] {2, 2, 2});

    assertThat(interval.median()).isEqualTo(0.5);
    assertThat(interval.low()).isZero();
    assertThat(interval.high()).isInfinite();
    assertThat(Goal.parse("p50<=1.05").verdict(interval)).isEqualTo(Verdict.UNDECIDED);
  }

  @Test
  void theIntervalHoldsTheTruthNineteenTimesInTwenty() {
    long seed = 20261122;
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    int held = 0;
    int trials = 4_000;
    for (int trial = 0; trial < trials; trial++) {
      double[] of = new double[9];
      double[] to = new double[9];
      Arrays.setAll(of, i -> Math.exp(random.nextGaussian()) * 1.3);
      Arrays.fill(to, 1);
      Medians.Interval interval = Medians.ratio(of, to);
      held += interval.low() <= 1.3 && 1.3 <= interval.high() ? 1 : 0;
    }

    assertThat(held / (double) trials).isBetween(0.945, 0.98);
  }

  @Test
  void aGoalIsJudgedByTheWholeInterval() {
    Goal atMost = Goal.parse("p50<=1.05");
    Goal atLeast = Goal.parse("rate >= 2");

    assertThat(atMost.verdict(new Medians.Interval(1, 0.9, 1.05))).isEqualTo(Verdict.MET);
    assertThat(atMost.verdict(new Medians.Interval(1, 0.9, 1.06))).isEqualTo(Verdict.UNDECIDED);
    assertThat(atMost.verdict(new Medians.Interval(1.1, 1.06, 2))).isEqualTo(Verdict.MISSED);
    assertThat(atLeast.verdict(new Medians.Interval(3, 2, 4))).isEqualTo(Verdict.MET);
    assertThat(atLeast.verdict(new Medians.Interval(3, 1.9, 4))).isEqualTo(Verdict.UNDECIDED);
    assertThat(atLeast.verdict(new Medians.Interval(1, 0.5, 1.9))).isEqualTo(Verdict.MISSED);
    assertThat(atLeast.metric()).isEqualTo("rate");
  }

  @ParameterizedTest
  @CsvSource({"p50", "p50=1", "<=1", "p50<=fast"})
  void whatIsNoGoalIsRefused(String text) {
    assertThatThrownBy(() -> Goal.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(text);
  }
}

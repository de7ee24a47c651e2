package dev.whippet.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.internal.log.engine.Durability;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The power goes, or the process is killed, at every single disk operation of a broker at work.
 * {@code -Dwhippet.cuts=N} asks for more than the 10,000 of an ordinary build, {@code
 * -Dwhippet.seed=S} for another first seed.
 */
class PowerCutTest {
  private static final long CUTS = Long.getLong("whippet.cuts", 10_000);
  private static final long FIRST_SEED = Long.getLong("whippet.seed", 1);
  private static final int STEPS = 60;
  private static final long WITHOUT_CUTS = 0;

  @Test
  void everythingAcknowledgedSurvivesAnEndAtEveryOperation() {
    long seed = FIRST_SEED;
    long cuts = 0;
    while (cuts < CUTS) {
      cuts +=
          new CutRun(seed, STEPS, CutRun.small(seed), UnaryOperator.identity()).run(CUTS - cuts);
      seed++;
    }
    System.out.println(cuts + " cuts, seeds " + FIRST_SEED + " to " + (seed - 1));
    assertThat(cuts).isGreaterThanOrEqualTo(CUTS);
  }

  @ParameterizedTest
  @EnumSource(names = {"PROCESS", "INTERVAL"})
  void weakLevelsLoseNothingByAKillAndInventNothingAfterAPowerCut(Durability level) {
    long cuts = 0;
    for (long seed = FIRST_SEED; cuts < CUTS / 10; seed++) {
      cuts +=
          new CutRun(seed, STEPS, CutRun.small(seed), UnaryOperator.identity())
              .withTopics(level)
              .run(CUTS / 10 - cuts);
    }
    assertThat(cuts).isPositive();
  }

  @Test
  void theSameSeedIsTheSameRunToTheByte() {
    CutRun first =
        new CutRun(FIRST_SEED, STEPS, CutRun.small(FIRST_SEED), UnaryOperator.identity());
    CutRun second =
        new CutRun(FIRST_SEED, STEPS, CutRun.small(FIRST_SEED), UnaryOperator.identity());
    CutRun other =
        new CutRun(FIRST_SEED + 1, STEPS, CutRun.small(FIRST_SEED + 1), UnaryOperator.identity());

    first.run(WITHOUT_CUTS);
    second.run(WITHOUT_CUTS);
    other.run(WITHOUT_CUTS);

    String digest = first.digest();
    assertThat(second.digest()).isEqualTo(digest);
    assertThat(other.digest()).isNotEqualTo(digest);
  }
}

package dev.whippet.broker.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The simulator itself is tested: it finds each bug that is built in on purpose. */
class SeededBugTest {
  private static final int SEEDS = 4;
  private static final int STEPS = 60;
  private static final long CUTS_MAX = 2_000;

  @ParameterizedTest
  @EnumSource(SeededFiles.class)
  void aBugInTheUseOfFilesIsFound(SeededFiles bug) {
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= SEEDS; seed++) {
                new CutRun(seed, STEPS, CutRun.small(seed), bug).run(CUTS_MAX);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("repeat:")
        .satisfies(
            found -> System.out.println(bug + ": " + found.getMessage().lines().findFirst()));
  }

  @ParameterizedTest
  @EnumSource(SeededCode.class)
  void aBugInTheLogIsFound(SeededCode bug) {
    String found = bug.find(SEEDS, (int) CUTS_MAX);

    assertThat(found).as("what the simulator says about " + bug).contains("repeat:");
    System.out.println(bug + ": " + found.lines().findFirst());
  }
}

package dev.whippet.broker.walk;

import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * The rules of streams, topics, partitions, messages, offsets, consumer groups and users, command
 * by command, with kills and power cuts in between. The seed is fixed; {@code -Dwhippet.seed=N}
 * walks another way, {@code -Dwhippet.rounds=N} goes on with the seeds that follow, {@code
 * -Dwhippet.steps=N} goes farther.
 */
class RandomWalkTest {
  private static final int STEPS = 100_000;
  private static final int STEPS_A_LIFE = 1_000;

  @Test
  void everyAnswerIsTheModelsAndEveryRestartKeepsIt() throws Exception {
    long seed = Long.getLong("whippet.seed", 8);
    int rounds = Integer.getInteger("whippet.rounds", 1);
    int steps = Integer.getInteger("whippet.steps", STEPS);
    for (long one = seed; one < seed + rounds; one++) {
      System.out.println("random walk of " + steps + " steps, seed " + one);
      new Walk(
              one,
              STEPS_A_LIFE,
              List.of(
                  new CatalogFamily(), new MessageFamily(), new GroupFamily(), new UserFamily()))
          .run(steps);
    }
  }
}

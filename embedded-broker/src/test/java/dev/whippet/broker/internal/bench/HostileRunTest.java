package dev.whippet.broker.internal.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.broker.Broker;
import dev.whippet.broker.internal.bench.client.Target;
import dev.whippet.broker.internal.bench.hostile.Attack;
import dev.whippet.broker.internal.bench.hostile.HostileRun;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Every attack against our own broker, a few peers each: who behaves is served all the time. */
class HostileRunTest {
  private static final HostileRun.Force FEW = new HostileRun.Force(8, 0.2, 1, 4_000_000);

  @TempDir Path directory;

  @Test
  @Timeout(180)
  void whoBehavesIsServedDuringEveryAttack() throws Exception {
    List<Attack> attacks = List.of(Attack.values());
    RunResult result;
    try (Broker broker =
        Broker.builder()
            .listen("127.0.0.1:0")
            .dataDirectory(directory)
            .rootPassword("iggy")
            .loops(1)
            .start()) {
      Target target = Target.parse("ws://127.0.0.1:" + broker.port(), "iggy", "iggy");

      result = new HostileRun(target, attacks, FEW, 0).run(line -> {});
    }

    assertThat(result.failure()).isNull();
    assertThat(result.stages()).hasSize(2 * attacks.size());
    for (StageResult stage : result.stages()) {
      assertThat(stage.requests()).as(stage.name()).isPositive();
    }
    assertThat(figure(result, Attack.HUGE_LENGTH, "with close code 1009")).isPositive();
  }

  private static double figure(RunResult result, Attack attack, String name) {
    return result.stages().stream()
        .filter(stage -> stage.name().equals(attack.label()))
        .flatMap(stage -> stage.figures().stream())
        .filter(figure -> figure.name().equals(name))
        .mapToDouble(Figure::value)
        .sum();
  }
}

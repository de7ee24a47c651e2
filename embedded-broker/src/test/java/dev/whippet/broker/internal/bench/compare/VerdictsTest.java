package dev.whippet.broker.internal.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.whippet.broker.internal.bench.measure.Goal;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class VerdictsTest {

  private final Rounds rounds = new Rounds(List.of("ws", "tcp"));

  @Test
  void theMedianOfMediansAndTheRatioAreOverRounds() {
    for (int i = 1; i <= 7; i++) {
      add(i * 2.0, i);
    }

    assertThat(rounds.median("ws", "p50")).isEqualTo(8);
    assertThat(rounds.median("tcp", "p50")).isEqualTo(4);
    assertThat(rounds.ratio("ws", "tcp", "p50").median()).isEqualTo(2);
    assertThat(verdicts("p50<=2").areMet()).isTrue();
    assertThat(verdicts("p50<=1.9").isMissed()).isTrue();
  }

  @Test
  void anIntervalAroundTheGoalIsUndecided() {
    double[] ratios = {0.9, 1.0, 1.02, 1.04, 1.06, 1.2};
    for (double ratio : ratios) {
      add(ratio, 1);
    }

    Verdicts verdicts = verdicts("p50<=1.05");

    assertThat(verdicts.isUndecided()).isTrue();
    assertThat(verdicts.areMet()).isFalse();
    assertThat(verdicts.isMissed()).isFalse();
    assertThat(printed(verdicts)).contains("p50 <= 1.05: undecided").contains("0.900 to 1.200");
  }

  @Test
  void aGoalForWhatIsNotMeasuredIsUndecidedAndSaidSo() {
    add(1, 1);

    Verdicts verdicts = verdicts("speed<=1");

    assertThat(verdicts.areMet()).isFalse();
    assertThat(printed(verdicts)).contains("there is no such metric here: [p50]");
  }

  @Test
  void onlyMetricsThatAllHaveAreCompared() {
    rounds.add(Map.of("ws", Map.of("p50", 1.0, "cpu-gb", 1.0), "tcp", Map.of("p50", 1.0)));

    assertThat(rounds.metrics()).containsExactly("p50");
  }

  @Test
  void halfARoundIsRefused() {
    assertThatThrownBy(() -> rounds.add(Map.of("ws", Map.of("p50", 1.0))))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private void add(double ws, double tcp) {
    rounds.add(Map.of("ws", Map.of("p50", ws), "tcp", Map.of("p50", tcp)));
  }

  private Verdicts verdicts(String goal) {
    return new Verdicts(rounds, List.of(Goal.parse(goal)), List.of("ws", "tcp"), "", null);
  }

  private static String printed(Verdicts verdicts) {
    StringWriter text = new StringWriter();
    verdicts.print(new PrintWriter(text));
    return text.toString();
  }
}

package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.conformance.wire.Answer;
import java.util.List;

/**
 * A step whose record contradicts a rule of iggy-classic.md; docs/SPEC.md section 2 tells of it.
 *
 * @param scenario where
 * @param step which
 * @param like another step of the scenario, with the answer that the rule asks for
 * @param reason what the recorded server does wrong
 */
record Divergence(String scenario, int step, int like, String reason) {
  static final List<Divergence> ALL =
      List.of(
          new Divergence(
              "poll-by-timestamp",
              11,
              8,
              "6.5: the first message at or after the time; 0.8.0 skips some when it reads disk"));

  /** The reason, when the answer is the one that the rule asks for; else {@code null}. */
  static String allows(Scenario scenario, JsonNode step, Answer answer, Expectation expectation) {
    for (Divergence one : ALL) {
      if (one.scenario.equals(scenario.name()) && one.step == step.get("n").intValue()) {
        for (JsonNode other : scenario.steps()) {
          if (other.get("n").intValue() == one.like
              && expectation.difference(other.get("expect"), answer) == null) {
            return one.reason;
          }
        }
      }
    }
    return null;
  }
}

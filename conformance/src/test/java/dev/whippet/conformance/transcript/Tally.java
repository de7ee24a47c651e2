package dev.whippet.conformance.transcript;

import dev.whippet.conformance.transcript.StepResult.Verdict;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Counts of step verdicts. */
final class Tally {
  private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);

  void add(List<StepResult> results) {
    results.forEach(result -> counts.merge(result.verdict(), 1, Integer::sum));
  }

  int count(Verdict verdict) {
    return counts.getOrDefault(verdict, 0);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Verdict verdict : Verdict.values()) {
      text.append(text.isEmpty() ? "" : ", ")
          .append(count(verdict))
          .append(' ')
          .append(verdict.name().toLowerCase(Locale.ROOT));
    }
    return text.toString();
  }
}

package dev.whippet.broker.internal.bench.compare;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.bench.measure.Goal;
import dev.whippet.broker.internal.bench.measure.Goal.Verdict;
import dev.whippet.broker.internal.bench.measure.Medians;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Locale;

/** What a comparison found: medians, ratios to the baseline, and whether goals are kept. */
public final class Verdicts {

  private final Rounds rounds;
  private final List<Goal> goals;
  private final List<String> names;
  private final String conditions;
  private final String failure;

  Verdicts(Rounds rounds, List<Goal> goals, List<String> names, String conditions, String failure) {
    this.rounds = rounds;
    this.goals = goals;
    this.names = names;
    this.conditions = conditions;
    this.failure = failure;
  }

  /** Why it ended before all rounds were run; {@code null} when it did not. */
  public String failure() {
    return failure;
  }

  /** True when every contender keeps every goal for certain. */
  public boolean areMet() {
    return all().stream().allMatch(verdict -> verdict == Verdict.MET);
  }

  /** True when some goal is missed for certain. */
  public boolean isMissed() {
    return all().contains(Verdict.MISSED);
  }

  boolean isUndecided() {
    return all().contains(Verdict.UNDECIDED);
  }

  /** Prints the table. */
  public void print(PrintWriter out) {
    out.println(rounds.count() + (rounds.count() == 1 ? " round; " : " rounds; ") + conditions);
    if (rounds.count() == 0) {
      return;
    }
    String baseline = names.get(names.size() - 1);
    for (String name : names.subList(0, names.size() - 1)) {
      out.printf(
          Locale.ROOT,
          "%-32s %12s %12s %8s   95 %% interval (ranks)%n",
          "medians of " + rounds.count(),
          name,
          baseline,
          "ratio");
      for (String metric : rounds.metrics()) {
        Medians.Interval ratio = rounds.ratio(name, baseline, metric);
        out.printf(
            Locale.ROOT,
            "%-32s %12s %12s %8.3f   %.3f to %.3f%s%n",
            metric,
            number(rounds.median(name, metric)),
            number(rounds.median(baseline, metric)),
            ratio.median(),
            ratio.low(),
            ratio.high(),
            judged(metric, ratio));
      }
    }
    for (Goal goal : goals) {
      if (!rounds.metrics().contains(goal.metric())) {
        out.println(goal + ": undecided, there is no such metric here: " + rounds.metrics());
      }
    }
    out.flush();
  }

  /** Writes the same for programs, with the value of every round. */
  public void write(Path file) throws IOException {
    ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
    ObjectNode root = mapper.createObjectNode();
    root.put("time", Instant.now().toString());
    root.put("conditions", conditions);
    root.put("baseline", names.get(names.size() - 1));
    for (String name : names) {
      ObjectNode each = root.putObject(name);
      for (String metric : rounds.metrics()) {
        ObjectNode values = each.putObject(metric);
        values.put("median", rounds.median(name, metric));
        Medians.Interval ratio = rounds.ratio(name, names.get(names.size() - 1), metric);
        values.put("ratio", ratio.median()).put("low", ratio.low()).put("high", ratio.high());
        for (double value : rounds.values(name, metric)) {
          values.withArray("rounds").add(value);
        }
      }
    }
    mapper.writeValue(file.toFile(), root);
  }

  static String number(double value) {
    double size = Math.abs(value);
    return String.format(Locale.ROOT, size >= 1000 ? "%.0f" : size >= 10 ? "%.2f" : "%.4f", value);
  }

  private String judged(String metric, Medians.Interval ratio) {
    StringBuilder text = new StringBuilder();
    for (Goal goal : goals) {
      if (goal.metric().equals(metric)) {
        String verdict = goal.verdict(ratio).name().toLowerCase(Locale.ROOT);
        text.append("   ").append(goal).append(": ").append(verdict);
      }
    }
    return text.toString();
  }

  private List<Verdict> all() {
    String baseline = names.get(names.size() - 1);
    List<String> metrics = rounds.metrics();
    return goals.stream()
        .flatMap(
            goal ->
                names.subList(0, names.size() - 1).stream()
                    .map(
                        name ->
                            metrics.contains(goal.metric())
                                ? goal.verdict(rounds.ratio(name, baseline, goal.metric()))
                                : Verdict.UNDECIDED))
        .toList();
  }
}

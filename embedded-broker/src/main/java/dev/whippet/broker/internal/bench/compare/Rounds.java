package dev.whippet.broker.internal.bench.compare;

import dev.whippet.broker.internal.bench.measure.Medians;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The metrics of every contender in every round that counts; whole rounds only. */
final class Rounds {

  private final List<String> names;
  private final List<Map<String, Map<String, Double>>> rounds = new ArrayList<>();

  Rounds(List<String> names) {
    this.names = List.copyOf(names);
  }

  /** Adds the metrics of each contender in one round. */
  void add(Map<String, Map<String, Double>> round) {
    if (!round.keySet().equals(Set.copyOf(names))) {
      throw new IllegalArgumentException("round of " + round.keySet() + ", not of " + names);
    }
    rounds.add(round);
  }

  int count() {
    return rounds.size();
  }

  /** Metrics that every contender has in every round, in the order of the first one's. */
  List<String> metrics() {
    if (rounds.isEmpty()) {
      return List.of();
    }
    Set<String> common = new TreeSet<>(rounds.get(0).get(names.get(0)).keySet());
    for (Map<String, Map<String, Double>> round : rounds) {
      round.values().forEach(values -> common.retainAll(values.keySet()));
    }
    List<String> ordered =
        new ArrayList<>(new LinkedHashMap<>(rounds.get(0).get(names.get(0))).keySet());
    ordered.retainAll(common);
    return ordered;
  }

  /** One value for each round. */
  double[] values(String name, String metric) {
    return rounds.stream().mapToDouble(round -> round.get(name).get(metric)).toArray();
  }

  /** Median over the rounds of what is itself a median or another percentile of each run. */
  double median(String name, String metric) {
    return Medians.median(values(name, metric));
  }

  /** Of {@code name} to {@code baseline}, paired by round. */
  Medians.Interval ratio(String name, String baseline, String metric) {
    return Medians.ratio(values(name, metric), values(baseline, metric));
  }
}

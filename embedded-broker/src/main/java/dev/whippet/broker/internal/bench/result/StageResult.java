package dev.whippet.broker.internal.bench.result;

import dev.whippet.broker.internal.bench.measure.Meter;
import java.util.List;

/**
 * One part of a run: the blog's producers, then its consumers.
 *
 * @param failure null = every reply was good and nothing is missing
 */
public record StageResult(
    String name,
    List<GroupResult> groups,
    List<Figure> figures,
    Meter.Usage usage,
    String failure) {

  /** Requests that were answered. */
  public long requests() {
    return groups.stream().mapToLong(group -> group.latencies().count()).sum();
  }

  /** Messages of all groups. */
  public long messages() {
    return groups.stream().mapToLong(GroupResult::messages).sum();
  }

  /** Payload bytes of all groups. */
  public long bytes() {
    return groups.stream().mapToLong(GroupResult::bytes).sum();
  }
}

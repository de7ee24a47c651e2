package dev.whippet.broker.internal.bench.result;

import java.util.List;

/**
 * What a run measured.
 *
 * @param title what was run, for the head of reports
 * @param target where
 * @param interrupted whether the user ended it early; what was measured until then is here
 */
public record RunResult(
    String title, String target, List<StageResult> stages, boolean interrupted) {

  /** The first thing that went wrong; null = nothing. */
  public String failure() {
    for (StageResult stage : stages) {
      if (stage.failure() != null) {
        return stage.failure();
      }
    }
    return null;
  }
}

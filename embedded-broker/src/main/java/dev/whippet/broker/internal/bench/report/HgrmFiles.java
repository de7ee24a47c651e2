package dev.whippet.broker.internal.bench.report;

import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Percentile distributions in HdrHistogram's text format, in milliseconds, for its plotters. */
public final class HgrmFiles {

  private static final int TICKS_PER_HALF_DISTANCE = 5;
  private static final double NANOS_PER_MILLI = 1e6;

  private HgrmFiles() {}

  /** Writes {@code STAGE-GROUP.hgrm} for each group into a directory, made when missing. */
  public static void write(RunResult result, Path directory) throws IOException {
    Files.createDirectories(directory);
    for (StageResult stage : result.stages()) {
      for (GroupResult group : stage.groups()) {
        Path file = directory.resolve(stage.name() + "-" + group.name() + ".hgrm");
        try (PrintStream out =
            new PrintStream(Files.newOutputStream(file), false, StandardCharsets.US_ASCII)) {
          group
              .latencies()
              .histogram()
              .outputPercentileDistribution(out, TICKS_PER_HALF_DISTANCE, NANOS_PER_MILLI);
        }
      }
    }
  }
}

package dev.whippet.broker.internal.bench;

import dev.whippet.broker.internal.bench.client.BenchException;
import dev.whippet.broker.internal.bench.report.HgrmFiles;
import dev.whippet.broker.internal.bench.report.Html;
import dev.whippet.broker.internal.bench.report.JsonReport;
import dev.whippet.broker.internal.bench.report.Table;
import dev.whippet.broker.internal.bench.result.RunResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where results go besides the table. */
final class OutputOptions {

  @Option(names = "--json", paramLabel = "FILE", description = "All results, for programs.")
  Path json;

  @Option(
      names = "--hgrm",
      paramLabel = "DIR",
      description = "Percentile distributions, one file a group of actors (HdrHistogram).")
  Path hgrm;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "One page with plots; opens without a network.")
  Path html;

  void write(RunResult result, PrintWriter out) throws BenchException {
    Table.print(result, out);
    try {
      if (json != null) {
        JsonReport.write(result, json);
      }
      if (hgrm != null) {
        HgrmFiles.write(result, hgrm);
      }
      if (html != null) {
        Html.write(result, html);
      }
    } catch (IOException e) {
      throw new BenchException("a report could not be written: " + e, e);
    }
  }
}

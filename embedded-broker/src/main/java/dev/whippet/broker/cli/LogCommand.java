package dev.whippet.broker.cli;

import dev.whippet.broker.internal.inspect.DataFiles;
import dev.whippet.broker.internal.inspect.Finding;
import dev.whippet.broker.internal.inspect.InspectException;
import dev.whippet.broker.internal.inspect.JsonLine;
import dev.whippet.broker.internal.inspect.Listing;
import dev.whippet.broker.internal.inspect.RecordFields;
import dev.whippet.broker.internal.inspect.Verification;
import dev.whippet.broker.internal.log.engine.Segment;
import dev.whippet.broker.internal.system.ProgressLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code log}: looks at a data directory that no broker uses. Changes nothing. */
@Command(
    name = "log",
    mixinStandardHelpOptions = true,
    versionProvider = Main.VersionText.class,
    description = "Looks at a data directory that is not in use; changes nothing.",
    footer = {
      "",
      "DIR is what serve --data names. A partition is called stream/topic/id, or by its",
      "incarnation, as ls shows both. Exit status: 0 all sound, 1 something is wrong or can't be",
      "read, 2 wrong use."
    })
final class LogCommand implements Callable<Integer> {
  private static final int WRONG = 1;
  private static final int PREVIEW_BYTES = 60;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    spec.commandLine().usage(spec.commandLine().getErr());
    return Main.WRONG_USE;
  }

  private PrintWriter out() {
    return spec.commandLine().getOut();
  }

  @Command(name = "ls", description = "Lists the partitions.")
  int ls(
      @Parameters(paramLabel = "DIR", description = "Data directory.") Path directory,
      @Option(names = "--json", description = "One JSON object a line.") boolean json)
      throws InspectException {
    try (DataFiles files = DataFiles.open(directory)) {
      if (!json) {
        out().println("incarnation       segments  first offset  end offset  bytes  partition");
      }
      for (Listing.Partition one : new Listing(files).partitions()) {
        out().println(json ? json(one) : line(one));
      }
      return 0;
    }
  }

  private static String line(Listing.Partition one) {
    return String.format(
        "%016x  %8d  %12d  %10d  %5d  %s%s",
        one.incarnation(),
        one.view().segments().size(),
        one.view().firstOffset(),
        one.view().endOffset(),
        one.view().bytes(),
        one.name() == null ? "(unknown to the catalog)" : one.name(),
        one.damaged() > 0 ? "  (see verify)" : "");
  }

  private static JsonLine json(Listing.Partition one) {
    return new JsonLine()
        .put("incarnation", String.format("%016x", one.incarnation()))
        .put("partition", one.name())
        .put("segments", one.view().segments().size())
        .put("firstOffset", one.view().firstOffset())
        .put("endOffset", one.view().endOffset())
        .put("messages", one.view().messages())
        .put("bytes", one.view().bytes())
        .put("batchesInCommitFiles", one.view().loose().size())
        .put("findings", one.damaged());
  }

  @Command(name = "describe", description = "Tells about one partition, segment by segment.")
  int describe(
      @Parameters(paramLabel = "DIR", description = "Data directory.") Path directory,
      @Parameters(paramLabel = "PARTITION", description = "As ls shows it.") String partition,
      @Option(names = "--json", description = "One JSON object a line.") boolean json)
      throws InspectException {
    try (DataFiles files = DataFiles.open(directory)) {
      Listing.Partition found = new Listing(files).partition(partition);
      if (json) {
        out().println(json(found));
      } else {
        out().println("partition     " + (found.name() == null ? "(unknown)" : found.name()));
        out().println("incarnation   " + String.format("%016x", found.incarnation()));
        out().println("messages      " + found.view().messages());
        out()
            .println(
                "offsets       " + found.view().firstOffset() + " to " + found.view().endOffset());
        out().println("record bytes  " + found.view().bytes());
        out().println("producers     " + found.view().producers());
        String why = found.view().readOnlyReason();
        out().println("writable      " + (why == null ? "yes" : "no: " + why));
      }
      found.view().segments().forEach(segment -> describe(segment, json));
      int loose = found.view().loose().size();
      if (loose > 0 && !json) {
        out().println("commit files  " + loose + " batches that are in no segment yet");
      }
      return 0;
    }
  }

  private void describe(Segment segment, boolean json) {
    String first = time(segment.firstTimestamp);
    String last = time(segment.lastTimestamp);
    if (json) {
      out()
          .println(
              new JsonLine()
                  .put("file", segment.path.toString())
                  .put("base", segment.base)
                  .put("endOffset", segment.endOffset)
                  .put("messages", segment.messages)
                  .put("durableBytes", segment.length)
                  .put("first", first)
                  .put("last", last));
    } else {
      out()
          .printf(
              "%s  offsets %d to %d, %d messages, %d bytes, %s to %s%n",
              segment.path.getFileName(),
              segment.base,
              segment.endOffset,
              segment.messages,
              segment.length,
              first,
              last);
    }
  }

  private static String time(long micros) {
    return micros < 0 ? "never" : Instant.ofEpochSecond(0, micros * 1_000).toString();
  }

  @Command(
      name = "verify",
      description = {
        "Reads every journal, index and record, and names what is wrong: file, offset, record."
      })
  int verify(
      @Parameters(paramLabel = "DIR", description = "Data directory.") Path directory,
      @Option(names = "--json", description = "One JSON object a line.") boolean json)
      throws InspectException {
    List<Finding> wrong = new ArrayList<>();
    try (DataFiles files = DataFiles.open(directory);
        ProgressLine progress = ProgressLine.onTerminal()) {
      Verification work =
          new Verification(
              files,
              finding -> {
                progress.clear();
                out().println(json ? json(finding) : finding.toString());
                if (finding.wrong()) {
                  wrong.add(finding);
                }
              },
              (bytes, of) -> progress.show((bytes >> 20) + " of " + (of >> 20) + " MiB verified"));
      work.run();
      progress.clear();
      if (json) {
        out()
            .println(
                new JsonLine()
                    .put("sound", wrong.isEmpty())
                    .put("batches", work.batches())
                    .put("messages", work.messages())
                    .put("wrong", wrong.size()));
      } else {
        out().printf("%d messages in %d batches are sound%n", work.messages(), work.batches());
      }
    }
    return wrong.isEmpty() ? 0 : WRONG;
  }

  private static JsonLine json(Finding finding) {
    return new JsonLine()
        .put("wrong", finding.wrong())
        .put("file", finding.file().toString())
        .put("position", finding.position())
        .put("offset", finding.offset())
        .put("record", finding.record())
        .put("what", finding.what());
  }

  @Command(name = "dump", description = "Prints the records of one partition.")
  int dump(
      @Parameters(paramLabel = "DIR", description = "Data directory.") Path directory,
      @Parameters(paramLabel = "PARTITION", description = "As ls shows it.") String partition,
      @Option(names = "--from", description = "First offset; default 0.") long from,
      @Option(names = "--count", defaultValue = "100", description = "At most; default 100.")
          long count,
      @Option(names = "--json", description = "One JSON object a line, payload in Base64.")
          boolean json)
      throws InspectException, IOException {
    try (DataFiles files = DataFiles.open(directory)) {
      Listing listing = new Listing(files);
      long[] left = {count};
      listing.records(
          listing.partition(partition),
          from,
          record -> {
            if (left[0] > 0) {
              out().println(json ? json(record) : line(record));
            }
            left[0]--;
            return left[0] > 0;
          });
      return 0;
    }
  }

  private static String line(RecordFields record) {
    byte[] payload = record.payload();
    int shown = Math.min(PREVIEW_BYTES, payload.length);
    String preview = new String(payload, 0, shown, StandardCharsets.UTF_8);
    return String.format(
        "%d  %s  id %s  %d bytes  %s%s",
        record.offset(),
        time(record.timestampMicros()),
        record.id(),
        payload.length,
        preview.replaceAll("\\p{Cntrl}|\uFFFD", "."),
        shown < payload.length ? "..." : "");
  }

  private static JsonLine json(RecordFields record) {
    return new JsonLine()
        .put("offset", record.offset())
        .put("timestampMicros", record.timestampMicros())
        .put("originMicros", record.originMicros())
        .put("id", record.id())
        .put("headerBytes", record.headers())
        .put("payload", Base64.getEncoder().encodeToString(record.payload()));
  }
}

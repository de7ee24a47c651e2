package dev.whippet.broker.internal.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.bench.measure.Latencies;
import dev.whippet.broker.internal.bench.measure.Meter;
import dev.whippet.broker.internal.bench.measure.Timeline;
import dev.whippet.broker.internal.bench.result.Figure;
import dev.whippet.broker.internal.bench.result.GroupResult;
import dev.whippet.broker.internal.bench.result.RunResult;
import dev.whippet.broker.internal.bench.result.StageResult;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;

/** A result as JSON; units are in the names. */
public final class JsonReport {

  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private JsonReport() {}

  /** Writes one file. */
  public static void write(RunResult result, Path file) throws IOException {
    MAPPER.writeValue(file.toFile(), tree(result));
  }

  /** The whole result. */
  static ObjectNode tree(RunResult result) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("title", result.title());
    root.put("target", result.target());
    root.put("time", Instant.now().toString());
    root.put("java", Runtime.version().toString());
    root.put("interrupted", result.interrupted());
    root.put("failure", result.failure());
    ArrayNode stages = root.putArray("stages");
    for (StageResult stage : result.stages()) {
      stage(stage, stages.addObject());
    }
    return root;
  }

  private static void stage(StageResult stage, ObjectNode to) {
    to.put("name", stage.name());
    ArrayNode groups = to.putArray("groups");
    for (GroupResult group : stage.groups()) {
      group(group, groups.addObject());
    }
    ArrayNode figures = to.putArray("figures");
    for (Figure figure : stage.figures()) {
      figures
          .addObject()
          .put("name", figure.name())
          .put("value", figure.value())
          .put("unit", figure.unit());
    }
    Meter.Usage usage = stage.usage();
    if (usage != null) {
      to.putObject("usage")
          .put("seconds", usage.seconds())
          .put("serverCpuSeconds", usage.serverSeconds())
          .put("loadCpuSeconds", usage.loadSeconds())
          .put("foreignCores", usage.foreignCores())
          .put("serverResidentBytes", usage.serverResidentBytes())
          .put("deviceFlushes", usage.storage().flushes())
          .put("deviceWrites", usage.storage().deviceWrites())
          .put("serverWriteCalls", usage.storage().serverWriteCalls())
          .put("deviceBytes", usage.storage().deviceBytes())
          .put("serverBytes", usage.storage().serverBytes());
    }
  }

  private static void group(GroupResult group, ObjectNode to) {
    Latencies latencies = group.latencies();
    to.put("name", group.name())
        .put("requests", latencies.count())
        .put("messages", group.messages())
        .put("bytes", group.bytes())
        .put("seconds", group.seconds())
        .put("megabytesPerSecond", group.megabytesPerSecond())
        .put("messagesPerSecond", group.messagesPerSecond());
    ObjectNode millis = to.putObject("latencyMillis");
    millis
        .put("average", latencies.averageMillis())
        .put("deviation", latencies.deviationMillis())
        .put("min", latencies.minMillis())
        .put("max", latencies.maxMillis());
    for (String percentile : new String[] {"50", "90", "95", "99", "99.9", "99.99"}) {
      millis.put("p" + percentile, latencies.percentileMillis(Double.parseDouble(percentile)));
    }
    Timeline timeline = group.timeline();
    ArrayNode rate = to.putArray("megabytesPerSecondEach" + Timeline.STEP_MILLIS + "Millis");
    for (int i = 0; i < timeline.steps(); i++) {
      rate.add(timeline.megabytesPerSecond(i));
    }
  }
}

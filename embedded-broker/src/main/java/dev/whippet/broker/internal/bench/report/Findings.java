package dev.whippet.broker.internal.bench.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.bench.result.Finding;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** Findings as they come: a line each, and a file for programs at the end. */
public final class Findings implements Consumer<Finding> {
  private final List<Finding> all = new ArrayList<>();
  private final PrintWriter out;

  public Findings(PrintWriter out) {
    this.out = out;
  }

  @Override
  public void accept(Finding finding) {
    all.add(finding);
    out.println(finding);
    out.flush();
  }

  /** Whether every one keeps its bound. */
  public boolean areMet() {
    return all.stream().allMatch(Finding::isMet);
  }

  /** Writes them as one JSON object. */
  public void write(Path json) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    ObjectNode root = mapper.createObjectNode();
    for (Finding finding : all) {
      ObjectNode one =
          root.putObject(finding.name().trim())
              .put("value", finding.value())
              .put("unit", finding.unit())
              .put("detail", finding.detail());
      if (finding.hasGoal()) {
        one.put("goal", finding.goal()).put("met", finding.isMet());
      }
    }
    mapper.writerWithDefaultPrettyPrinter().writeValue(json.toFile(), root);
  }
}

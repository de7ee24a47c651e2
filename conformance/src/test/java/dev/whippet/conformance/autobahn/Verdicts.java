package dev.whippet.conformance.autobahn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Compares a report of the Autobahn suite with what is expected, case by case; the verdict on the
 * closing handshake counts as the one on the case.
 *
 * <pre>
 *   Verdicts REPORT EXPECTED EXCLUDED
 *   REPORT    index.json of the suite, of one agent
 *   EXPECTED  a line a case: 7.1.6 INFORMATIONAL INFORMATIONAL
 *   EXCLUDED  cases that may be missing: 9.*
 * </pre>
 */
final class Verdicts {
  private Verdicts() {}

  public static void main(String[] arguments) throws IOException {
    Map<String, String> found = found(Path.of(arguments[0]));
    String excluded = arguments[2].replace("*", "");
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    for (String line : Files.readAllLines(Path.of(arguments[1]))) {
      if (line.isEmpty() || line.startsWith("#")) {
        continue;
      }
      String id = line.substring(0, line.indexOf(' '));
      String verdict = found.remove(id);
      if (verdict == null && id.startsWith(excluded)) {
        continue;
      }
      compared++;
      if (!line.equals(id + " " + verdict)) {
        wrong.add("expected: " + line + ", found: " + verdict);
      }
    }
    found.forEach((id, verdict) -> wrong.add("not expected: " + id + " " + verdict));
    System.out.println("autobahn: " + compared + " cases, " + wrong.size() + " not as expected");
    wrong.forEach(System.err::println);
    if (!wrong.isEmpty() || compared == 0) {
      System.exit(1);
    }
  }

  private static Map<String, String> found(Path report) throws IOException {
    JsonNode agents = new ObjectMapper().readTree(Files.readString(report));
    if (agents.size() != 1) {
      throw new IOException(report + ": expected one agent, found " + agents.size());
    }
    Map<String, String> found = new HashMap<>();
    for (Map.Entry<String, JsonNode> each : agents.elements().next().properties()) {
      JsonNode verdict = each.getValue();
      found.put(
          each.getKey(),
          verdict.path("behavior").asText() + " " + verdict.path("behaviorClose").asText());
    }
    return found;
  }
}

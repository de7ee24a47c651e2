package dev.whippet.conformance.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** One recorded conversation over HTTP (classic-transcripts.md section 6). */
record HttpScenario(String name, JsonNode json) {

  static List<HttpScenario> all() throws IOException {
    try (InputStream in =
        HttpScenario.class.getResourceAsStream("/classic-http-transcripts.json")) {
      List<HttpScenario> scenarios = new ArrayList<>();
      for (JsonNode scenario : new ObjectMapper().readTree(in).get("scenarios")) {
        scenarios.add(new HttpScenario(scenario.get("name").textValue(), scenario));
      }
      return scenarios;
    }
  }

  List<JsonNode> steps() {
    List<JsonNode> steps = new ArrayList<>();
    json.get("steps").forEach(steps::add);
    return steps;
  }

  /** Names of {@code streams}, {@code users} or {@code tokens} that may be left behind. */
  List<String> entities(String kind) {
    List<String> names = new ArrayList<>();
    json.path("entities").path(kind).forEach(name -> names.add(name.textValue()));
    return names;
  }
}

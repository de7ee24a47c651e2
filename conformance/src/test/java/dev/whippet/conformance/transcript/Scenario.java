package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;

/** One recorded conversation (classic-transcripts.md section 1). */
public record Scenario(String name, JsonNode json, List<JsonNode> steps) {

  public static List<Scenario> all() throws IOException {
    try (InputStream in = Scenario.class.getResourceAsStream("/classic-transcripts.json")) {
      List<Scenario> scenarios = new ArrayList<>();
      for (JsonNode scenario : new ObjectMapper().readTree(in).get("scenarios")) {
        List<JsonNode> steps = new ArrayList<>();
        scenario.get("steps").forEach(steps::add);
        scenarios.add(new Scenario(scenario.get("name").textValue(), scenario, steps));
      }
      return scenarios;
    }
  }

  boolean isFor(WireTransport transport) {
    for (JsonNode label : json.get("transports")) {
      if (label.textValue().equals(transport.label())) {
        return true;
      }
    }
    return false;
  }

  List<String> connections() {
    return texts(json.path("connections"));
  }

  /** Names of {@code streams}, {@code users} or {@code tokens} that may be left behind. */
  List<String> entities(String kind) {
    return texts(json.path("entities").path(kind));
  }

  private static List<String> texts(JsonNode array) {
    List<String> texts = new ArrayList<>();
    array.forEach(item -> texts.add(item.textValue()));
    return texts;
  }
}

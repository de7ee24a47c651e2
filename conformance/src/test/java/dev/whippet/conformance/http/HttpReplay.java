package dev.whippet.conformance.http;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.whippet.conformance.transcript.StepResult;
import dev.whippet.conformance.transcript.StepResult.Verdict;
import dev.whippet.conformance.wire.Pause;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Plays scenarios over HTTP, by the JDK's client. One thread. */
final class HttpReplay {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration ANSWER_MAX = Duration.ofSeconds(60);

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;
  private final Map<String, String> captured = new HashMap<>();

  HttpReplay(String base) {
    this.base = base;
  }

  List<StepResult> play(HttpScenario scenario) throws IOException, InterruptedException {
    captured.clear();
    clean(scenario);
    List<StepResult> results = new ArrayList<>();
    for (JsonNode step : scenario.steps()) {
      if (step.has("sleep_ms")) {
        Pause.millis(step.get("sleep_ms").longValue());
        results.add(new StepResult(step.get("n").intValue(), Verdict.EQUAL, ""));
      } else {
        results.add(play(step));
      }
    }
    clean(scenario);
    return results;
  }

  private StepResult play(JsonNode step) throws IOException, InterruptedException {
    HttpResponse<String> answer = send(step);
    int n = step.get("n").intValue();
    String difference = HttpExpectation.difference(step.get("expect"), answer);
    if (difference == null && step.has("capture")) {
      JsonNode body = JSON.readTree(answer.body());
      step.get("capture")
          .properties()
          .forEach(each -> captured.put(each.getKey(), body.at(each.getValue().asText()).asText()));
    }
    return difference == null
        ? new StepResult(n, Verdict.EQUAL, "")
        : new StepResult(n, Verdict.DIFFERENT, step.get("path") + ": " + difference);
  }

  private HttpResponse<String> send(JsonNode step) throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + filled(step.get("path").textValue())))
            .timeout(ANSWER_MAX);
    String body = body(step);
    request.method(
        step.get("method").textValue(),
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    JsonNode type = step.get("content_type");
    if (body != null && (type == null || !type.isNull())) {
      request.header("Content-Type", type == null ? "application/json" : type.textValue());
    }
    if (step.has("auth")) {
      request.header("Authorization", filled(step.get("auth").textValue()));
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private String body(JsonNode step) {
    if (step.has("body")) {
      return filled(step.get("body").toString());
    }
    if (step.has("body_repeat")) {
      JsonNode parts = step.get("body_repeat");
      return parts.get("prefix").textValue()
          + parts.get("repeat").textValue().repeat(parts.get("count").intValue())
          + parts.get("suffix").textValue();
    }
    return step.has("body_text") ? step.get("body_text").textValue() : null;
  }

  private String filled(String text) {
    String filled = text;
    for (Map.Entry<String, String> each : captured.entrySet()) {
      filled = filled.replace("${" + each.getKey() + "}", each.getValue());
    }
    return filled;
  }

  /** Deletes what a scenario may leave behind, whether it is there or not. */
  private void clean(HttpScenario scenario) throws IOException, InterruptedException {
    HttpRequest login =
        HttpRequest.newBuilder(URI.create(base + "/users/login"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"username\":\"iggy\",\"password\":\"iggy\"}"))
            .build();
    String answer = client.send(login, HttpResponse.BodyHandlers.ofString()).body();
    String token = JSON.readTree(answer).at("/access_token/token").asText();
    Map<String, String> paths =
        Map.of("streams", "/streams/", "users", "/users/", "tokens", "/personal-access-tokens/");
    for (Map.Entry<String, String> kind : paths.entrySet()) {
      for (String name : scenario.entities(kind.getKey())) {
        HttpRequest delete =
            HttpRequest.newBuilder(URI.create(base + kind.getValue() + name))
                .header("Authorization", "Bearer " + token)
                .DELETE()
                .build();
        client.send(delete, HttpResponse.BodyHandlers.discarding());
      }
    }
  }
}

package dev.whippet.conformance.users;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/**
 * A user of the HTTP API that asks what a command of the permission matrix asks, where there is a
 * route for it (iggy-classic.md 8.4). One thread.
 */
final class HttpCaller {
  /** There is no route. */
  static final int NOTHING = -1;

  private static final Duration ANSWER_MAX = Duration.ofSeconds(180);
  private static final String TOPIC_SETTINGS =
      "\"compression_algorithm\":\"none\",\"message_expiry\":0,\"max_topic_size\":0,"
          + "\"replication_factor\":null}";

  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final String base;
  private final String token;

  HttpCaller(String base, String name, String password) throws IOException, InterruptedException {
    this.base = base;
    String body = "{\"username\":\"" + name + "\",\"password\":\"" + password + "\"}";
    HttpResponse<String> answer = send("POST /users/login", body, "");
    JsonNode login = new ObjectMapper().readTree(answer.body());
    this.token = "Bearer " + login.at("/access_token/token").asText();
    assertThat(answer.statusCode()).isEqualTo(200);
  }

  /** 40, 41, 0 for a success, 1 for another refusal; {@link #NOTHING} without a route. */
  int status(int code, String stream, String topic) {
    String[] route =
        route(code, stream, "/streams/" + stream, "/streams/" + stream + "/topics/", topic);
    if (route == null) {
      return NOTHING;
    }
    try {
      int status = send(route[0], route.length > 1 ? route[1] : null, token).statusCode();
      return switch (status) {
        case 401 -> 40;
        case 403 -> 41;
        default -> status < 300 ? 0 : 1;
      };
    } catch (IOException | InterruptedException e) {
      throw new AssertionError("code " + code, e);
    }
  }

  private HttpResponse<String> send(String route, String body, String authorization)
      throws IOException, InterruptedException {
    String[] parts = route.split(" ");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(base + parts[1])).timeout(ANSWER_MAX);
    if (body != null) {
      request.header("Content-Type", "application/json");
    }
    if (!authorization.isEmpty()) {
      request.header("Authorization", authorization);
    }
    request.method(
        parts[0],
        body == null
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofString(body));
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Method and path, and the body if there is one. */
  private static String[] route(int code, String stream, String s, String topics, String topic) {
    String t = topics + topic;
    return switch (code) {
      case 1 -> of("GET /ping");
      case 10 -> of("GET /stats");
      case 11 -> of("POST /snapshot", "{\"compression\":\"Stored\",\"snapshot_types\":[\"Test\"]}");
      case 12 -> of("GET /cluster/metadata");
      case 21 -> of("GET /clients/1");
      case 22 -> of("GET /clients");
      case 41 -> of("GET /personal-access-tokens");
      case 43 -> of("DELETE /personal-access-tokens/no-such-token");
      case 200 -> of("GET " + s);
      case 201 -> of("GET /streams");
      case 202 -> of("POST /streams", "{\"name\":\"" + stream + "\"}");
      case 203 -> of("DELETE " + s);
      case 204 -> of("PUT " + s, "{\"name\":\"" + stream + "\"}");
      case 205 -> of("DELETE " + s + "/purge");
      case 300 -> of("GET " + t);
      case 301 -> of("GET " + s + "/topics");
      case 302 ->
          of(
              "POST " + s + "/topics",
              "{\"name\":\"" + topic + "\",\"partitions_count\":1," + TOPIC_SETTINGS);
      case 303 -> of("DELETE " + t);
      case 304 -> of("PUT " + t, "{\"name\":\"" + topic + "\"," + TOPIC_SETTINGS);
      case 305 -> of("DELETE " + t + "/purge");
      case 402 -> of("POST " + t + "/partitions", "{\"partitions_count\":1}");
      case 403 -> of("DELETE " + t + "/partitions?partitions_count=1");
      case 503 -> of("DELETE " + t + "/partitions/0?segments_count=1");
      case 600 -> of("GET " + t + "/consumer-groups/g");
      case 601 -> of("GET " + t + "/consumer-groups");
      case 602 -> of("POST " + t + "/consumer-groups", "{\"name\":\"g\"}");
      case 603 -> of("DELETE " + t + "/consumer-groups/g");
      default -> code < 100 ? users(code) : messages(code, t);
    };
  }

  private static String[] users(int code) {
    return switch (code) {
      case 31 -> of("GET /users/pm-victim");
      case 32 -> of("GET /users");
      case 33 ->
          of(
              "POST /users",
              "{\"username\":\"pm-victim\",\"password\":\"secret\",\"status\":\"active\","
                  + "\"permissions\":null}");
      case 34 -> of("DELETE /users/nobody-here");
      case 35 -> of("PUT /users/pm-victim", "{}");
      case 36 -> of("PUT /users/pm-victim/permissions", "{\"permissions\":null}");
      case 37 ->
          of(
              "PUT /users/pm-victim/password",
              "{\"current_password\":\"secret\",\"new_password\":\"secret\"}");
      default -> null;
    };
  }

  private static String[] messages(int code, String t) {
    return switch (code) {
      case 100 -> of("GET " + t + "/messages?consumer_id=7&partition_id=0&kind=first&count=1");
      case 101 ->
          of(
              "POST " + t + "/messages",
              "{\"partitioning\":{\"kind\":\"partition_id\",\"value\":\"AAAAAA==\"},"
                  + "\"messages\":[{\"payload\":\"YQ==\"}]}");
      case 102 -> of("GET " + t + "/messages/flush/0/false");
      case 120 -> of("GET " + t + "/consumer-offsets?consumer_id=7&partition_id=0");
      case 121 ->
          of(
              "PUT " + t + "/consumer-offsets",
              "{\"consumer_id\":\"7\",\"partition_id\":0,\"offset\":0}");
      case 122 -> of("DELETE " + t + "/consumer-offsets/7?partition_id=0");
      default -> null;
    };
  }

  private static String[] of(String... route) {
    return route;
  }
}

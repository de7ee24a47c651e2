package dev.whippet.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Health over HTTP, for probes and people; without a token. File names are told to whoever has one.
 *
 * <pre>
 *   /health/live    200 while the process serves
 *   /health/ready   200, or 503 when messages are refused: the disk is full, or something read-only
 *   /health         200 {status, ready, promises: [{promise, kept, problems, since, advice}],
 *                   problems (with a token): [{kind, what, reason, since, advice}], disk}
 * </pre>
 */
final class HealthRoutes {
  private final Supplier<Health> health;
  private final Executor aside;

  /** {@code aside} looks: with many partitions that takes a loop too long. */
  HealthRoutes(Supplier<Health> health, Executor aside) {
    this.health = health;
    this.aside = aside;
  }

  List<Route> all() {
    return List.of(
        Route.open("GET", "/health/live", false, call -> call.answer(Answer.text(200, "live"))),
        Route.open("GET", "/health/ready", false, call -> aside.execute(() -> ready(call))),
        Route.open("GET", "/health", false, call -> aside.execute(() -> details(call))));
  }

  private static boolean isReady(Health now) {
    return now.problems().stream().noneMatch(Health.Problem::readOnly);
  }

  private void ready(Call call) {
    boolean ready = isReady(health.get());
    call.answer(Answer.text(ready ? 200 : 503, ready ? "ready" : "messages are refused"));
  }

  private void details(Call call) {
    Health now = health.get();
    call.answer(
        Answer.object(
            out -> {
              out.writeStringField("status", now.status().name().toLowerCase(Locale.ROOT));
              out.writeBooleanField("ready", isReady(now));
              out.writeFieldName("promises");
              promises(out, now.problems());
              if (call.session().loggedIn()) {
                out.writeFieldName("problems");
                Json.objects(out, now.problems(), HealthRoutes::problem);
                out.writeNumberField("unlisted", now.unlisted());
              }
              out.writeObjectFieldStart("disk");
              disk(out, now.disk());
              out.writeEndObject();
            }));
  }

  private static void promises(JsonGenerator out, List<Health.Problem> problems)
      throws IOException {
    Map<String, List<Health.Problem>> byPromise = new TreeMap<>();
    for (Health.Kind kind : Health.Kind.values()) {
      byPromise.put(
          kind.promise(),
          problems.stream().filter(each -> each.kind().promise().equals(kind.promise())).toList());
    }
    Json.objects(
        out,
        byPromise.entrySet(),
        (json, each) -> {
          List<Health.Problem> broken = each.getValue();
          json.writeStringField("promise", each.getKey());
          json.writeBooleanField("kept", broken.isEmpty());
          if (!broken.isEmpty()) {
            long since = broken.stream().mapToLong(Health.Problem::sinceMillis).min().orElseThrow();
            json.writeNumberField("problems", broken.size());
            json.writeStringField("since", Instant.ofEpochMilli(since).toString());
            json.writeStringField("advice", broken.get(0).kind().advice());
          }
        });
  }

  private static void problem(JsonGenerator out, Health.Problem problem) throws IOException {
    out.writeStringField("kind", problem.kind().name().toLowerCase(Locale.ROOT));
    out.writeStringField("what", problem.what());
    out.writeStringField("reason", problem.reason());
    out.writeStringField("since", Instant.ofEpochMilli(problem.sinceMillis()).toString());
    out.writeStringField("advice", problem.kind().advice());
  }

  private static void disk(JsonGenerator out, Health.Disk disk) throws IOException {
    out.writeNumberField("message_bytes", disk.messageBytes());
    out.writeNumberField("message_bytes_max", disk.messageBytesMax());
    out.writeNumberField("free_bytes", disk.freeBytes());
    out.writeNumberField("free_bytes_min", disk.freeBytesMin());
    out.writeNumberField("dropped_messages", disk.droppedMessages());
  }
}

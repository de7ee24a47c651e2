package dev.whippet.broker;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.system.Aside;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * Health over HTTP, for probes and people. Whether it lives and is ready is told to everybody, the
 * rest to who may look at the server: root, and users with {@code read_servers}.
 *
 * <pre>
 *   /health/live    200 while the process serves
 *   /health/ready   200, or 503 when messages are refused: the disk is full, or something read-only
 *   /health         200 {status, ready}, and for who may see it
 *                   {promises: [{promise, kept, problems, since, advice}],
 *                   problems: [{kind, what, reason, since, advice}], unlisted, disk}
 * </pre>
 */
final class HealthRoutes {
  private final Supplier<Health> health;
  private final Predicate<ClientSession> maySeeAll;
  private final Aside aside;

  /** {@code aside} looks: with many partitions that takes a loop too long. */
  HealthRoutes(Supplier<Health> health, Predicate<ClientSession> maySeeAll, Aside aside) {
    this.health = health;
    this.maySeeAll = maySeeAll;
    this.aside = aside;
  }

  List<Route> all() {
    return List.of(
        Route.open("GET", "/health/live", false, call -> call.answer(Answer.text(200, "live"))),
        Route.open("GET", "/health/ready", false, call -> aside(aside, call, this::ready)),
        Route.open("GET", "/health", false, call -> aside(aside, call, this::details)));
  }

  /** Answers {@code call} by {@code work} on the thread aside, and in any case. */
  static void aside(Aside aside, Call call, Consumer<Call> work) {
    aside.run(
        call.toString(),
        () -> work.accept(call),
        trouble ->
            call.answer(
                trouble == Aside.Trouble.BUSY
                    ? Answer.text(503, "The server is busy: try again later.")
                    : Answer.empty(500)));
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
              if (maySeeAll.test(call.session())) {
                all(out, now);
              }
            }));
  }

  private static void all(JsonGenerator out, Health now) throws IOException {
    out.writeFieldName("promises");
    promises(out, now.problems());
    out.writeFieldName("problems");
    Json.objects(out, now.problems(), HealthRoutes::problem);
    out.writeNumberField("unlisted", now.unlisted());
    out.writeObjectFieldStart("disk");
    disk(out, now.disk());
    out.writeEndObject();
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

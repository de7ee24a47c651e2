package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Streams. */
final class StreamRoutes {
  private static final int NAME_BYTES_MAX = 255;

  private StreamRoutes() {}

  static List<Route> all() {
    String one = "/streams/{stream}";
    return List.of(
        Route.of("GET", "/streams", StreamRoutes::list),
        Route.withBody("POST", "/streams", StreamRoutes::create),
        Route.of("GET", one, StreamRoutes::get),
        Route.withBody("PUT", one, StreamRoutes::update),
        Route.of("DELETE", one, x -> x.order(new Request.DeleteStream(x.stream()), 204)),
        Route.of("DELETE", one + "/purge", x -> x.order(new Request.PurgeStream(x.stream()), 204)));
  }

  private static void list(Call call) {
    call.ask(
        new Request.GetStreams(),
        reply -> {
          List<Reply.Stream> streams = ((Reply.Streams) reply).streams();
          call.answer(
              Answer.json(
                  200, Json.bytes(out -> Json.objects(out, streams, StreamRoutes::stream))));
        });
  }

  private static void create(Call call) {
    String name = name(call.body().text("name"), Errors.INVALID_STREAM_NAME);
    call.ask(new Request.CreateStream(name), reply -> answer(call, (Reply.StreamDetails) reply));
  }

  private static void get(Call call) {
    call.find(
        new Request.GetStream(call.stream()), reply -> answer(call, (Reply.StreamDetails) reply));
  }

  private static void update(Call call) {
    String name = name(call.body().text("name"), Errors.INVALID_STREAM_NAME);
    call.order(new Request.UpdateStream(call.stream(), name), 204);
  }

  private static void answer(Call call, Reply.StreamDetails details) {
    call.answer(
        Answer.object(
            out -> {
              stream(out, details.stream());
              out.writeFieldName("topics");
              Json.objects(out, details.topics(), TopicRoutes::topic);
            }));
  }

  private static void stream(JsonGenerator out, Reply.Stream stream) throws IOException {
    Json.unsigned(out, "id", stream.id());
    Json.unsigned(out, "created_at", stream.createdAtMicros());
    out.writeStringField("name", stream.name());
    Json.size(out, "size", stream.sizeBytes());
    Json.unsigned(out, "messages_count", stream.messages());
    Json.unsigned(out, "topics_count", stream.topics());
  }

  /** A name that fits the wire, or {@code refusal}. */
  static String name(String name, int refusal) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    if (bytes < 1 || bytes > NAME_BYTES_MAX) {
      throw HttpRefusal.of(refusal);
    }
    return name;
  }
}

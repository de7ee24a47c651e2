package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.ConsumerId;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import java.util.List;
import java.util.OptionalInt;

/** Stored offsets of plain consumers. */
final class OffsetRoutes {
  private OffsetRoutes() {}

  static List<Route> all() {
    String path = "/streams/{stream}/topics/{topic}/consumer-offsets";
    return List.of(
        Route.of("GET", path, OffsetRoutes::get),
        Route.withBody("PUT", path, OffsetRoutes::store),
        Route.of("DELETE", path + "/{consumer}", OffsetRoutes::delete));
  }

  private static void get(Call call) {
    Request request =
        new Request.GetConsumerOffset(
            call.consumer(), call.stream(), call.topic(), call.optionalU32Query("partition_id"));
    call.ask(
        request,
        reply -> {
          if (reply instanceof Reply.OffsetInfo info) {
            call.answer(
                Answer.object(
                    out -> {
                      Json.unsigned(out, "partition_id", info.partitionId());
                      Json.unsigned(out, "current_offset", info.currentOffset());
                      Json.unsigned(out, "stored_offset", info.storedOffset());
                    }));
          } else {
            Missing.tell(call, Errors.NOT_FOUND);
          }
        });
  }

  private static void store(Call call) {
    Body body = call.body();
    ConsumerId consumer = consumer(body.optional("consumer_id"));
    Integer partition = body.optionalU32("partition_id");
    long offset = body.u64("offset");
    call.order(
        new Request.StoreConsumerOffset(
            consumer,
            call.stream(),
            call.topic(),
            partition == null ? OptionalInt.empty() : OptionalInt.of(partition),
            offset),
        204);
  }

  /** A number or a text; 1 when nothing is said. */
  private static ConsumerId consumer(JsonNode given) {
    if (given == null) {
      return Call.consumer("1");
    }
    if (!given.isTextual() && !given.isIntegralNumber()) {
      throw HttpRefusal.wrongShape("consumer_id is neither a text nor a whole number.");
    }
    return Call.consumer(given.asText());
  }

  private static void delete(Call call) {
    call.order(
        new Request.DeleteConsumerOffset(
            Call.consumer(call.parameter("consumer")),
            call.stream(),
            call.topic(),
            call.optionalU32Query("partition_id")),
        204);
  }
}

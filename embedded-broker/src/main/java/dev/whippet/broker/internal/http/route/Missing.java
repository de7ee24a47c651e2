package dev.whippet.broker.internal.http.route;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.internal.wire.Status;

/**
 * Which part of a path does not exist, for reads that say only that something does not (8.2). Asks
 * the commands; whatever they refuse does exist.
 */
final class Missing {
  private Missing() {}

  /** 1009, 2010, or {@code otherwise} when stream and topic are there. */
  static void tell(Call call, Answer otherwise) {
    call.askAnyway(
        new Request.GetStream(call.stream()),
        stream -> {
          if (stream instanceof Reply.Empty) {
            call.answer(Errors.answer(Status.STREAM_NOT_FOUND));
            return;
          }
          call.askAnyway(
              new Request.GetTopic(call.stream(), call.topic()),
              topic ->
                  call.answer(
                      topic instanceof Reply.Empty
                          ? Errors.answer(Status.TOPIC_NOT_FOUND)
                          : otherwise));
        });
  }
}

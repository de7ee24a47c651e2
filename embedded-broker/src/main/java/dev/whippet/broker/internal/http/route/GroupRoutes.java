package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.Identifier;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.List;

/** Consumer groups; there is no membership over HTTP. */
final class GroupRoutes {
  private GroupRoutes() {}

  static List<Route> all() {
    String many = "/streams/{stream}/topics/{topic}/consumer-groups";
    String one = many + "/{group}";
    return List.of(
        Route.of("GET", many, GroupRoutes::list),
        Route.withBody("POST", many, GroupRoutes::create),
        Route.of("GET", one, GroupRoutes::get),
        Route.of("DELETE", one, GroupRoutes::delete));
  }

  private static Identifier group(Call call) {
    return call.identifier("group");
  }

  private static void list(Call call) {
    call.ask(
        new Request.GetConsumerGroups(call.stream(), call.topic()),
        reply -> {
          if (reply instanceof Reply.ConsumerGroups found && !found.groups().isEmpty()) {
            call.answer(array(found.groups()));
          } else {
            Missing.tell(call, array(List.of()));
          }
        });
  }

  private static Answer array(List<Reply.ConsumerGroup> groups) {
    return Answer.json(200, Json.bytes(out -> Json.objects(out, groups, GroupRoutes::group)));
  }

  private static void create(Call call) {
    String name = StreamRoutes.name(call.body().text("name"), Errors.INVALID_CONSUMER_GROUP_NAME);
    call.ask(
        new Request.CreateConsumerGroup(call.stream(), call.topic(), name),
        reply -> call.answer(details(201, (Reply.ConsumerGroupDetails) reply)));
  }

  private static void get(Call call) {
    call.ask(
        new Request.GetConsumerGroup(call.stream(), call.topic(), group(call)),
        reply -> {
          if (reply instanceof Reply.ConsumerGroupDetails details) {
            call.answer(details(200, details));
          } else {
            Missing.tell(call, Errors.answer(Status.CONSUMER_GROUP_NOT_FOUND));
          }
        });
  }

  private static void delete(Call call) {
    call.order(new Request.DeleteConsumerGroup(call.stream(), call.topic(), group(call)), 204);
  }

  private static Answer details(int status, Reply.ConsumerGroupDetails details) {
    return Answer.json(
        status,
        Json.object(
            out -> {
              group(out, details.group());
              out.writeFieldName("members");
              Json.objects(out, details.members(), GroupRoutes::member);
            }));
  }

  private static void group(JsonGenerator out, Reply.ConsumerGroup group) throws IOException {
    Json.unsigned(out, "id", group.id());
    out.writeStringField("name", group.name());
    Json.unsigned(out, "partitions_count", group.partitions());
    Json.unsigned(out, "members_count", group.members());
  }

  private static void member(JsonGenerator out, Reply.GroupMember member) throws IOException {
    Json.unsigned(out, "id", member.id());
    Json.unsigned(out, "partitions_count", member.partitions().length);
    out.writeArrayFieldStart("partitions");
    for (int partition : member.partitions()) {
      out.writeNumber(Integer.toUnsignedLong(partition));
    }
    out.writeEndArray();
  }
}

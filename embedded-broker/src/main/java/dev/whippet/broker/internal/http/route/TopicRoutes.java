package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.command.Request.TopicSettings;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.List;

/** Topics, their partitions and segments. */
final class TopicRoutes {
  private static final List<String> COMPRESSIONS = List.of("none", "gzip");

  private TopicRoutes() {}

  static List<Route> all() {
    String many = "/streams/{stream}/topics";
    String one = many + "/{topic}";
    return List.of(
        Route.of("GET", many, TopicRoutes::list),
        Route.withBody("POST", many, TopicRoutes::create),
        Route.of("GET", one, TopicRoutes::get),
        Route.withBody("PUT", one, TopicRoutes::update),
        Route.of("DELETE", one, x -> x.order(new Request.DeleteTopic(x.stream(), x.topic()), 204)),
        Route.of(
            "DELETE",
            one + "/purge",
            x -> x.order(new Request.PurgeTopic(x.stream(), x.topic()), 204)),
        Route.withBody("POST", one + "/partitions", TopicRoutes::addPartitions),
        Route.of("DELETE", one + "/partitions", TopicRoutes::removePartitions),
        Route.of("DELETE", one + "/partitions/{partition}", TopicRoutes::removeSegments));
  }

  private static void list(Call call) {
    call.find(
        new Request.GetTopics(call.stream()),
        reply -> {
          List<Reply.Topic> topics = ((Reply.Topics) reply).topics();
          call.answer(
              Answer.json(200, Json.bytes(out -> Json.objects(out, topics, TopicRoutes::topic))));
        });
  }

  /** A new topic's partitions have a segment, other than over the binary wire. */
  private static void create(Call call) {
    Body body = call.body();
    String name = body.text("name");
    long partitions = body.u32("partitions_count");
    TopicSettings settings = settings(body);
    StreamRoutes.name(name, Errors.INVALID_TOPIC_NAME);
    call.askAnyway(
        new Request.CreateTopic(call.stream(), name, partitions, settings),
        reply -> {
          if (reply instanceof Reply.TopicDetails details) {
            answer(call, details, 1);
          } else {
            int status = ((Reply.Failure) reply).status();
            boolean nowhere = status == Status.STREAM_NOT_FOUND;
            call.answer(nowhere ? Errors.NOT_FOUND : Errors.answer(status));
          }
        });
  }

  private static void get(Call call) {
    call.find(
        new Request.GetTopic(call.stream(), call.topic()),
        reply -> answer(call, (Reply.TopicDetails) reply, 0));
  }

  private static void update(Call call) {
    Body body = call.body();
    String name = body.text("name");
    TopicSettings settings = settings(body);
    StreamRoutes.name(name, Errors.INVALID_TOPIC_NAME);
    call.order(new Request.UpdateTopic(call.stream(), call.topic(), name, settings), 204);
  }

  private static TopicSettings settings(Body body) {
    int compression = COMPRESSIONS.indexOf(body.text("compression_algorithm"));
    if (compression < 0) {
      throw HttpRefusal.wrongShape("compression_algorithm is neither none nor gzip.");
    }
    long expiry = body.u64("message_expiry");
    long size = body.u64("max_topic_size");
    Integer replication = body.optionalU8("replication_factor");
    if (replication != null && replication == 0) {
      throw HttpRefusal.of(Errors.INVALID_REPLICATION_FACTOR);
    }
    return new TopicSettings(compression + 1, expiry, size, replication == null ? 0 : replication);
  }

  private static void addPartitions(Call call) {
    long count = call.body().u32("partitions_count");
    call.order(new Request.CreatePartitions(call.stream(), call.topic(), count), 201);
  }

  private static void removePartitions(Call call) {
    long count = Integer.toUnsignedLong(call.u32Query("partitions_count"));
    call.order(new Request.DeletePartitions(call.stream(), call.topic(), count), 204);
  }

  private static void removeSegments(Call call) {
    int partition = call.u32Parameter("partition");
    long count = Integer.toUnsignedLong(call.u32Query("segments_count"));
    call.order(new Request.DeleteSegments(call.stream(), call.topic(), partition, count), 204);
  }

  private static void answer(Call call, Reply.TopicDetails details, int segmentsMin) {
    call.answer(
        Answer.object(
            out -> {
              topic(out, details.topic());
              out.writeFieldName("partitions");
              Json.objects(
                  out,
                  details.partitions(),
                  (json, partition) -> partition(json, partition, segmentsMin));
            }));
  }

  static void topic(JsonGenerator out, Reply.Topic topic) throws IOException {
    Json.unsigned(out, "id", topic.id());
    Json.unsigned(out, "created_at", topic.createdAtMicros());
    out.writeStringField("name", topic.name());
    Json.size(out, "size", topic.sizeBytes());
    Json.unsigned(out, "message_expiry", topic.messageExpiryMicros());
    out.writeStringField("compression_algorithm", COMPRESSIONS.get(topic.compression() - 1));
    Json.unsigned(out, "max_topic_size", topic.maxSizeBytes());
    Json.unsigned(out, "replication_factor", topic.replicationFactor());
    Json.unsigned(out, "messages_count", topic.messages());
    Json.unsigned(out, "partitions_count", topic.partitions());
  }

  private static void partition(JsonGenerator out, Reply.Partition partition, int segmentsMin)
      throws IOException {
    Json.unsigned(out, "id", partition.id());
    Json.unsigned(out, "created_at", partition.createdAtMicros());
    Json.unsigned(out, "segments_count", Math.max(segmentsMin, partition.segments()));
    Json.unsigned(out, "current_offset", partition.currentOffset());
    Json.size(out, "size", partition.sizeBytes());
    Json.unsigned(out, "messages_count", partition.messages());
  }
}

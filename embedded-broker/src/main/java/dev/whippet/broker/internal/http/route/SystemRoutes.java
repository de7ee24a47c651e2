package dev.whippet.broker.internal.http.route;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.http.exchange.Body;
import dev.whippet.broker.internal.http.exchange.Call;
import dev.whippet.broker.internal.http.exchange.Errors;
import dev.whippet.broker.internal.http.exchange.HttpRefusal;
import dev.whippet.broker.internal.http.exchange.Json;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.internal.wire.Status;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What the server is and who is connected (iggy-classic.md 8.4, 8.5). */
final class SystemRoutes {
  private static final Map<String, Integer> COMPRESSIONS =
      Map.of("Stored", 1, "Deflated", 2, "Bzip2", 3, "Zstd", 4, "Lzma", 5, "Xz", 6);
  private static final Map<String, Integer> SNAPSHOT_TYPES =
      Map.of(
          "FilesystemOverview",
          1,
          "ProcessList",
          2,
          "ResourceUsage",
          3,
          "Test",
          4,
          "ServerLogs",
          5,
          "ServerConfig",
          6,
          "All",
          100);
  private static final int SNAPSHOT_TYPE_ALL = 100;
  private static final List<String> TRANSPORTS = List.of("", "tcp", "quic", "http", "websocket");

  private SystemRoutes() {}

  static List<Route> all() {
    return List.of(
        Route.open("GET", "/", false, call -> call.answer(Answer.text(200, "Iggy API"))),
        Route.open("GET", "/ping", false, call -> call.answer(Answer.text(200, "pong"))),
        Route.open("GET", "/ui", false, call -> call.answer(Answer.empty(404))),
        Route.of("GET", "/stats", SystemRoutes::stats),
        Route.of("GET", "/cluster/metadata", SystemRoutes::cluster),
        Route.of("GET", "/clients", SystemRoutes::clients),
        Route.of("GET", "/clients/{client}", SystemRoutes::client),
        Route.withBody("POST", "/snapshot", SystemRoutes::snapshot));
  }

  private static void stats(Call call) {
    call.ask(
        new Request.GetStats(),
        reply -> call.answer(Answer.object(out -> stats(out, (Reply.Stats) reply))));
  }

  private static void stats(JsonGenerator out, Reply.Stats stats) throws IOException {
    Json.unsigned(out, "process_id", stats.processId());
    out.writeNumberField("cpu_usage", stats.cpuUsage());
    out.writeNumberField("total_cpu_usage", stats.totalCpuUsage());
    Json.size(out, "memory_usage", stats.memoryUsage());
    Json.size(out, "total_memory", stats.totalMemory());
    Json.size(out, "available_memory", stats.availableMemory());
    Json.unsigned(out, "run_time", stats.runTimeMicros());
    Json.unsigned(out, "start_time", stats.startTimeMicros());
    Json.size(out, "read_bytes", stats.readBytes());
    Json.size(out, "written_bytes", stats.writtenBytes());
    Json.size(out, "messages_size_bytes", stats.messagesSizeBytes());
    Json.unsigned(out, "streams_count", stats.streams());
    Json.unsigned(out, "topics_count", stats.topics());
    Json.unsigned(out, "partitions_count", stats.partitions());
    Json.unsigned(out, "segments_count", stats.segments());
    Json.unsigned(out, "messages_count", stats.messages());
    Json.unsigned(out, "clients_count", stats.clients());
    Json.unsigned(out, "consumer_groups_count", stats.consumerGroups());
    out.writeStringField("hostname", stats.hostname());
    out.writeStringField("os_name", stats.osName());
    out.writeStringField("os_version", stats.osVersion());
    out.writeStringField("kernel_version", stats.kernelVersion());
    out.writeStringField("iggy_server_version", stats.serverVersion());
    Json.unsigned(out, "iggy_server_semver", stats.serverSemver());
    out.writeObjectFieldStart("cache_metrics");
    out.writeEndObject();
    Json.unsigned(out, "threads_count", stats.threads());
    Json.size(out, "free_disk_space", stats.freeDiskBytes());
    Json.size(out, "total_disk_space", stats.totalDiskBytes());
  }

  private static void cluster(Call call) {
    call.ask(
        new Request.GetClusterMetadata(),
        reply -> call.answer(Answer.object(out -> cluster(out, (Reply.Cluster) reply))));
  }

  private static void cluster(JsonGenerator out, Reply.Cluster cluster) throws IOException {
    out.writeStringField("name", cluster.cluster());
    out.writeArrayFieldStart("nodes");
    out.writeStartObject();
    out.writeStringField("name", cluster.node());
    out.writeStringField("ip", cluster.ip());
    out.writeObjectFieldStart("endpoints");
    out.writeNumberField("tcp", cluster.tcpPort());
    out.writeNumberField("quic", cluster.quicPort());
    out.writeNumberField("http", cluster.httpPort());
    out.writeNumberField("websocket", cluster.wsPort());
    out.writeEndObject();
    out.writeStringField("role", "leader");
    out.writeStringField("status", "healthy");
    out.writeEndObject();
    out.writeEndArray();
  }

  /** Ascending by id. */
  private static void clients(Call call) {
    call.ask(
        new Request.GetClients(),
        reply -> {
          List<Reply.Client> clients = new ArrayList<>(((Reply.Clients) reply).clients());
          clients.sort((a, b) -> Integer.compareUnsigned(a.clientId(), b.clientId()));
          call.answer(
              Answer.json(
                  200, Json.bytes(out -> Json.objects(out, clients, SystemRoutes::client))));
        });
  }

  private static void client(JsonGenerator out, Reply.Client client) throws IOException {
    Json.unsigned(out, "client_id", client.clientId());
    if (client.userId() == -1) {
      out.writeNullField("user_id");
    } else {
      Json.unsigned(out, "user_id", client.userId());
    }
    out.writeStringField("transport", TRANSPORTS.get(client.transport()));
    out.writeStringField("address", client.address());
    Json.unsigned(out, "consumer_groups_count", client.consumerGroups());
  }

  private static void client(Call call) {
    long id = Integer.toUnsignedLong(call.u32Parameter("client"));
    call.askAnyway(
        new Request.GetClient(id),
        reply -> {
          if (reply instanceof Reply.ClientDetails details) {
            call.answer(Answer.object(out -> details(out, details)));
          } else if (reply instanceof Reply.Failure failure
              && failure.status() != Status.INVALID_CLIENT_ID) {
            call.answer(Errors.answer(failure.status()));
          } else {
            call.answer(Errors.NOT_FOUND);
          }
        });
  }

  private static void details(JsonGenerator out, Reply.ClientDetails details) throws IOException {
    client(out, details.client());
    out.writeFieldName("consumer_groups");
    Json.objects(
        out,
        details.memberships(),
        (json, membership) -> {
          Json.unsigned(json, "stream_id", membership.streamId());
          Json.unsigned(json, "topic_id", membership.topicId());
          Json.unsigned(json, "group_id", membership.groupId());
        });
  }

  private static void snapshot(Call call) {
    Body body = call.body();
    int compression = choice(COMPRESSIONS, "compression", body.text("compression"));
    JsonNode types = body.required("snapshot_types");
    if (!types.isArray()) {
      throw HttpRefusal.wrongShape("snapshot_types is not an array.");
    }
    List<Integer> codes = new ArrayList<>();
    for (JsonNode type : types) {
      codes.add(choice(SNAPSHOT_TYPES, "snapshot type", type.asText()));
    }
    if (codes.contains(SNAPSHOT_TYPE_ALL) && codes.size() > 1) {
      throw HttpRefusal.of(Status.INVALID_COMMAND);
    }
    call.ask(
        new Request.GetSnapshot(compression, List.copyOf(codes)),
        reply -> call.answer(Answer.zip(((Reply.Snapshot) reply).zip())));
  }

  private static int choice(Map<String, Integer> codes, String what, String name) {
    Integer code = codes.get(name);
    if (code == null) {
      throw HttpRefusal.wrongShape(what + " is none of " + String.join(", ", codes.keySet()) + ".");
    }
    return code;
  }
}

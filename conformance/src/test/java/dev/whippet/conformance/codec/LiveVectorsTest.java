package dev.whippet.conformance.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * A running broker is fed the bytes of every request vector: the status is the one that its state
 * and the command ask for, and the answer decodes in the response's layout. Before each vector the
 * broker holds a stream {@code orders} (id 0) with a topic {@code events} (id 0) of 3 partitions
 * and 50 messages in partition 1; for the users' commands a user {@code alice} (id 1), unless it is
 * about to be created, and no token.
 */
class LiveVectorsTest {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int MESSAGES = 50;
  private static final Set<Integer> BEFORE_LOGIN = Set.of(1, 38, 44);

  /** Vectors whose names do not exist, or already exist, in that state. */
  private static final Map<String, Integer> STATUSES = statuses();

  private static BrokerUnderTest broker;

  @BeforeAll
  static void start() throws Exception {
    broker = BrokerUnderTest.start();
  }

  @AfterAll
  static void stop() {
    broker.close();
  }

  @TestFactory
  Stream<DynamicTest> overTcp() throws IOException {
    return vectors(WireTransport.TCP);
  }

  @TestFactory
  Stream<DynamicTest> overWebSocket() throws IOException {
    return vectors(WireTransport.WS);
  }

  private static Stream<DynamicTest> vectors(WireTransport transport) throws IOException {
    return Vector.all().stream()
        .filter(Vector::request)
        .map(vector -> DynamicTest.dynamicTest(vector.name(), () -> feed(vector, transport)));
  }

  private static void feed(Vector vector, WireTransport transport) throws IOException {
    try (WireConnection connection = WireConnection.open(transport, broker.address())) {
      prepare(connection);
      prepareUsers(connection, vector.code());
      boolean alone = BEFORE_LOGIN.contains(vector.code());
      if (alone) {
        ask(connection, 39, object());
      }

      Answer answer = connection.ask(vector.frame(), TIMEOUT_MILLIS);

      assertThat(answer.isResponse()).describedAs("%s", answer).isTrue();
      assertThat(answer.status()).isEqualTo(expectedStatus(vector));
      if (!vector.malformed()) {
        ReferenceCodec.decodeResponse(vector.code(), answer.status(), answer.payload());
      }
      Answer ping = connection.ask(ReferenceCodec.encodeRequest(1, object()), TIMEOUT_MILLIS);
      assertThat(ping.status()).describedAs("still in step").isZero();
      assertThat(ping.isResponse()).isTrue();
    }
  }

  private static int expectedStatus(Vector vector) {
    if (vector.malformed()) {
      return vector.expectStatus();
    }
    return STATUSES.getOrDefault(vector.name(), 0);
  }

  private static Map<String, Integer> statuses() {
    Map<String, Integer> statuses = new HashMap<>();
    statuses.put("login_with_personal_access_token", 20);
    statuses.put("delete_personal_access_token", 20);
    statuses.put("create_stream", 1012);
    statuses.put("create_topic", 2013);
    statuses.put("poll_messages_fixture_string_ids", 1009);
    statuses.put("poll_messages_consumer_group_next", 5000);
    statuses.put("store_consumer_offset_group", 5000);
    statuses.put("delete_consumer_offset", 3021);
    statuses.put("flush_unsaved_buffer", 1009);
    statuses.put("create_consumer_group_fixture", 1009);
    statuses.put("delete_consumer_group", 5000);
    statuses.put("join_consumer_group", 5000);
    statuses.put("leave_consumer_group", 5000);
    return statuses;
  }

  /** The same state before every vector. */
  private static void prepare(WireConnection connection) {
    ask(
        connection,
        38,
        object()
            .put("username", "iggy")
            .put("password", "iggy")
            .putNull("version")
            .putNull("context"));
    ask(connection, 203, stream("orders2")); // what update_stream makes of it
    ask(connection, 203, stream("orders"));
    ask(connection, 202, object().put("name", "orders"));
    ask(
        connection,
        302,
        stream("orders")
            .put("partitions_count", 3)
            .put("compression_algorithm", 1)
            .put("message_expiry", 0)
            .put("max_topic_size", 0)
            .put("replication_factor", 0)
            .put("name", "events"));
    ObjectNode batch = stream("orders");
    batch.putObject("topic_id").put("kind", "string").put("value", "events");
    batch.putObject("partitioning").put("kind", "partition_id").put("value", 1);
    ArrayNode messages = batch.putArray("messages");
    for (int i = 1; i <= MESSAGES; i++) {
      ObjectNode message = messages.addObject();
      message.put("id", Integer.toString(i)).put("origin_timestamp", i).put("payload_hex", "61");
      message.putArray("user_headers");
    }
    Answer sent = ask(connection, 101, batch);
    assertThat(sent.status()).isZero();
  }

  private static void prepareUsers(WireConnection connection, int code) {
    if (code < 31 || code > 43 || BEFORE_LOGIN.contains(code)) {
      return;
    }
    for (String token : Set.of("ci-token", "forever")) {
      ask(connection, 43, object().put("name", token));
    }
    for (String name : Set.of("alice", "alice2")) {
      ObjectNode user = object();
      user.putObject("user_id").put("kind", "string").put("value", name);
      ask(connection, 34, user);
    }
    if (code != 33) {
      ObjectNode alice = object().put("username", "alice").put("password", "secret");
      ask(connection, 33, alice.put("status", 1).putNull("permissions"));
    }
  }

  private static Answer ask(WireConnection connection, int code, ObjectNode fields) {
    return connection.ask(ReferenceCodec.encodeRequest(code, fields), TIMEOUT_MILLIS);
  }

  private static ObjectNode stream(String name) {
    ObjectNode fields = object();
    fields.putObject("stream_id").put("kind", "string").put("value", name);
    return fields;
  }

  private static ObjectNode object() {
    return Layout.JSON.objectNode();
  }
}

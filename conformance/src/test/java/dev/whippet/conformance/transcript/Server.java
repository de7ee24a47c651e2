package dev.whippet.conformance.transcript;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.net.InetSocketAddress;

/** Where the server under test listens, and what a runner does there beside the scenarios. */
public record Server(InetSocketAddress tcp, InetSocketAddress ws) {
  private static final int LOGIN = 38;
  private static final int DELETE_USER = 34;
  private static final int DELETE_TOKEN = 43;
  private static final int DELETE_STREAM = 203;
  private static final int ANSWER_TIMEOUT_MILLIS = 10_000;

  InetSocketAddress address(WireTransport transport) {
    return transport == WireTransport.TCP ? tcp : ws;
  }

  /** Deletes what the scenario may leave behind, on a connection of its own, ignoring errors. */
  void clean(Scenario scenario, WireTransport transport) throws IOException {
    try (WireConnection connection = WireConnection.open(transport, address(transport))) {
      ask(connection, LOGIN, rootLogin());
      for (String stream : scenario.entities("streams")) {
        ask(connection, DELETE_STREAM, named("stream_id", stream));
      }
      for (String user : scenario.entities("users")) {
        ask(connection, DELETE_USER, named("user_id", user));
      }
      for (String token : scenario.entities("tokens")) {
        ask(connection, DELETE_TOKEN, object().put("name", token));
      }
    }
  }

  private static void ask(WireConnection connection, int code, ObjectNode fields) {
    connection.ask(ReferenceCodec.encodeRequest(code, fields), ANSWER_TIMEOUT_MILLIS);
  }

  private static ObjectNode rootLogin() {
    return object()
        .put("username", "iggy")
        .put("password", "iggy")
        .putNull("version")
        .putNull("context");
  }

  private static ObjectNode named(String member, String name) {
    ObjectNode identifier = object().put("kind", "string").put("value", name);
    return object().set(member, identifier);
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}

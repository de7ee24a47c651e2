package dev.whippet.conformance.users;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;

/** One raw connection that speaks in the reference codec's fields. One thread. */
public final class Caller implements Closeable {
  private static final int TIMEOUT_MILLIS = 60_000;

  private final WireConnection connection;

  private Caller(WireConnection connection) {
    this.connection = connection;
  }

  public static Caller connect(InetSocketAddress address) throws IOException {
    return new Caller(WireConnection.open(WireTransport.TCP, address));
  }

  public static Caller login(InetSocketAddress address, String name, String password)
      throws IOException {
    return login(WireTransport.TCP, address, name, password);
  }

  static Caller login(
      WireTransport transport, InetSocketAddress address, String name, String password)
      throws IOException {
    Caller caller = new Caller(WireConnection.open(transport, address));
    assertThat(caller.loginStatus(name, password)).isZero();
    return caller;
  }

  public static ObjectNode fields() {
    return JsonNodeFactory.instance.objectNode();
  }

  public static ObjectNode user(String name) {
    ObjectNode fields = fields();
    fields.putObject("user_id").put("kind", "string").put("value", name);
    return fields;
  }

  public Answer ask(int code, JsonNode fields) {
    Answer answer = connection.ask(ReferenceCodec.encodeRequest(code, fields), TIMEOUT_MILLIS);
    assertThat(answer.isResponse()).describedAs("code %d: %s", code, answer).isTrue();
    return answer;
  }

  public int status(int code, JsonNode fields) {
    return ask(code, fields).status();
  }

  /** The fields of a success. */
  public JsonNode ok(int code, JsonNode fields) {
    Answer answer = ask(code, fields);
    assertThat(answer.status()).describedAs("code %d: %s", code, fields).isZero();
    return ReferenceCodec.decodeResponse(code, 0, answer.payload());
  }

  public int loginStatus(String name, String password) {
    return status(
        38,
        fields()
            .put("username", name)
            .put("password", password)
            .putNull("version")
            .putNull("context"));
  }

  /** The id of a new active user without permissions. */
  public int createUser(String name, String password) {
    return ok(
            33,
            fields()
                .put("username", name)
                .put("password", password)
                .put("status", 1)
                .putNull("permissions"))
        .get("id")
        .intValue();
  }

  public String createToken(String name, long expiryMicros) {
    return ok(42, fields().put("name", name).put("expiry", expiryMicros)).get("token").textValue();
  }

  public int tokenStatus(String token) {
    return status(44, fields().put("token", token));
  }

  boolean closedWithin(long millis) {
    return connection.closedWithin(millis);
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }
}

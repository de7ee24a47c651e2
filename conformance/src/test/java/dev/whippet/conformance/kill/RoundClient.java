package dev.whippet.conformance.kill;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.HexFormat;
import java.util.Set;
import java.util.TreeSet;

/** A stock client whose server may die at any moment: what it is told counts, nothing else. */
final class RoundClient implements AutoCloseable {
  static final String STREAM = "rounds";
  static final String TOPIC = "kept";
  static final long NOTHING = -1;
  private static final int TIMEOUT_MILLIS = 180_000;
  private static final int LOGINS_MAX = 10;
  private static final int CONSUMER = 7;

  private final WireConnection connection;

  RoundClient(InetSocketAddress address) throws IOException {
    connection = loggedIn(address);
  }

  /** On a machine that has no time a login may be refused for being late. */
  private static WireConnection loggedIn(InetSocketAddress address) throws IOException {
    ObjectNode login = object().put("username", "iggy").put("password", "iggy");
    byte[] request = ReferenceCodec.encodeRequest(38, login.putNull("version").putNull("context"));
    Answer answer = Answer.NONE;
    for (int i = 0; i < LOGINS_MAX; i++) {
      WireConnection connection = WireConnection.open(WireTransport.TCP, address);
      answer = connection.ask(request, TIMEOUT_MILLIS);
      if (answer.isResponse() && answer.status() == 0) {
        return connection;
      }
      connection.close();
    }
    throw new IOException("login: " + answer);
  }

  /** Whether the answer came and says done. */
  boolean createStream() {
    return done(202, object().put("name", STREAM));
  }

  boolean createTopic(String name, int partitions) {
    ObjectNode topic = object();
    topic.putObject("stream_id").put("kind", "string").put("value", STREAM);
    topic.put("partitions_count", partitions).put("compression_algorithm", 1);
    topic.put("message_expiry", 0).put("max_topic_size", 0).put("replication_factor", 1);
    return done(302, topic.put("name", name));
  }

  boolean deleteTopic(String name) {
    return done(303, place(name));
  }

  /** Names of all topics. */
  Set<String> topics() {
    ObjectNode stream = object();
    stream.putObject("stream_id").put("kind", "string").put("value", STREAM);
    Answer answer = ask(301, stream);
    if (!answer.isResponse() || answer.status() != 0) {
      throw new AssertionError("topics: " + answer);
    }
    Set<String> names = new TreeSet<>();
    JsonNode fields = ReferenceCodec.decodeResponse(301, answer.status(), answer.payload());
    fields.findValues("name").forEach(name -> names.add(name.textValue()));
    return names;
  }

  /** Sends without waiting for the answer. */
  boolean send(int partition, byte[] payload) {
    ObjectNode batch = place(TOPIC);
    batch.putObject("partitioning").put("kind", "partition_id").put("value", partition);
    ObjectNode message = batch.putArray("messages").addObject();
    message.put("id", "0").put("origin_timestamp", 0);
    message.put("payload_hex", HexFormat.of().formatHex(payload));
    message.putArray("user_headers");
    return connection.send(ReferenceCodec.encodeRequest(101, batch));
  }

  /** Whether the next answer says that a batch is stored. */
  boolean acknowledged() {
    Answer answer = connection.receive(TIMEOUT_MILLIS);
    return answer.isResponse() && answer.status() == 0;
  }

  boolean storeOffset(int partition, long offset) {
    return done(121, consumer(partition).put("offset", offset));
  }

  /** The stored offset, or {@link #NOTHING}. */
  long storedOffset(int partition) {
    Answer answer = ask(120, consumer(partition));
    JsonNode fields = ReferenceCodec.decodeResponse(120, answer.status(), answer.payload());
    return fields.has("stored_offset") ? fields.get("stored_offset").longValue() : NOTHING;
  }

  /** Messages from an offset on. */
  JsonNode poll(int partition, long offset, int count) {
    ObjectNode poll = consumer(partition);
    poll.putObject("strategy").put("kind", "offset").put("value", offset);
    poll.put("count", count).put("auto_commit", false);
    Answer answer = ask(100, poll);
    if (answer.status() != 0) {
      throw new AssertionError(
          "poll of partition " + partition + " from " + offset + ": " + answer);
    }
    return ReferenceCodec.decodeResponse(100, 0, answer.payload()).get("messages");
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }

  private ObjectNode consumer(int partition) {
    ObjectNode fields = place(TOPIC);
    ObjectNode consumer = fields.putObject("consumer").put("kind", "consumer");
    consumer.putObject("id").put("kind", "numeric").put("value", CONSUMER);
    return fields.put("partition_id", partition);
  }

  private boolean done(int code, ObjectNode fields) {
    Answer answer = ask(code, fields);
    return answer.isResponse() && answer.status() == 0;
  }

  private Answer ask(int code, ObjectNode fields) {
    return connection.ask(ReferenceCodec.encodeRequest(code, fields), TIMEOUT_MILLIS);
  }

  private static ObjectNode place(String topic) {
    ObjectNode fields = object();
    fields.putObject("stream_id").put("kind", "string").put("value", STREAM);
    fields.putObject("topic_id").put("kind", "string").put("value", topic);
    return fields;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}

package dev.whippet.conformance.kill;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A stock client by hand: logged in, speaks through the reference codec. */
final class RawClient implements AutoCloseable {
  private static final int TIMEOUT_MILLIS = 20_000;
  private static final int POLL_COUNT = 1000;

  private final WireConnection connection;

  RawClient(InetSocketAddress address) throws IOException {
    connection = WireConnection.open(WireTransport.TCP, address);
    ObjectNode login = object().put("username", "iggy").put("password", "iggy");
    assertThat(ask(38, login.putNull("version").putNull("context")).status()).isZero();
  }

  void createStreamAndTopic() {
    ask(202, object().put("name", KillTest.STREAM));
    ObjectNode topic = object();
    topic.putObject("stream_id").put("kind", "string").put("value", KillTest.STREAM);
    topic.put("partitions_count", KillTest.PARTITIONS).put("compression_algorithm", 1);
    topic.put("message_expiry", 0).put("max_topic_size", 0).put("replication_factor", 1);
    assertThat(ask(302, topic.put("name", KillTest.TOPIC)).status()).isZero();
  }

  /** Sends without waiting for the answer. */
  boolean send(Reading reading) {
    ObjectNode batch = place();
    batch.putObject("partitioning").put("kind", "partition_id").put("value", reading.partition());
    ObjectNode message = batch.putArray("messages").addObject();
    message.put("id", "0").put("origin_timestamp", 0);
    message.put("payload_hex", HexFormat.of().formatHex(reading.encode()));
    message.putArray("user_headers");
    return connection.send(ReferenceCodec.encodeRequest(101, batch));
  }

  /** Whether the next answer says that a batch is stored. */
  boolean acknowledged() {
    Answer answer = connection.receive(TIMEOUT_MILLIS);
    return answer.isResponse() && answer.status() == 0;
  }

  boolean holdsAny(int partition) {
    return !poll(partition, 0, 1).isEmpty();
  }

  /** Everything in a partition; offsets are 0, 1, 2 and so on. */
  List<Reading> readAll(int partition) {
    List<Reading> readings = new ArrayList<>();
    JsonNode messages = poll(partition, 0, POLL_COUNT);
    while (!messages.isEmpty()) {
      for (JsonNode message : messages) {
        assertThat(message.get("offset").intValue()).isEqualTo(readings.size());
        byte[] payload = HexFormat.of().parseHex(message.get("payload_hex").textValue());
        readings.add(Reading.decode(payload));
      }
      messages = poll(partition, readings.size(), POLL_COUNT);
    }
    return readings;
  }

  private JsonNode poll(int partition, int offset, int count) {
    ObjectNode poll = place();
    ObjectNode consumer = poll.putObject("consumer").put("kind", "consumer");
    consumer.putObject("id").put("kind", "numeric").put("value", 1);
    poll.put("partition_id", partition);
    poll.putObject("strategy").put("kind", "offset").put("value", offset);
    poll.put("count", count).put("auto_commit", false);
    Answer answer = ask(100, poll);
    assertThat(answer.status()).describedAs("%s", answer).isZero();
    return ReferenceCodec.decodeResponse(100, 0, answer.payload()).get("messages");
  }

  @Override
  public void close() throws IOException {
    connection.close();
  }

  private Answer ask(int code, ObjectNode fields) {
    return connection.ask(ReferenceCodec.encodeRequest(code, fields), TIMEOUT_MILLIS);
  }

  private static ObjectNode place() {
    ObjectNode fields = object();
    fields.putObject("stream_id").put("kind", "string").put("value", KillTest.STREAM);
    fields.putObject("topic_id").put("kind", "string").put("value", KillTest.TOPIC);
    return fields;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}

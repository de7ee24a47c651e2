package dev.whippet.conformance.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.broker.internal.wire.Refusal;
import dev.whippet.internal.wire.ProtocolException;
import dev.whippet.internal.wire.XxHash32;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.CompositeByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.io.IOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The codecs of SDK and broker against the reference: on all vectors, and on random fields of every
 * command. {@code -Dwhippet.seed} repeats a run.
 */
class ProductCodecTest {
  private static final int SAMPLES = 200;
  private static final int UNKNOWN_CODE = 9999;
  private static final int HEADER_BYTES = 8;

  private final long seed = Long.getLong("whippet.seed", 1);
  private final Random random = new Random(seed);

  static Stream<Vector> requests() throws IOException {
    return Vector.all().stream().filter(vector -> vector.request() && !vector.malformed());
  }

  static Stream<Vector> responses() throws IOException {
    return Vector.all().stream().filter(vector -> !vector.request());
  }

  static Stream<Vector> malformedPayloads() throws IOException {
    return Vector.all().stream().filter(vector -> vector.malformed() && vector.frame()[0] >= 4);
  }

  @ParameterizedTest
  @MethodSource("requests")
  void sdkEncodesTheVector(Vector vector) {
    if (!SdkRequests.CODES.contains(vector.code())) {
      return;
    }

    byte[] frame = SdkRequests.encode(vector.code(), vector.fields());

    assertThat(frame).isEqualTo(vector.frame());
  }

  @ParameterizedTest
  @MethodSource("responses")
  void sdkDecodesTheVector(Vector vector) throws ProtocolException {
    if (vector.status() != 0 || !SdkReplies.CODES.contains(vector.code())) {
      return;
    }

    JsonNode fields = SdkReplies.decode(vector.code(), vector.payload());

    assertThat(sameShape(fields, vector.fields())).isEqualTo(vector.fields());
  }

  @ParameterizedTest
  @MethodSource("requests")
  void brokerDecodesTheVector(Vector vector) throws Refusal {
    JsonNode fields = brokerDecode(vector.code(), vector.payload());

    assertThat(fields).isEqualTo(withKeyHash(vector.fields()));
  }

  @ParameterizedTest
  @MethodSource("responses")
  void brokerEncodesTheVector(Vector vector) {
    boolean built =
        vector.status() != 0
            || vector.fields().isEmpty()
            || BrokerReplies.CODES.contains(vector.code());
    boolean oneNode = vector.fields().path("nodes").size() <= 1;
    boolean noCache = vector.fields().path("cache_metrics").isEmpty();
    if (!built || !oneNode || !noCache) {
      return;
    }

    byte[] frame = brokerEncode(vector.code(), vector.status(), vector.fields());

    assertThat(frame).isEqualTo(vector.frame());
  }

  @ParameterizedTest
  @MethodSource("malformedPayloads")
  void brokerRefusesTheVector(Vector vector) {
    assertThatThrownBy(() -> brokerDecode(vector.code(), vector.payload()))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> assertThat(refusal.status()).isEqualTo(vector.expectStatus()));
  }

  @Test
  void sdkEncodesWhatTheReferenceEncodes() {
    System.out.println("seed " + seed);
    for (int code : SdkRequests.CODES) {
      for (int i = 0; i < SAMPLES; i++) {
        JsonNode fields = zeroUnusedValue(ReferenceCodec.sampleRequest(code, random));

        byte[] frame = SdkRequests.encode(code, fields);

        assertThat(frame)
            .describedAs("code %d, seed %d: %s", code, seed, fields)
            .isEqualTo(ReferenceCodec.encodeRequest(code, fields));
      }
    }
  }

  @Test
  void sdkDecodesWhatTheReferenceEncodes() throws ProtocolException {
    System.out.println("seed " + seed);
    for (int code : SdkReplies.CODES) {
      for (int i = 0; i < SAMPLES; i++) {
        JsonNode fields = smallCounts(ReferenceCodec.sampleResponse(code, random));
        if (code == 202) {
          ((ObjectNode) fields).put("topics_count", 0);
        }
        byte[] frame = ReferenceCodec.encodeResponse(code, 0, fields);

        JsonNode decoded = SdkReplies.decode(code, withoutHeader(frame));

        assertThat(sameShape(decoded, fields))
            .describedAs("code %d, seed %d", code, seed)
            .isEqualTo(fields);
      }
    }
  }

  @Test
  void brokerDecodesWhatTheReferenceEncodes() throws Exception {
    System.out.println("seed " + seed);
    Set<Integer> codes = new HashSet<>();
    requests().forEach(vector -> codes.add(vector.code()));
    for (int code : codes) {
      for (int i = 0; i < SAMPLES; i++) {
        JsonNode fields = zeroUnusedValue(ReferenceCodec.sampleRequest(code, random));
        byte[] frame = ReferenceCodec.encodeRequest(code, fields);

        JsonNode decoded = brokerDecode(code, withoutHeader(frame));

        assertThat(decoded)
            .describedAs("code %d, seed %d", code, seed)
            .isEqualTo(withKeyHash(fields));
      }
    }
  }

  @Test
  void brokerEncodesWhatTheReferenceEncodes() {
    System.out.println("seed " + seed);
    for (int code : BrokerReplies.CODES) {
      for (int i = 0; i < SAMPLES; i++) {
        JsonNode fields = ReferenceCodec.sampleResponse(code, random);
        if (code == 202) {
          ((ObjectNode) fields).put("topics_count", 0);
        }
        if (code == 10) {
          ((ObjectNode) fields).putArray("cache_metrics");
        }
        if (code == 12) {
          JsonNode node = ReferenceCodec.sampleResponse(code, random).path("nodes").path(0);
          if (!node.isObject()) {
            continue;
          }
          ((ObjectNode) node).put("role", 0).put("status", 0);
          ((ObjectNode) fields).putArray("nodes").add(node);
        }

        byte[] frame = brokerEncode(code, 0, fields);

        assertThat(frame)
            .describedAs("code %d, seed %d: %s", code, seed, fields)
            .isEqualTo(ReferenceCodec.encodeResponse(code, 0, fields));
      }
    }
  }

  @Test
  void brokerRefusesEveryCutRequestAndUnknownCodes() throws Exception {
    Set<Integer> statuses = Set.of(3, 4, 6, 4009, 4033, 4036);
    for (Vector vector : (Iterable<Vector>) requests()::iterator) {
      byte[] payload = vector.payload();
      for (int length = 0; length < payload.length; length++) {
        byte[] cut = Arrays.copyOf(payload, length);

        assertThatThrownBy(() -> brokerDecode(vector.code(), cut))
            .describedAs("%s cut to %d bytes", vector, length)
            .isInstanceOfSatisfying(
                Refusal.class, refusal -> assertThat(refusal.status()).isIn(statuses));
      }
    }

    assertThatThrownBy(() -> brokerDecode(UNKNOWN_CODE, new byte[0]))
        .isInstanceOfSatisfying(
            Refusal.class, refusal -> assertThat(refusal.status()).isEqualTo(3));
  }

  @Test
  void namedConsumersAreKeyedByTheirHash() throws Exception {
    Vector vector = requests().filter(v -> v.name().equals("poll_messages_offset")).findAny().get();

    Request.Poll poll =
        (Request.Poll)
            ClassicDialect.decode(vector.code(), Unpooled.wrappedBuffer(vector.payload()));

    assertThat(Integer.toUnsignedLong(poll.consumer().key())).isEqualTo(1795796488L);
  }

  private static JsonNode brokerDecode(int code, byte[] payload) throws Refusal {
    ByteBuf in = Unpooled.wrappedBuffer(payload);
    try {
      return BrokerRequests.fields(ClassicDialect.decode(code, in));
    } finally {
      in.release();
    }
  }

  private static byte[] brokerEncode(int code, int status, JsonNode fields) {
    CompositeByteBuf frame = Unpooled.compositeBuffer();
    try {
      ClassicDialect.encode(
              BrokerReplies.of(code, status, fields), UnpooledByteBufAllocator.DEFAULT)
          .forEach(part -> frame.addComponent(true, part));
      return ByteBufUtil.getBytes(frame);
    } finally {
      frame.release();
    }
  }

  /** The broker keeps a key's hash only; 6.4 gives the one of the vectors' key. */
  private static JsonNode withKeyHash(JsonNode fields) {
    JsonNode partitioning = fields.path("partitioning");
    if (!partitioning.has("value_hex")) {
      return fields;
    }
    ObjectNode copy = fields.deepCopy();
    byte[] key = Product.hex(partitioning, "value_hex");
    boolean known = new String(key, java.nio.charset.StandardCharsets.UTF_8).equals("user-1");
    long hash = known ? 2755638957L : Integer.toUnsignedLong(XxHash32.hash(key, 0, key.length));
    copy.putObject("partitioning").put("kind", "messages_key").put("hash", hash);
    return ReferenceCodec.plain(copy);
  }

  /** Strategies without a value: the SDK writes 0, as it must. */
  private static JsonNode zeroUnusedValue(JsonNode fields) {
    JsonNode kind = fields.path("strategy").path("kind");
    if (Set.of("first", "last", "next").contains(kind.asText())) {
      ((ObjectNode) fields.get("strategy")).put("value", 0);
    }
    return fields;
  }

  /** In lists the counts announce nothing that follows; they need not fit a Java array's size. */
  private static JsonNode smallCounts(JsonNode fields) {
    for (JsonNode item : fields.isObject() ? fields.findParents("created_at") : fields) {
      halve((ObjectNode) item, "topics_count");
      halve((ObjectNode) item, "partitions_count");
    }
    for (JsonNode item : fields.path("groups")) {
      halve((ObjectNode) item, "partitions_count");
      halve((ObjectNode) item, "members_count");
    }
    if (fields.has("members")) {
      halve((ObjectNode) fields, "partitions_count");
    }
    return ReferenceCodec.plain(fields);
  }

  private static void halve(ObjectNode item, String member) {
    if (item.has(member)) {
      item.put(member, item.get(member).longValue() & Integer.MAX_VALUE);
    }
  }

  /** Answers to creations may lack the empty list that the SDK's value always has. */
  private static JsonNode sameShape(JsonNode decoded, JsonNode expected) {
    if (decoded.path("members").isEmpty() && !expected.has("members")) {
      ((ObjectNode) decoded).remove("members");
    }
    return ReferenceCodec.plain(decoded);
  }

  private static byte[] withoutHeader(byte[] frame) {
    return Arrays.copyOfRange(frame, HEADER_BYTES, frame.length);
  }
}

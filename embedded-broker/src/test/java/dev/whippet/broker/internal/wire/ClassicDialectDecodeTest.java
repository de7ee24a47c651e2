package dev.whippet.broker.internal.wire;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.broker.internal.command.Request;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Status;
import dev.whippet.internal.wire.XxHash32;
import dev.whippet.testkit.WireVector;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

final class ClassicDialectDecodeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int MARGIN_BYTES = 300;
  private static final int FUZZ_ROUNDS = 60_000;
  private static final int FUZZ_BYTES_MAX = 400;

  /** A request that a stock server refused: transcripts, step by step. */
  record Refused(String scenario, int step, int status, byte[] frame) {
    @Override
    public String toString() {
      return scenario + " " + step + " -> " + status;
    }
  }

  static Stream<WireVector> vectors() {
    return WireVector.all().stream().filter(vector -> vector.request && !vector.malformed);
  }

  static Stream<WireVector> malformedVectors() {
    return WireVector.all().stream().filter(vector -> vector.malformed);
  }

  static Stream<Refused> refusedByAStockServer() throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                ClassicDialectDecodeTest.class.getResourceAsStream("refused-requests.tsv"),
                StandardCharsets.UTF_8))) {
      List<Refused> rows =
          in.lines()
              .filter(line -> !line.startsWith("#"))
              .map(line -> line.split("\t"))
              .map(ClassicDialectDecodeTest::refused)
              .toList();
      assertThat(rows).hasSizeGreaterThan(100);
      return rows.stream();
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void everyVectorIsDecodedToItsFields(WireVector vector) throws Exception {
    ByteBuf payload = buffer(vector.payload());

    Request request = ClassicDialect.decode(vector.code, payload);

    assertThat(texts(RequestFields.of(request))).isEqualTo(texts(expected(vector)));
    release(request);
    assertThat(payload.refCnt()).isOne();
    payload.release();
  }

  @Test
  void everyCommandHasAVector() throws Exception {
    List<Integer> withVector = vectors().map(vector -> vector.code).toList();

    for (Field field : Command.class.getFields()) {
      int code = field.getInt(null);
      if (Commands.known(code)) {
        assertThat(withVector).as(field.getName()).contains(code);
      } else {
        assertThat(status(code, new byte[100])).as(field.getName()).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("malformedVectors")
  void everyMalformedVectorGetsItsStatus(WireVector vector) {
    assertThat(answer(vector.frame())).isEqualTo(vector.expectStatus);
  }

  @ParameterizedTest
  @MethodSource("refusedByAStockServer")
  void whatAStockServerRefusedIsRefusedWithTheSameStatus(Refused refused) {
    assertThat(answer(refused.frame())).isEqualTo(refused.status());
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void aPayloadCutAnywhereIsRefused(WireVector vector) {
    byte[] payload = vector.payload();

    for (int length = 0; length < payload.length; length++) {
      int exact = status(vector.code, buffer(Arrays.copyOf(payload, length)));
      ByteBuf tempting = buffer(payload);
      tempting.writerIndex(tempting.readerIndex() + length);
      int missingBytesRightBehind = status(vector.code, tempting);

      assertThat(exact).as("cut at %s", length).isNotEqualTo(Status.OK);
      assertThat(missingBytesRightBehind).as("cut at %s", length).isEqualTo(exact);
    }
  }

  @ParameterizedTest
  @MethodSource("vectors")
  void bytesAfterTheLastFieldAreIgnoredUnlessTheyBelongToABatch(WireVector vector) {
    byte[] longer = Arrays.copyOf(vector.payload(), vector.payload().length + 4);
    boolean batch = vector.code == Command.SEND_MESSAGES || vector.code == Command.PUBLISH;

    assertThat(status(vector.code, longer)).isEqualTo(batch ? 4036 : Status.OK);
  }

  @Test
  void randomAndDamagedPayloadsEndInARequestOrARefusal() {
    long seed = Long.getLong("whippet.seed", 1);
    System.out.println("ClassicDialectDecodeTest seed " + seed);
    Random random = new Random(seed);
    List<WireVector> vectors = vectors().toList();

    for (int round = 0; round < FUZZ_ROUNDS; round++) {
      WireVector vector = vectors.get(random.nextInt(vectors.size()));
      byte[] payload = round % 2 == 0 ? noise(random) : damaged(vector.payload(), random);
      try {
        status(vector.code, payload);
      } catch (RuntimeException e) {
        fail("seed " + seed + ", round " + round + ", " + vector, e);
      }
    }
  }

  @Test
  void theBatchIsPartOfThePayloadAndOutlivesTheCallersReference() throws Exception {
    WireVector vector = vector("send_messages_balanced_two_with_headers");
    ByteBuf payload = buffer(vector.payload());

    Request.SendMessages request =
        (Request.SendMessages) ClassicDialect.decode(vector.code, payload);

    ByteBuf records = request.batch().records();
    assertThat(request.batch().count()).isEqualTo(2);
    assertThat(records.readableBytes()).isEqualTo(222);
    assertThat(payload.refCnt()).isEqualTo(2);
    payload.setByte(payload.writerIndex() - 1, 0x55);
    assertThat(records.getByte(records.writerIndex() - 1)).isEqualTo((byte) 0x55);
    payload.release();
    assertThat(records.getByte(records.readerIndex())).isZero();
    request.batch().release();
    assertThat(payload.refCnt()).isZero();
  }

  /** Two faults at once: the earlier check of iggy-classic.md 3.3 decides. */
  @ParameterizedTest
  @CsvSource({
    // partitions 1001, compression 9: the catalog answers 2015
    "302, 020173e9030000090000000000000000000000000000000000" + "0174, 0",
    "302, 020173e8030000090000000000000000000000000000000000" + "0174, 3",
    // user name of 2 bytes, status 9: the users answer 43
    "33, 026161" + "06736563726574" + "0900, 0",
    "33, 03616161" + "027373" + "0900, 0",
    "33, 03616161" + "06736563726574" + "0900, 3",
    "35, 020161" + "01026262" + "0109, 0",
    "35, 020161" + "00" + "0109, 3"
  })
  void ofTwoFaultsTheFirstCheckedDecides(int code, String payload, int status) {
    assertThat(status(code, HexFormat.of().parseHex(payload))).isEqualTo(status);
  }

  @Test
  void namesAreHashedToOffsetKeysAndGroupsAreNot() throws Exception {
    byte[] rest = HexFormat.of().parseHex("0201730201740000000000");
    byte[] named = concat(HexFormat.of().parseHex("01020762696c6c696e67"), rest);
    byte[] group = concat(HexFormat.of().parseHex("02020762696c6c696e67"), rest);

    var consumer = ((Request.GetConsumerOffset) decode(120, named)).consumer();
    var member = ((Request.GetConsumerOffset) decode(120, group)).consumer();

    assertThat(Integer.toUnsignedLong(consumer.key())).isEqualTo(1795796488L);
    assertThat(consumer.group()).isFalse();
    assertThat(member.key()).isZero();
    assertThat(member.group()).isTrue();
  }

  @Test
  void onlyOneIsPresentAndAnythingButZeroIsTrue() throws Exception {
    String poll = "010104010000000201730201740%s05000000030000000000000000010000000%s";

    var absent = (Request.Poll) decode(100, HexFormat.of().parseHex(String.format(poll, "2", "2")));
    var present =
        (Request.Poll) decode(100, HexFormat.of().parseHex(String.format(poll, "1", "0")));

    assertThat(absent.partition()).isEmpty();
    assertThat(absent.autoCommit()).isTrue();
    assertThat(present.partition()).hasValue(5);
    assertThat(present.autoCommit()).isFalse();
  }

  @Test
  void permissionFlagsBecomeZeroOrOne() throws Exception {
    String block = "ff000000000000000002" + "01" + "07000000" + "800000000000" + "00" + "05";
    byte[] payload = HexFormat.of().parseHex("020161" + "01" + "17000000" + block);

    var request = (Request.UpdatePermissions) decode(36, payload);

    assertThat(HexFormat.of().formatHex(request.permissions().encoded()))
        .isEqualTo("01000000000000000001" + "01" + "07000000" + "010000000000" + "00" + "00");
  }

  @Test
  void aRefusalHasAStatusAndNoStackTrace() {
    assertThatThrownBy(() -> decode(9999, new byte[0]))
        .isInstanceOfSatisfying(
            Refusal.class,
            refusal -> {
              assertThat(refusal.status()).isEqualTo(3);
              assertThat(refusal.getStackTrace()).isEmpty();
            });
  }

  // --- helpers ----------------------------------------------------------------------------------

  private static Refused refused(String[] row) {
    return new Refused(
        row[0],
        Integer.parseInt(row[1]),
        Integer.parseInt(row[2]),
        HexFormat.of().parseHex(row[3]));
  }

  private static WireVector vector(String name) {
    return vectors().filter(vector -> vector.name.equals(name)).findFirst().orElseThrow();
  }

  /** The status for a whole frame, as a connection would find it. */
  private static int answer(byte[] frame) {
    ByteBuf in = Unpooled.wrappedBuffer(frame);
    long payloadLength = in.readUnsignedIntLE() - Integer.BYTES;
    int code = in.readIntLE();
    Admission admission = Admission.of(code, payloadLength, true);
    if (admission.action() != Admission.Action.TAKE) {
      return admission.status();
    }
    return status(code, Arrays.copyOfRange(frame, 8, frame.length));
  }

  /** 0 for a request. Anything but a refusal is a fault of the decoder. */
  private static int status(int code, byte[] bytes) {
    return status(code, buffer(bytes));
  }

  private static int status(int code, ByteBuf payload) {
    try {
      release(ClassicDialect.decode(code, payload));
      return Status.OK;
    } catch (Refusal refusal) {
      assertThat(refusal.status()).isNotEqualTo(Status.OK);
      return refusal.status();
    } finally {
      assertThat(payload.refCnt()).isOne();
      payload.release();
    }
  }

  private static Request decode(int code, byte[] bytes) throws Refusal {
    ByteBuf payload = buffer(bytes);
    try {
      return ClassicDialect.decode(code, payload);
    } finally {
      payload.release();
    }
  }

  /**
   * The bytes at the end of a buffer, behind others: whoever reads beyond them gets an
   * IndexOutOfBoundsException. Not tracked by the leak detector, which would take seconds; tests
   * look at the reference count.
   */
  private static ByteBuf buffer(byte[] bytes) {
    byte[] all = new byte[MARGIN_BYTES + bytes.length];
    Arrays.fill(all, 0, MARGIN_BYTES, (byte) 0xFF);
    System.arraycopy(bytes, 0, all, MARGIN_BYTES, bytes.length);
    return Unpooled.wrappedBuffer(all).readerIndex(MARGIN_BYTES);
  }

  private static void release(Request request) {
    if (request instanceof Request.SendMessages send) {
      send.batch().release();
    } else if (request instanceof Request.Publish publish) {
      publish.batch().release();
    }
  }

  private static byte[] noise(Random random) {
    byte[] payload = new byte[random.nextInt(FUZZ_BYTES_MAX)];
    random.nextBytes(payload);
    return payload;
  }

  private static byte[] damaged(byte[] payload, Random random) {
    for (int i = random.nextInt(4); i >= 0 && payload.length > 0; i--) {
      payload[random.nextInt(payload.length)] = (byte) random.nextInt();
    }
    return payload;
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  /** The vector's fields; a key is replaced by its hash, which is what a request holds. */
  private static JsonNode expected(WireVector vector) {
    JsonNode fields = vector.fields.deepCopy();
    if (fields.path("partitioning").has("value_hex")) {
      ObjectNode partitioning = (ObjectNode) fields.get("partitioning");
      byte[] key = WireVector.bytes(partitioning.remove("value_hex").textValue());
      partitioning.put("hash", XxHash32.hash(key, 0, key.length));
    }
    return fields;
  }

  /** Numbers as texts, so that 1 and "1" are equal. */
  private static JsonNode texts(JsonNode node) {
    if (node.isNumber()) {
      return JSON.getNodeFactory().textNode(node.asText());
    }
    if (node.isArray()) {
      ArrayNode list = JSON.createArrayNode();
      node.forEach(element -> list.add(texts(element)));
      return list;
    }
    if (node.isObject()) {
      ObjectNode fields = JSON.createObjectNode();
      node.properties().forEach(field -> fields.set(field.getKey(), texts(field.getValue())));
      return fields;
    }
    return node;
  }
}

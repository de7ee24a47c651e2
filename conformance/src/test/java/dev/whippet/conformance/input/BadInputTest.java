package dev.whippet.conformance.input;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.whippet.conformance.codec.ReferenceCodec;
import dev.whippet.conformance.codec.Vector;
import dev.whippet.conformance.server.BrokerUnderTest;
import dev.whippet.conformance.wire.Answer;
import dev.whippet.conformance.wire.TcpConnection;
import dev.whippet.conformance.wire.WireConnection;
import dev.whippet.conformance.wire.WireTransport;
import dev.whippet.conformance.wire.WsConnection;
import dev.whippet.conformance.wire.WsFrame;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Peers that are broken or hostile: each gets the status of iggy-classic.md 1.5 or the end of its
 * connection, none hangs or takes memory, and a witness on another connection does not notice.
 */
class BadInputTest {
  private static final int TIMEOUT_MILLIS = 10_000;
  private static final int GLANCE_MILLIS = 20;
  private static final int PING = 1;
  private static final int LOGIN = 38;
  private static final int SEND = 101;
  private static final int CONTROL_PAYLOAD_BYTES_MAX = 10 << 20;
  private static final Set<Integer> BEFORE_LOGIN = Set.of(PING, LOGIN, 44);

  private final long seed = Long.getLong("whippet.seed", 1);
  private final Random random = new Random(seed);
  private BrokerUnderTest broker;
  private WireConnection witness;

  @BeforeEach
  void start() throws Exception {
    System.out.println("seed " + seed);
    broker = BrokerUnderTest.start();
    witness = open(WireTransport.TCP);
    assertThat(login(witness, "iggy", "iggy").status()).isZero();
  }

  @AfterEach
  void stop() throws IOException {
    witnessIsFine();
    witness.close();
    broker.close();
  }

  @ParameterizedTest
  @EnumSource
  void randomBytesNeverHangTheBroker(WireTransport transport) throws IOException {
    for (int round = 0; round < 100; round++) {
      byte[] noise = new byte[1 + random.nextInt(4096)];
      random.nextBytes(noise);
      try (WireConnection connection = open(transport)) {
        connection.send(noise);
        Answer answer = connection.receive(GLANCE_MILLIS);

        boolean sane = !answer.isResponse() || answer.status() != 0;
        assertThat(sane).describedAs("seed %d, round %d: %s", seed, round, answer).isTrue();
      }
    }

    witnessIsFine();
  }

  @Test
  void randomFramesOverWebSocketEndInACloseOrSilence() throws IOException {
    for (int round = 0; round < 100; round++) {
      try (WsConnection connection = WsConnection.open(broker.address())) {
        List<WsFrame> frames = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
          byte[] payload = new byte[random.nextInt(200)];
          random.nextBytes(payload);
          frames.add(
              new WsFrame(
                  random.nextInt(16),
                  payload,
                  random.nextBoolean(),
                  random.nextInt(8) == 0 ? random.nextInt(8) : 0,
                  random.nextInt(8) != 0,
                  -1));
        }
        connection.sendFrames(frames);
        Answer answer = connection.receive(GLANCE_MILLIS);

        boolean sane = !answer.isResponse() || answer.status() != 0;
        assertThat(sane).describedAs("seed %d, round %d: %s", seed, round, answer).isTrue();
      }
    }

    witnessIsFine();
  }

  @ParameterizedTest
  @EnumSource
  void halfFramesAreForgottenWithTheirConnection(WireTransport transport) throws IOException {
    byte[] create = ReferenceCodec.encodeRequest(202, object().put("name", "half"));
    for (int length = 1; length < create.length; length++) {
      try (WireConnection connection = open(transport)) {
        login(connection, "iggy", "iggy");
        connection.send(Arrays.copyOf(create, length));
        assertThat(connection.silentFor(1)).isTrue();
      }
    }

    ObjectNode stream = object();
    stream.putObject("stream_id").put("kind", "string").put("value", "half");
    Answer answer = ask(witness, 200, stream);
    assertThat(answer.status()).isZero();
    assertThat(answer.payload()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource
  void bytesOneByOneAreAsGoodAsAFrame(WireTransport transport) throws IOException {
    byte[] frame = ReferenceCodec.encodeRequest(LOGIN, credentials("iggy", "iggy"));
    try (WireConnection connection = open(transport)) {
      for (byte single : frame) {
        connection.send(new byte[] {single});
      }

      assertThat(connection.receive(TIMEOUT_MILLIS).status()).isZero();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {PING, LOGIN, 20, 101, 202, 9999})
  void oversizedFramesBeforeLoginAreRefused(int code) throws IOException {
    try (WireConnection connection = open(WireTransport.TCP)) {
      connection.send(header(0xFFFF_FFFF, code));
      Answer answer = connection.receive(2_000);

      boolean refused = !answer.isResponse() || Set.of(3, 40).contains(answer.status());
      assertThat(refused).describedAs("%s", answer).isTrue();
      assertThat(connection.silentFor(GLANCE_MILLIS) || connection.closedWithin(1)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {PING, 20, 101, 202})
  void oversizedFramesAfterLoginAreRefused(int code) throws IOException {
    try (WireConnection connection = open(WireTransport.TCP)) {
      login(connection, "iggy", "iggy");
      connection.send(header(0xFFFF_FFFF, code));
      Answer answer = connection.receive(2_000);

      boolean refused = !answer.isResponse() || answer.status() == 3 || answer.status() == 4022;
      assertThat(refused).describedAs("%s", answer).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource
  void framesShorterThanACodeGetStatus3(WireTransport transport) throws IOException {
    try (WireConnection connection = open(transport)) {
      for (int length = 1; length < 4; length++) {
        connection.send(header(length, PING));

        assertThat(connection.receive(TIMEOUT_MILLIS).status()).isEqualTo(3);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void unknownCodesGetStatus3AndStayInStep(WireTransport transport) throws IOException {
    Set<Integer> known = codes();
    try (WireConnection connection = open(transport)) {
      for (int round = 0; round < 200; round++) {
        int code = round < 100 ? random.nextInt(1000) : random.nextInt();
        if (!known.contains(code) && code >>> 16 != 0x5748) {
          byte[] payload = new byte[random.nextInt(100)];
          connection.send(concat(header(4 + payload.length, code), payload));

          Answer answer = connection.receive(TIMEOUT_MILLIS);
          assertThat(answer.status()).describedAs("code %d", code).isEqualTo(3);
        }
      }
      assertThat(ask(connection, PING, object()).status()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void wrongCredentialsGetTheirStatus(WireTransport transport) throws IOException {
    try (WireConnection connection = open(transport)) {
      assertThat(login(connection, "iggy", "wrong").status()).isEqualTo(42);
      assertThat(login(connection, "nobody", "iggy").status()).isEqualTo(42);
      assertThat(login(connection, "ab", "iggy").status()).isEqualTo(43);
      assertThat(login(connection, "x".repeat(51), "iggy").status()).isEqualTo(43);
      assertThat(login(connection, "iggy", "ab").status()).isEqualTo(44);
      assertThat(login(connection, "iggy", "y".repeat(101)).status()).isEqualTo(44);
      assertThat(ask(connection, 20, object()).status()).isEqualTo(40);
      assertThat(login(connection, "iggy", "iggy").status()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void everyCommandBeforeLoginGetsStatus40AndStaysInStep(WireTransport transport)
      throws IOException {
    try (WireConnection connection = open(transport)) {
      for (int code : codes()) {
        if (!BEFORE_LOGIN.contains(code)) {
          byte[] frame =
              ReferenceCodec.encodeRequest(code, ReferenceCodec.sampleRequest(code, random));
          Answer answer = connection.ask(frame, TIMEOUT_MILLIS);

          assertThat(answer.status()).describedAs("code %d, seed %d", code, seed).isEqualTo(40);
          assertThat(ask(connection, PING, object()).status()).isZero();
        }
      }
    }
  }

  @Test
  void aNewerGenerationIsTurnedAway() throws IOException {
    try (WireConnection connection = open(WireTransport.TCP)) {
      connection.send(new byte[64]);

      assertThat(connection.closedWithin(TIMEOUT_MILLIS)).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Version: 8\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
        "GET  BROKEN\r\n\r\n"
      })
  void wrongUpgradesAreAnsweredAndClosed(String request) throws IOException {
    try (TcpConnection connection = new TcpConnection(broker.address())) {
      connection.send(request.getBytes(StandardCharsets.US_ASCII));

      String answer = connection.receiveText(TIMEOUT_MILLIS);
      assertThat(answer).startsWith("HTTP/1.1 4");
      assertThat(connection.closedWithin(TIMEOUT_MILLIS)).isTrue();
    }
  }

  @Test
  void anEndlessHandshakeIsCutOff() throws IOException {
    try (TcpConnection connection = new TcpConnection(broker.address())) {
      connection.send("GET / HTTP/1.1\r\nHost: ".getBytes(StandardCharsets.US_ASCII));
      byte[] more = "x".repeat(1024).getBytes(StandardCharsets.US_ASCII);
      boolean open = true;
      for (int i = 0; i < 1024 && open; i++) {
        open = connection.send(more);
      }

      connection.receiveText(TIMEOUT_MILLIS);
      assertThat(connection.closedWithin(TIMEOUT_MILLIS)).isTrue();
    }
  }

  @Test
  void tenThousandPipelinedPingsAreAllAnswered() throws IOException {
    int count = 10_000;
    byte[] ping = ReferenceCodec.encodeRequest(PING, object());
    ByteBuffer all = ByteBuffer.allocate(count * ping.length);
    for (int i = 0; i < count; i++) {
      all.put(ping);
    }
    try (WireConnection connection = open(WireTransport.TCP)) {
      connection.send(all.array());

      for (int i = 0; i < count; i++) {
        Answer answer = connection.receive(TIMEOUT_MILLIS);
        assertThat(answer.isResponse() && answer.status() == 0).describedAs("%d", i).isTrue();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {20, 44, 101, 202})
  void strangersTakeNoMemory(int code) throws IOException {
    int strangers = 32;
    byte[] most = new byte[4 << 20];
    DirectMemory memory = new DirectMemory();
    List<WireConnection> connections = new ArrayList<>();
    try {
      for (int i = 0; i < strangers; i++) {
        WireConnection connection = open(WireTransport.TCP);
        connections.add(connection);
        connection.send(header(4 + CONTROL_PAYLOAD_BYTES_MAX, code));
        connection.send(most);
      }
      witnessIsFine();

      assertThat(memory.growthBytes())
          .describedAs("for %d connections that sent %d bytes each", strangers, most.length)
          .isLessThan((long) strangers * most.length / 2); // the pool grows by whole chunks
    } finally {
      for (WireConnection connection : connections) {
        connection.close();
      }
    }
  }

  private void witnessIsFine() {
    assertThat(ask(witness, PING, object()).isResponse()).isTrue();
    Answer me = ask(witness, 20, object());
    assertThat(me.isResponse()).isTrue();
    assertThat(me.status()).isZero();
  }

  private WireConnection open(WireTransport transport) throws IOException {
    return WireConnection.open(transport, broker.address());
  }

  private static Answer login(WireConnection connection, String user, String password) {
    return ask(connection, LOGIN, credentials(user, password));
  }

  private static ObjectNode credentials(String user, String password) {
    return object()
        .put("username", user)
        .put("password", password)
        .putNull("version")
        .putNull("context");
  }

  private static Answer ask(WireConnection connection, int code, ObjectNode fields) {
    return connection.ask(ReferenceCodec.encodeRequest(code, fields), TIMEOUT_MILLIS);
  }

  private static Set<Integer> codes() throws IOException {
    Set<Integer> codes = new TreeSet<>();
    for (Vector vector : Vector.all()) {
      if (vector.request() && !vector.malformed()) {
        codes.add(vector.code());
      }
    }
    codes.add(SEND);
    return codes;
  }

  private static byte[] header(int length, int code) {
    ByteBuffer header = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN);
    return header.putInt(length).putInt(code).array();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static ObjectNode object() {
    return JsonNodeFactory.instance.objectNode();
  }
}

package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.file.AlignedBuffers;
import dev.whippet.broker.internal.net.WireClient.Wire;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What becomes of bytes on every transport, over TCP and WebSocket. */
abstract class RequestsContract extends ListenerSuite {

  /** As {@link #SMALL}, with memory for what a ring brings after reading was turned off. */
  private static final NetLimits ROOMY =
      new NetLimits(20 << 20, 1 << 20, 8, 64 << 10, 100, SMALL.times());

  // --- requests ----------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void answersByteByByte(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    Requests.ping(requests);
    login(requests);
    int checksum = send(requests, 300, 1);
    Requests.ping(requests);
    Buffer bytes = client.framed(requests);

    while (!bytes.exhausted()) {
      socketWrite(client, bytes, 1);
    }

    assertThat(client.status()).isZero();
    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(checksum);
    assertThat(client.status()).isZero();
  }

  @ParameterizedTest
  @EnumSource
  void answersPipelinedRequests(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    for (int i = 0; i < 50; i++) {
      Requests.ping(requests);
    }

    client.send(requests);

    for (int i = 0; i < 50; i++) {
      assertThat(client.status()).isZero();
    }
  }

  @ParameterizedTest
  @EnumSource
  void answersHoweverTheBytesAreCut(Wire wire) throws Exception {
    long seed = Long.getLong("whippet.seed", 6);
    System.out.println("answersHoweverTheBytesAreCut seed " + seed);
    Random random = new Random(seed);
    WireClient client = start(ROOMY, wire);
    Buffer bytes = new Buffer();
    List<Integer> expected = new ArrayList<>();
    Buffer first = new Buffer();
    login(first);
    expected.add(0);
    bytes.writeAll(client.framed(first));
    for (int i = 0; i < 300; i++) {
      Buffer requests = new Buffer();
      for (int k = random.nextInt(4); k >= 0; k--) {
        expected.add(randomRequest(requests, random));
      }
      bytes.writeAll(client.framed(requests));
    }

    Thread reader = Thread.currentThread();
    Thread sender =
        new Thread(
            () -> {
              try {
                while (!bytes.exhausted()) {
                  socketWrite(client, bytes, 1 + random.nextInt(random.nextInt(20_000) + 1));
                }
              } catch (IOException e) {
                reader.interrupt();
              }
            });
    sender.start();

    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      statuses.add(client.status());
    }
    sender.join();
    assertThat(statuses).isEqualTo(expected);
    assertThat(peak()).isLessThanOrEqualTo(bound(ROOMY));
  }

  private static int randomRequest(Buffer out, Random random) {
    switch (random.nextInt(4)) {
      case 0:
        Requests.ping(out);
        return 0;
      case 1:
        frame(out, 4711, random.nextInt(3000));
        return 3;
      case 2:
        frame(out, Command.PING, random.nextInt(3000));
        return 0;
      default:
        return send(out, random.nextInt(30_000), random.nextLong());
    }
  }

  @ParameterizedTest
  @EnumSource
  void carriesALargePayload(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    login(requests);
    int checksum = send(requests, 40_000_000, 2);

    client.send(requests);

    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(checksum);
  }

  @ParameterizedTest
  @EnumSource
  void aLargePayloadTakesMemoryAsItComes(Wire wire) throws Exception {
    WireClient client = loggedIn(NetLimits.DEFAULT, wire);
    Buffer request = new Buffer();
    int checksum = send(request, 40_000_000, 5);
    Buffer bytes = client.framed(request);
    AlignedBuffers buffers = loops.loop(0).buffers();

    socketWrite(client, bytes, 100_000);
    await().until(() -> loops.loop(0).memory().requestsBytes() > 40_000_000); // counted in full
    await().until(() -> buffers.heldBytes() > 0);
    assertThat(buffers.heldBytes()).isLessThan(5 << 20);
    socketWrite(client, bytes, 3_000_000);
    await().until(() -> buffers.heldBytes() > 40_000_000);
    client.sendRaw(bytes);

    assertThat(client.status()).isEqualTo(checksum);
  }

  @ParameterizedTest
  @EnumSource
  void carriesALargeReply(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    handler.bigReplyBytes = 20_000_000;
    Buffer requests = new Buffer();
    Requests.getStreams(requests);
    Requests.ping(requests);

    client.send(requests);

    assertThat(client.reply().payload().size()).isEqualTo(20_000_016);
    assertThat(client.status()).isZero();
    if (wire == Wire.WEBSOCKET) {
      assertThat(client.messages()).as("one reply, one message").hasSize(2);
    }
  }

  // --- order -------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void repliesKeepTheOrderOfTheRequests(Wire wire) throws Exception {
    WireClient client = loggedIn(NetLimits.DEFAULT, wire);
    handler.holdSends = true;
    Buffer requests = new Buffer();
    for (int i = 0; i < 5; i++) {
      send(requests, 100, i);
    }
    client.send(requests);
    await().until(() -> handler.held.size() == 5);

    for (int i = 4; i >= 0; i--) {
      answer(handler.held.get(i), new Reply.Failure(5000 + i));
    }

    for (int i = 0; i < 5; i++) {
      assertThat(client.status()).isEqualTo(5000 + i);
    }
  }

  @ParameterizedTest
  @EnumSource
  void sendsOverlapAndEverythingElseWaits(Wire wire) throws Exception {
    WireClient client = loggedIn(NetLimits.DEFAULT, wire);
    handler.holdSends = true;
    handler.started.clear();
    Buffer requests = new Buffer();
    send(requests, 10, 1);
    send(requests, 10, 2);
    Requests.getStats(requests);
    Requests.ping(requests);
    send(requests, 10, 3);
    client.send(requests);

    await().until(() -> handler.held.size() == 2);
    assertThat(handler.started).containsExactly("SendMessages", "SendMessages");
    answer(handler.held.get(1), new Reply.Failure(101));
    answer(handler.held.get(0), new Reply.Failure(100));
    await().until(() -> handler.held.size() == 3);
    assertThat(handler.started).hasSize(3).endsWith("GetStats");
    answer(handler.held.get(2), new Reply.Failure(102));
    await().until(() -> handler.held.size() == 4);
    assertThat(handler.started).endsWith("Ping", "SendMessages");
    answer(handler.held.get(3), new Reply.Failure(103));

    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      statuses.add(client.status());
    }
    assertThat(statuses).containsExactly(100, 101, 102, 0, 103);
  }

  @ParameterizedTest
  @EnumSource
  void whatFollowsALoginIsAdmittedByItsOutcome(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    handler.holdLogins = true;
    Buffer requests = new Buffer();
    login(requests);
    int checksum = send(requests, 50_000, 3);
    client.send(requests);
    await().until(() -> handler.held.size() == 1);

    answer(handler.held.get(0), null);

    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(checksum);
  }

  // --- wrong requests ----------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void refusedRequestsLeaveTheStreamInSync(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    frame(requests, 4711, 100); // unknown code
    requests.writeIntLe(2).writeIntLe(Command.PING); // length below 4
    send(requests, 1000, 4); // not logged in
    frame(requests, Command.LOGIN_USER, Limits.LOGIN_PAYLOAD_BYTES_MAX + 1);
    frame(requests, Command.LOGIN_USER, 3); // empty name
    frame(requests, Command.PING, 1 << 20); // trailing bytes
    Requests.ping(requests);

    client.send(requests);

    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      statuses.add(client.status());
    }
    assertThat(statuses).containsExactly(3, 3, 40, 3, 4, 0, 0);
  }

  @ParameterizedTest
  @EnumSource
  void anOversizedRequestIsAnsweredAndClosed(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    Requests.ping(requests);
    requests.writeIntLe(4 + Limits.CONTROL_PAYLOAD_BYTES_MAX + 1).writeIntLe(Command.LOGIN_USER);
    requests.write(new byte[300_000]);

    client.send(requests);

    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(3);
    assertThat(client.reply()).isNull();
    assertThat(peak()).isLessThan(1 << 20);
  }

  @ParameterizedTest
  @EnumSource
  void aReplyMayEndTheConnection(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    Requests.getClusterMetadata(requests);
    Requests.ping(requests);

    client.send(requests);

    assertThat(client.status()).isEqualTo(30);
    assertThat(client.reply()).isNull();
    assertThat(handler.started).containsExactly("GetClusterMetadata");
  }

  @Test
  void aHandlerThatThrowsEndsItsOwnConnection() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.TCP);
    WireClient other = connect(Wire.TCP);
    Buffer requests = new Buffer();
    Requests.createStream(requests, "s");

    client.send(requests);

    assertThat(client.status()).isEqualTo(1);
    assertThat(client.reply()).isNull();
    ping(other);
  }

  // --- first bytes -------------------------------------------------------------------------------

  @Test
  void aNewerGenerationIsClosedWithoutAByte() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.TCP);

    client.sendRaw(new Buffer().write(new byte[256]));

    assertThat(client.rest().size()).isZero();
    assertThat(handler.connected).isEmpty();
  }

  @Test
  void aWrongHandshakeGetsAnHttpAnswer() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.TCP);

    client.sendRaw(new Buffer().writeUtf8("GET / HTTP/1.1\r\nHost: x\r\n\r\n"));

    assertThat(client.rest().readUtf8()).startsWith("HTTP/1.1 4");
    assertThat(handler.connected).isEmpty();
  }

  @Test
  void tellsTransportsApart() throws Exception {
    ping(start(NetLimits.DEFAULT, Wire.WEBSOCKET));
    ping(connect(Wire.TCP));

    assertThat(handler.transports).containsExactly(4, 1);
    assertThat(handler.connected.get(1).address())
        .isEqualTo("127.0.0.1:" + clients.get(1).socket.getLocalPort());
  }

  // --- WebSocket control frames ------------------------------------------------------------------

  @Test
  void answersPingAndClose() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.WEBSOCKET);

    client.sendPing("hello");
    ping(client);
    client.sendClose(1000, "bye");
    client.rest();

    assertThat(client.pong).isEqualTo("hello");
    assertThat(client.closeCode).isEqualTo(1000);
  }

  @Test
  void aViolationIsAnsweredAfterTheRepliesBeforeIt() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.WEBSOCKET);
    Buffer requests = new Buffer();
    Requests.ping(requests);
    Requests.getStats(requests);
    Buffer bytes = client.framed(requests);
    bytes.writeByte(0x82).writeByte(0x00); // not masked
    client.sendRaw(bytes);
    await().until(() -> handler.held.size() == 1);

    answer(handler.held.get(0), new Reply.Failure(77));

    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(77);
    assertThat(client.reply()).isNull();
    assertThat(client.closeCode).isEqualTo(1002);
  }
}

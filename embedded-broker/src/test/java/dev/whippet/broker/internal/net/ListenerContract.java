package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.net.WireClient.Wire;
import dev.whippet.internal.wire.Command;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.Limits;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every transport does, over TCP and WebSocket; subclasses say which transport. */
@Timeout(60)
abstract class ListenerContract {
  private static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** 1 MiB a loop, 64 KiB unwritten; 8 requests a connection. */
  private static final NetLimits SMALL =
      new NetLimits(
          1 << 20, 1 << 20, 8, 64 << 10, 100, new NetLimits.Times(60_000, 60_000, 60_000, 300));

  /** Every wait ends within a third of a second. */
  private static final NetLimits IMPATIENT =
      new NetLimits(1 << 20, 1 << 20, 8, 64 << 10, 100, new NetLimits.Times(300, 300, 300, 300));

  @TempDir Path directory;

  private final ScriptedHandler handler = new ScriptedHandler();
  private final List<WireClient> clients = new ArrayList<>();
  private Loops loops;
  private Listener listener;

  abstract Transport.Kind kind();

  @AfterEach
  void stopAll() throws IOException {
    for (WireClient client : clients) {
      client.close();
    }
    if (listener != null) {
      for (ScriptedHandler.Held request : handler.held) {
        answer(request, new Reply.Empty());
      }
      listener.stop(5_000);
      assertThat(listener.connections()).isZero();
      assertThat(handler.disconnected).hasValue(handler.connected.size());
      for (Loop loop : loops.all()) {
        assertThat(loop.memory().heldBytes()).as("memory given back").isZero();
      }
    }
    if (loops != null) {
      loops.stop();
    }
  }

  // --- requests ---------------------------------------------------------------------------------

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
    long seed = System.nanoTime();
    System.out.println("answersHoweverTheBytesAreCut seed " + seed);
    Random random = new Random(seed);
    WireClient client = start(SMALL, wire);
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
    assertThat(peak()).isLessThanOrEqualTo(2 * SMALL.loopBytesMax());
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
  void carriesALargeReply(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    handler.bigReply = streams(17_000);
    Buffer requests = new Buffer();
    Requests.getStreams(requests);
    Requests.ping(requests);

    client.send(requests);

    assertThat(client.reply().payload().size()).isGreaterThan(4_000_000);
    assertThat(client.status()).isZero();
    if (wire == Wire.WEBSOCKET) {
      assertThat(client.messages()).as("one reply, one message").hasSize(2);
    }
  }

  // --- order ------------------------------------------------------------------------------------

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

  // --- wrong requests ---------------------------------------------------------------------------

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

  // --- first bytes ------------------------------------------------------------------------------

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

  // --- WebSocket control frames -----------------------------------------------------------------

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

  // --- bounds -----------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void aReaderThatNeverReadsIsBoundedAndHurtsNobody(Wire wire) throws Exception {
    startListener(SMALL, 1);
    handler.bigReply = streams(170); // about 50 KB
    WireClient silent = connect(wire, 4096);
    int count = 20_000; // a GB of replies
    Thread sender =
        new Thread(
            () -> {
              try {
                for (int i = 0; i < count; i++) {
                  Buffer requests = new Buffer();
                  Requests.getStreams(requests);
                  silent.send(requests);
                }
              } catch (IOException e) {
                // the test is over
              }
            });
    sender.start();

    long[] seen = {-1};
    await()
        .pollInterval(300, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              long before = seen[0];
              seen[0] = handler.bigReplies.get();
              return seen[0] > 0 && seen[0] == before; // nothing starts any more
            });

    assertThat(seen[0]).isLessThan(1000); // what the two sockets' buffers take, not a GB
    assertThat(peak()).isLessThanOrEqualTo(SMALL.loopBytesMax());
    ping(connect(wire));
    for (int i = 0; i < seen[0] + 100; i++) {
      assertThat(silent.status()).isZero(); // and goes on when read
    }
    silent.close();
    sender.join();
  }

  @ParameterizedTest
  @EnumSource
  void requestsOfALoopAreBoundedAndGoOnWhenMemoryIsGivenBack(Wire wire) throws Exception {
    startListener(SMALL, 1);
    handler.holdSends = true;
    List<WireClient> senders = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      WireClient client = login(connect(wire)); // small requests have room
      Buffer request = new Buffer();
      send(request, 300_000, i);
      client.send(request);
      senders.add(client);
    }
    await().until(() -> handler.held.size() == 2); // 600 KB of 768 KiB for large ones
    ping(connect(wire)); // needs no memory
    assertThat(handler.held).hasSize(2);

    for (int i = 0; i < 6; i++) {
      int started = i + 1;
      await().until(() -> handler.held.size() >= started);
      answer(handler.held.get(i), new Reply.Failure(900));
    }

    for (WireClient client : senders) {
      assertThat(client.status()).isEqualTo(900);
    }
    assertThat(peak()).isBetween(600_000L, 2 * SMALL.loopBytesMax());
  }

  @ParameterizedTest
  @EnumSource
  void requestsOfAConnectionAreBounded(Wire wire) throws Exception {
    WireClient client = loggedIn(SMALL, wire);
    handler.holdSends = true;
    Buffer requests = new Buffer();
    for (int i = 0; i < 20; i++) {
      send(requests, 10, i);
    }
    client.send(requests);

    await().until(() -> handler.held.size() == SMALL.connectionRequestsMax());
    ping(connect(wire)); // a turn of the loop later, still:
    assertThat(handler.held).hasSize(SMALL.connectionRequestsMax());
    for (int i = 0; i < 20; i++) {
      int started = i + 1;
      await().until(() -> handler.held.size() >= started);
      answer(handler.held.get(i), new Reply.Failure(200 + i));
    }

    for (int i = 0; i < 20; i++) {
      assertThat(client.status()).isEqualTo(200 + i);
    }
  }

  @Test
  void tooManyConnectionsAreClosedAtOnce() throws Exception {
    NetLimits two = new NetLimits(1 << 20, 1 << 20, 8, 65_536, 2, SMALL.times());
    startListener(two, 1);
    ping(connect(Wire.TCP));
    ping(connect(Wire.TCP));

    WireClient third = connect(Wire.TCP);

    assertThat(third.rest().size()).isZero();
    clients.get(0).close();
    await().until(() -> listener.connections() < 2);
    ping(connect(Wire.TCP));
  }

  @Test
  void whoStopsInTheMiddleIsClosed() throws Exception {
    startListener(IMPATIENT, 1);
    WireClient idle = login(connect(Wire.TCP));
    WireClient nothing = connect(Wire.TCP);
    WireClient halfHeader = connect(Wire.TCP);
    halfHeader.sendRaw(new Buffer().writeIntLe(4).writeByte(1));
    WireClient halfHandshake = connect(Wire.TCP);
    halfHandshake.sendRaw(new Buffer().writeUtf8("GET / HTTP/1.1\r\n"));
    WireClient halfPayload = login(connect(Wire.TCP));
    halfPayload.sendRaw(new Buffer().writeIntLe(1000).writeIntLe(101).writeByte(1));

    assertThat(nothing.rest().size()).isZero();
    assertThat(halfHeader.rest().size()).isZero();
    assertThat(halfHandshake.rest().size()).isZero();
    assertThat(halfPayload.rest().size()).isZero();

    ping(idle); // between two frames a peer may take its time
  }

  @Test
  void whoTakesNoRepliesIsClosedAfterAWhile() throws Exception {
    startListener(IMPATIENT, 1);
    handler.bigReply = streams(40_000);
    WireClient silent = connect(Wire.TCP, 4096);
    Buffer requests = new Buffer();
    Requests.getStreams(requests);
    silent.send(requests);

    await().until(() -> handler.connected.size() == 1);
    await().until(() -> handler.disconnected.get() == 1);
  }

  // --- ends -------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void aHalfClosedPeerGetsItsReplies(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    Buffer requests = new Buffer();
    Requests.ping(requests);
    Requests.getStats(requests);
    Requests.ping(requests);
    client.send(requests);
    client.socket.shutdownOutput();
    await().until(() -> handler.held.size() == 1);

    answer(handler.held.get(0), new Reply.Failure(5));

    assertThat(client.status()).isZero();
    assertThat(client.status()).isEqualTo(5);
    assertThat(client.status()).isZero();
    assertThat(client.reply()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void resetsEndOnlyTheirOwnConnection(Wire wire) throws Exception {
    WireClient other = start(NetLimits.DEFAULT, wire);
    handler.holdSends = true;
    for (int i = 0; i < 10; i++) {
      WireClient client = login(connect(wire));
      Buffer requests = new Buffer();
      send(requests, 100_000, i); // held
      Buffer half = new Buffer();
      send(half, 200_000, i);
      requests.write(half, 150_000);
      client.send(requests);
      int sent = i + 1;
      await().until(() -> handler.held.size() == sent);
      client.socket.setSoLinger(true, 0);
      client.close();
    }

    await().until(() -> handler.disconnected.get() == 10);
    ping(other);
    handler.held.forEach(request -> answer(request, new Reply.Empty())); // to nobody
  }

  @ParameterizedTest
  @EnumSource
  void stopTellsEveryPeer(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    WireClient fresh = connect(Wire.TCP);
    Buffer requests = new Buffer();
    Requests.getStats(requests); // runs: answered
    Requests.ping(requests); // waits: never starts
    client.send(requests);
    await().until(() -> handler.held.size() == 1);
    await().until(() -> listener.connections() == 2);

    Thread stop = new Thread(() -> listener.stop(20_000));
    stop.start();
    assertThat(fresh.status()).isEqualTo(8);
    answer(handler.held.get(0), new Reply.Failure(66));

    assertThat(client.status()).isEqualTo(66);
    assertThat(client.status()).isEqualTo(8);
    assertThat(client.reply()).isNull();
    assertThat(client.closeCode).isEqualTo(wire == Wire.WEBSOCKET ? 1001 : 0);
    assertThat(handler.started).containsExactly("GetStats");
    stop.join();
    assertThatThrownBy(() -> connect(Wire.TCP)).isInstanceOf(IOException.class);
  }

  @Test
  void stopCutsOffWhoIsNotDone() throws Exception {
    WireClient client = start(NetLimits.DEFAULT, Wire.TCP);
    Buffer requests = new Buffer();
    Requests.getStats(requests);
    client.send(requests);
    await().until(() -> handler.held.size() == 1);

    listener.stop(100);

    assertThat(listener.connections()).isZero();
    answer(handler.held.get(0), new Reply.Empty()); // to nobody
  }

  // --- ports and loops --------------------------------------------------------------------------

  @Test
  void fourBusyConnectionsUseBothLoops() throws Exception {
    startListener(SMALL, 2);
    for (int round = 0; round < 10; round++) {
      handler.loops.clear();
      for (int i = 0; i < 4; i++) {
        ping(connect(Wire.TCP));
      }
      assertThat(handler.loops).containsExactlyInAnyOrder(0, 0, 1, 1);
      for (WireClient client : clients) {
        client.close();
      }
      await().until(() -> listener.connections() == 0);
    }
  }

  @Test
  void aPortInUseIsTold() throws Exception {
    startListener(SMALL, 2);
    InetSocketAddress taken = listener.address();

    assertThat(taken.getPort()).isPositive();
    assertThatThrownBy(() -> Listener.bind(loops, taken, handler))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("cannot listen on 127.0.0.1:" + taken.getPort() + ": ")
        .hasMessageContaining("in use")
        .hasMessageContaining("choose another port");
    try (ServerSocket foreign = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      InetSocketAddress other = (InetSocketAddress) foreign.getLocalSocketAddress();
      assertThatThrownBy(() -> Listener.bind(loops, other, handler)).hasMessageContaining("in use");
    }
    ping(connect(Wire.TCP));
  }

  @Test
  void twoListenersShareTheLoops() throws Exception {
    startListener(SMALL, 2);
    Listener second = Listener.bind(loops, ANY_PORT, handler);
    WireClient other = keep(new WireClient(second.address(), Wire.WEBSOCKET));
    ping(other);
    ping(connect(Wire.TCP));

    second.stop(1000);

    assertThat(other.status()).isEqualTo(8);
    ping(clients.get(1));
  }

  // --- steps ------------------------------------------------------------------------------------

  private void startListener(NetLimits limits, int count) throws IOException {
    String refusal = Transport.refusal(kind());
    assumeTrue(refusal == null, refusal);
    loops = Loops.start(Transport.choose(kind().label()), count, directory, limits);
    listener = Listener.bind(loops, ANY_PORT, handler);
  }

  private WireClient start(NetLimits limits, Wire wire) throws IOException {
    startListener(limits, 1);
    return connect(wire);
  }

  private WireClient loggedIn(NetLimits limits, Wire wire) throws IOException {
    return login(start(limits, wire));
  }

  private WireClient connect(Wire wire) throws IOException {
    return connect(wire, 0);
  }

  private WireClient connect(Wire wire, int receiveBytes) throws IOException {
    return keep(new WireClient(listener.address(), wire, receiveBytes));
  }

  private WireClient keep(WireClient client) {
    clients.add(client);
    return client;
  }

  private WireClient login(WireClient client) throws IOException {
    Buffer request = new Buffer();
    login(request);
    client.send(request);
    assertThat(client.status()).isZero();
    return client;
  }

  private static void login(Buffer out) {
    Requests.login(out, "iggy", "iggy", "test", "");
  }

  private static void ping(WireClient client) throws IOException {
    Buffer request = new Buffer();
    Requests.ping(request);
    client.send(request);
    assertThat(client.status()).isZero();
  }

  /** Appends a send_messages with one message; returns the checksum of its records. */
  private static int send(Buffer out, int bytes, long seed) {
    byte[] payload = new byte[bytes + 1];
    new Random(seed).nextBytes(payload);
    MessageRecords records = new MessageRecords();
    records.add(seed, 0, 0, payload, null);
    int recordBytes = records.byteCount();
    Buffer frame = new Buffer();
    Requests.sendMessages(
        frame, Identifier.named("s"), Identifier.named("t"), Partitioning.partition(1), records);
    Buffer record = new Buffer();
    frame.copyTo(record, frame.size() - recordBytes, recordBytes);
    out.write(frame, frame.size());
    return ScriptedHandler.checksum(ByteBuffer.wrap(record.readByteArray()));
  }

  private static void frame(Buffer out, int code, int payloadBytes) {
    out.writeIntLe(4 + payloadBytes).writeIntLe(code).write(new byte[payloadBytes]);
  }

  private static Reply streams(int count) {
    String name = "x".repeat(255); // few writes: each is recorded by the leak detector
    return new Reply.Streams(Collections.nCopies(count, new Reply.Stream(1, 2, 3, 4, 5, name)));
  }

  private static void socketWrite(WireClient client, Buffer bytes, int count) throws IOException {
    Buffer piece = new Buffer();
    piece.write(bytes, Math.min(count, bytes.size()));
    client.sendRaw(piece);
  }

  /** Answers once, on this thread, which is none of the loops'. */
  private static void answer(ScriptedHandler.Held request, Reply reply) {
    try {
      request.sink().reply(reply);
    } catch (IllegalStateException e) {
      assertThat(e).hasMessageStartingWith("answered twice"); // the test did already
    }
  }

  private long peak() {
    return loops.loop(0).memory().peakBytes();
  }
}

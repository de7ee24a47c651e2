package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.net.WireClient.Wire;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.MessageRecords;
import dev.whippet.internal.wire.Partitioning;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A listener on one transport, its clients, and what must hold at the end of every test. */
@Timeout(180)
abstract class ListenerSuite {
  static final InetSocketAddress ANY_PORT =
      new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

  /** Of 2.5 MiB a loop 1 MiB for requests, 64 KiB unwritten; 8 requests a connection. */
  static final NetLimits SMALL =
      new NetLimits(
          5 << 19,
          1 << 20,
          8,
          64 << 10,
          100,
          new NetLimits.Times(60_000, 60_000, 60_000, 300, 60_000));

  @TempDir Path directory;

  final ScriptedHandler handler = new ScriptedHandler();
  final List<WireClient> clients = new ArrayList<>();
  Loops loops;
  Listener listener;

  abstract Transport.Kind kind();

  @AfterEach
  void stopAll() throws IOException {
    for (WireClient client : clients) {
      client.close();
    }
    if (listener != null) {
      handler.holdSends = false;
      answerAll();
      listener.stop(5_000);
      answerAll(); // to nobody
      assertThat(listener.connections()).isZero();
      assertThat(handler.disconnected).hasValue(handler.connected.size());
      for (Loop loop : loops.all()) {
        await("memory is given back").until(() -> loop.memory().requestsBytes() == 0);
        await("memory is given back").until(() -> loop.memory().arrivedBytes() == 0);
        await("memory is given back").until(() -> loop.memory().repliesBytes() == 0);
      }
    }
    if (loops != null) {
      loops.stop();
    }
  }

  private void answerAll() {
    for (ScriptedHandler.Held request : handler.held) {
      answer(request, new Reply.Empty());
    }
  }

  void startListener(NetLimits limits, int count) throws IOException {
    String refusal = Transport.refusal(kind());
    assumeTrue(refusal == null, refusal);
    loops = Loops.start(Transport.choose(kind().label()), count, directory, limits);
    listener = Listener.bind(loops, ANY_PORT, handler);
  }

  WireClient start(NetLimits limits, Wire wire) throws IOException {
    startListener(limits, 1);
    return connect(wire);
  }

  WireClient loggedIn(NetLimits limits, Wire wire) throws IOException {
    return login(start(limits, wire));
  }

  WireClient connect(Wire wire) throws IOException {
    return connect(wire, 0);
  }

  WireClient connect(Wire wire, int receiveBytes) throws IOException {
    return keep(new WireClient(listener.address(), wire, receiveBytes));
  }

  WireClient keep(WireClient client) {
    clients.add(client);
    return client;
  }

  WireClient login(WireClient client) throws IOException {
    Buffer request = new Buffer();
    login(request);
    client.send(request);
    assertThat(client.status()).isZero();
    return client;
  }

  static void login(Buffer out) {
    Requests.login(out, "iggy", "iggy", "test", "");
  }

  static void ping(WireClient client) throws IOException {
    Buffer request = new Buffer();
    Requests.ping(request);
    client.send(request);
    assertThat(client.status()).isZero();
  }

  /** Appends a send_messages with one message; returns the checksum of its records. */
  static int send(Buffer out, int bytes, long seed) {
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

  static void frame(Buffer out, int code, int payloadBytes) {
    out.writeIntLe(4 + payloadBytes).writeIntLe(code).write(new byte[payloadBytes]);
  }

  static void socketWrite(WireClient client, Buffer bytes, int count) throws IOException {
    Buffer piece = new Buffer();
    piece.write(bytes, Math.min(count, bytes.size()));
    client.sendRaw(piece);
  }

  /** Answers once, on this thread, which is none of the loops'. */
  static void answer(ScriptedHandler.Held request, Reply reply) {
    try {
      request.sink().reply(reply);
    } catch (IllegalStateException e) {
      assertThat(e).hasMessageStartingWith("answered twice"); // the test did already
    }
  }

  /** Of everything in flight. */
  static long bound(NetLimits limits) {
    return limits.loopBytesMax();
  }

  long peak() {
    return loops.loop(0).memory().peakBytes();
  }
}

package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.net.WireClient.Wire;
import dev.whippet.internal.wire.ConsumerId;
import dev.whippet.internal.wire.Identifier;
import dev.whippet.internal.wire.PollStrategy;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What bounds connections, how they end and where they go, on every transport. */
abstract class ConnectionsContract extends ListenerSuite {
  /** Every wait ends within a third of a second. */
  private static final NetLimits IMPATIENT =
      new NetLimits(
          5 << 19, 1 << 20, 8, 64 << 10, 100, new NetLimits.Times(300, 300, 300, 300, 60_000));

  // --- bounds ------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void aReaderThatNeverReadsIsBoundedAndHurtsNobody(Wire wire) throws Exception {
    startListener(SMALL, 1);
    handler.bigReplyBytes = 50_000;
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
  void hundredsOfPollersThatNeverReadAreBoundedAndOthersGoOn(Wire wire) throws Exception {
    NetLimits limits = new NetLimits(20 << 20, 1 << 20, 8, 64 << 10, 1000, SMALL.times());
    startListener(limits, 1);
    handler.bigReplyBytes = 100_000;
    Buffer polls = new Buffer();
    login(polls);
    for (int i = 0; i < limits.connectionRequestsMax(); i++) {
      poll(polls);
    }
    List<WireClient> silent = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      WireClient client = connect(wire, 4096);
      client.send(polls.clone());
      silent.add(client);
    }

    WireClient sender = login(connect(wire));
    Buffer request = new Buffer();
    int checksum = send(request, 300_000, 1);
    sender.send(request);
    assertThat(sender.status()).as("a sender does not wait").isEqualTo(checksum);
    WireClient reader = login(connect(wire));
    for (int i = 0; i < 20; i++) {
      Buffer poll = new Buffer();
      poll(poll);
      reader.send(poll);
      assertThat(reader.status()).as("a poller that reads gets on").isZero();
    }

    assertThat(loops.loop(0).memory().repliesBytesPeak()).isBetween(300_000L, 5L << 20);
    assertThat(peak()).isLessThanOrEqualTo(bound(limits));
    for (WireClient client : silent) {
      client.close();
    }
  }

  private static void poll(Buffer out) {
    Requests.poll(
        out,
        ConsumerId.consumer(Identifier.numeric(1)),
        Identifier.named("s"),
        Identifier.named("t"),
        0,
        PollStrategy.first(),
        10,
        false);
  }

  @ParameterizedTest
  @EnumSource
  void requestsOfALoopAreBoundedAndGoOnWhenMemoryIsGivenBack(Wire wire) throws Exception {
    startListener(SMALL, 1);
    handler.holdSends = true;
    List<WireClient> senders = new ArrayList<>();
    int count = 5; // three wait: what may have arrived for them stays below its bound
    for (int i = 0; i < count; i++) {
      WireClient client = login(connect(wire)); // small requests have room
      Buffer request = new Buffer();
      send(request, 300_000, i);
      client.send(request);
      senders.add(client);
    }
    await().until(() -> handler.held.size() == 2); // 600 KB of 768 KiB for large ones
    ping(connect(wire)); // needs no memory
    assertThat(handler.held).hasSize(2);

    for (int i = 0; i < count; i++) {
      int started = i + 1;
      await().until(() -> handler.held.size() >= started);
      answer(handler.held.get(i), new Reply.Failure(900));
    }

    for (WireClient client : senders) {
      assertThat(client.status()).isEqualTo(900);
    }
    assertThat(peak()).isBetween(600_000L, bound(SMALL));
  }

  @ParameterizedTest
  @EnumSource
  void manyBusyConnectionsShareBuffersAndMemory(Wire wire) throws Exception {
    NetLimits limits = new NetLimits(20 << 20, 1 << 20, 8, 64 << 10, 100, SMALL.times());
    startListener(limits, 2);
    ExecutorService senders = Executors.newFixedThreadPool(40);
    List<Future<Integer>> right = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      WireClient client = connect(wire);
      right.add(senders.submit(() -> sendMany(login(client))));
    }
    senders.shutdown();

    for (Future<Integer> answers : right) {
      assertThat(answers.get()).isEqualTo(10);
    }
    for (Loop loop : loops.all()) {
      assertThat(loop.memory().peakBytes()).isLessThanOrEqualTo(bound(limits));
    }
  }

  /** Pipelines a few at a time; returns how many were answered with their own checksum. */
  private static int sendMany(WireClient client) throws IOException {
    int right = 0;
    for (int round = 0; round < 2; round++) {
      Buffer requests = new Buffer();
      List<Integer> checksums = new ArrayList<>();
      for (int i = 0; i < 5; i++) {
        checksums.add(send(requests, 30_000 + 40_000 * i, client.hashCode() + i));
      }
      client.send(requests);
      for (int checksum : checksums) {
        right += client.status() == checksum ? 1 : 0;
      }
    }
    return right;
  }

  @ParameterizedTest
  @EnumSource
  void moreSendersThanMemoryAreBounded(Wire wire) throws Exception {
    startListener(SMALL, 1);
    handler.holdSends = true;
    for (int i = 0; i < 30; i++) {
      WireClient client = login(connect(wire));
      Buffer request = new Buffer();
      send(request, 250_000, i);
      new Thread(
              () -> {
                try {
                  client.send(request);
                } catch (IOException e) {
                  // dropped: too much had arrived that could not be taken
                }
              })
          .start();
    }
    await().until(() -> handler.held.size() == 3); // 750 KB of 768 KiB

    ping(login(connect(wire)));

    assertThat(handler.held).hasSize(3);
    assertThat(peak()).isBetween(750_000L, bound(SMALL));
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
    NetLimits two = new NetLimits(5 << 19, 1 << 20, 8, 65_536, 2, SMALL.times());
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
    handler.bigReplyBytes = 20_000_000;
    WireClient silent = connect(Wire.TCP, 4096);
    Buffer requests = new Buffer();
    Requests.getStreams(requests);
    silent.send(requests);

    await().until(() -> handler.connected.size() == 1);
    await().until(() -> handler.disconnected.get() == 1);
  }

  // --- ends --------------------------------------------------------------------------------------

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

  // --- ports and loops ---------------------------------------------------------------------------

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
}

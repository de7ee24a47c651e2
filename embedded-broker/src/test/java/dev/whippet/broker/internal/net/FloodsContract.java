package dev.whippet.broker.internal.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.whippet.broker.internal.command.ClientSession;
import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.net.WireClient.Answer;
import dev.whippet.broker.internal.net.WireClient.Wire;
import dev.whippet.internal.wire.Requests;
import java.io.IOException;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import okio.Buffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What one peer may take of the loop that others share, and how long it may be silent. */
abstract class FloodsContract extends ListenerSuite {
  private static final int KEY = 0x01020304;

  /** A ping a second; the rest as {@link #SMALL}. */
  private static final NetLimits PINGING =
      new NetLimits(
          1 << 20,
          1 << 20,
          8,
          64 << 10,
          100,
          new NetLimits.Times(60_000, 60_000, 60_000, 300, 1_000));

  /** Lingers as long as its peer wants: what it said is read, however busy the machine is. */
  private static final NetLimits LINGERING =
      new NetLimits(
          20 << 20, // a ring brings a MiB even after reading was turned off
          1 << 20,
          8,
          64 << 10,
          100,
          new NetLimits.Times(60_000, 60_000, 60_000, 60_000, 60_000));

  // --- shares ------------------------------------------------------------------------------------

  @ParameterizedTest
  @EnumSource
  void whoAsksLittleIsServedBeforeTheRestOfAFlood(Wire wire) throws Exception {
    int floods = 3;
    int each = 20_000;
    WireClient first = start(NetLimits.DEFAULT, wire);
    List<WireClient> flooders = new ArrayList<>(List.of(first, connect(wire), connect(wire)));
    flooders.forEach(FloodsContract::pingUnchecked);
    WireClient modest = connect(wire);
    ping(modest);
    ClientSession modestSession = handler.connected.get(floods);
    CountDownLatch sent = new CountDownLatch(1);
    loops.loop(0).execute(() -> awaitUnchecked(sent));
    handler.pinged.clear();
    List<Thread> senders = new ArrayList<>();
    for (WireClient flooder : flooders) {
      Buffer requests = new Buffer();
      for (int i = 0; i < each; i++) {
        Requests.ping(requests);
      }
      senders.add(sendAside(flooder, flooder.framed(requests)));
      senders.add(readAside(flooder, each));
    }
    Buffer one = new Buffer();
    Requests.ping(one);
    modest.send(one);
    sent.countDown();

    assertThat(modest.status()).isZero();
    for (Thread sender : senders) {
      sender.join();
    }

    List<ClientSession> order = new ArrayList<>(handler.pinged);
    assertThat(order).hasSize(floods * each + 1);
    assertThat(order.indexOf(modestSession)).isLessThan(floods * each / 4);
  }

  @ParameterizedTest
  @EnumSource
  void whoIsLoggedInComesBeforeNewcomers(Wire wire) throws Exception {
    WireClient modest = loggedIn(NetLimits.DEFAULT, wire);
    CountDownLatch sent = new CountDownLatch(1);
    loops.loop(0).execute(() -> awaitUnchecked(sent));
    List<WireClient> newcomers = new ArrayList<>();
    Buffer request = new Buffer();
    for (int i = 0; i < Acceptor.WAITING_MAX / 2; i++) {
      WireClient newcomer = connect(Wire.TCP); // the system accepts it
      Requests.ping(request);
      newcomer.send(request);
      newcomers.add(newcomer);
    }
    Requests.ping(request);
    modest.send(request);
    sent.countDown();

    assertThat(modest.status()).isZero();
    for (WireClient newcomer : newcomers) {
      assertThat(newcomer.status()).isZero();
    }

    List<ClientSession> order = new ArrayList<>(handler.pinged);
    assertThat(order).hasSize(1 + newcomers.size());
    assertThat(order.get(0)).isSameAs(handler.connected.get(0));
  }

  @ParameterizedTest
  @EnumSource
  void aFloodIsAnsweredToItsEndInOrder(Wire wire) throws Exception {
    WireClient client = loggedIn(LINGERING, wire);
    Buffer requests = new Buffer();
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 5_000; i++) {
      expected.add(i % 7 == 0 ? send(requests, i % 400, i) : 0);
      if (i % 7 != 0) {
        Requests.ping(requests);
      }
    }
    Thread sender = sendAside(client, client.framed(requests));

    List<Integer> statuses = new ArrayList<>();
    for (int i = 0; i < expected.size(); i++) {
      statuses.add(client.status());
      client.messages().clear();
    }

    sender.join();
    assertThat(statuses).isEqualTo(expected);
  }

  @ParameterizedTest
  @EnumSource
  void aFloodThatEndsInTheMiddleIsAnsweredAsFarAsItCame(Wire wire) throws Exception {
    WireClient client = start(NetLimits.DEFAULT, wire);
    int count = 3_000;
    Buffer requests = new Buffer();
    for (int i = 0; i < count; i++) {
      Requests.ping(requests);
    }
    client.send(requests);
    client.socket.shutdownOutput();

    for (int i = 0; i < count; i++) {
      assertThat(client.status()).isZero();
    }
    assertThat(client.reply()).isNull();
  }

  @ParameterizedTest
  @EnumSource
  void whatArrivesBehindWhatWaitsForRoomStaysBehindIt(Wire wire) throws Exception {
    WireClient client = loggedIn(LINGERING, wire);
    handler.holdSends = true;
    int sends = 20;
    int pings = 150; // more than a share, each in a frame of its own
    Buffer bytes = new Buffer();
    for (int i = 0; i < sends; i++) {
      Buffer request = new Buffer();
      send(request, 2_000, i);
      bytes.writeAll(client.framed(request));
      for (int k = 0; k < pings; k++) {
        Requests.ping(request);
        bytes.writeAll(client.framed(request));
      }
    }
    Thread sender = sendAside(client, bytes);

    for (int i = 0; i < sends; i++) {
      int started = i + 1;
      await().until(() -> handler.held.size() >= started);
      answer(handler.held.get(i), new Reply.Failure(200 + i));
      assertThat(client.status()).isEqualTo(200 + i);
      for (int k = 0; k < pings; k++) {
        assertThat(client.status()).isZero();
        client.messages().clear();
      }
    }
    sender.join();
  }

  // --- frames that bring nothing -----------------------------------------------------------------

  @Test
  void endlessPingsAreClosedAndHurtNobody() throws Exception {
    WireClient other = start(LINGERING, Wire.WEBSOCKET);

    assertThat(closeCodeAfter(frame(0x89, 125))).isEqualTo(1008);

    ping(other);
    assertThat(peak()).isLessThanOrEqualTo(bound(LINGERING));
  }

  @Test
  void endlessPongsAreClosed() throws Exception {
    startListener(LINGERING, 1);

    assertThat(closeCodeAfter(frame(0x8a, 0))).isEqualTo(1008);
  }

  @Test
  void endlessEmptyFragmentsAreClosed() throws Exception {
    startListener(LINGERING, 1);
    WireClient client = connect(Wire.WEBSOCKET);
    client.sendRaw(frame(0x02, 1));

    assertThat(closeCodeAfter(client, frame(0x00, 0))).isEqualTo(1008);
  }

  @Test
  void endlessEmptyMessagesAreClosed() throws Exception {
    startListener(LINGERING, 1);

    assertThat(closeCodeAfter(frame(0x82, 0))).isEqualTo(1008);
    assertThat(closeCodeAfter(frame(0x81, 0))).isEqualTo(1008);
  }

  @Test
  void asManyPingsAsAreAllowedAreAnswered() throws Exception {
    WireClient client = start(SMALL, Wire.WEBSOCKET);
    Buffer pings = new Buffer();
    for (int i = 0; i < NetLimits.IDLE_FRAMES_PER_SECOND_MAX; i++) {
      pings.writeAll(frame(0x89, 0));
    }
    client.sendRaw(pings);

    ping(client);
    assertThat(client.pong).isEmpty();
  }

  // --- silence -----------------------------------------------------------------------------------

  @Test
  void whoSaidHelloIsPingedAndLivesAsLongAsItAnswers() throws Exception {
    startListener(PINGING, 1);

    WireClient client = pinged(4);

    ping(client);
  }

  @Test
  void whoSaidHelloAndAnswersNoPingIsClosed() throws Exception {
    WireClient silent = greeted(start(PINGING, Wire.WEBSOCKET));
    WireClient wrong = greeted(connect(Wire.WEBSOCKET));
    WireClient stock = connect(Wire.WEBSOCKET);
    WireClient tcp = greeted(connect(Wire.TCP));
    wrong.answer = Answer.WRONG;

    awaitEnd(silent);
    awaitEnd(wrong);

    assertThat(silent.pings).isEqualTo(1);
    assertThat(wrong.pings).isEqualTo(1);
    ping(stock);
    ping(tcp);
    assertThat(stock.pings).isZero();
  }

  @Test
  void requestsAreSignsOfLifeToo() throws Exception {
    startListener(PINGING, 1);
    boolean lived = false;
    while (!lived) { // again when this machine was too busy to ask in time
      WireClient busy = greeted(connect(Wire.WEBSOCKET));
      WireClient silent = greeted(connect(Wire.WEBSOCKET));
      int ended = handler.disconnected.get();
      try {
        while (handler.disconnected.get() == ended) {
          ping(busy); // answers no ping
        }
        awaitEnd(silent);
        ping(busy);
        lived = true;
      } catch (IOException tooLate) {
        busy.close();
        silent.close();
        await().until(() -> listener.connections() == 0);
      }
    }
  }

  @Test
  void pingedConnectionsComeAndGo() throws Exception {
    startListener(PINGING, 1);
    for (int round = 0; round < 2; round++) {
      List<WireClient> leaving = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        leaving.add(greeted(connect(Wire.WEBSOCKET)));
      }
      WireClient stays = greeted(connect(Wire.WEBSOCKET));
      for (WireClient client : leaving) {
        client.close();
      }
      readPings(stays, 1);
      pinged(2).close();
      stays.close();
      await().until(() -> listener.connections() == 0);
    }
  }

  // --- steps -------------------------------------------------------------------------------------

  private WireClient greeted(WireClient client) throws IOException {
    login(client);
    Buffer hello = new Buffer();
    Requests.hello(hello, 0, new byte[16], 0, new byte[16]);
    client.send(hello);
    assertThat(client.status()).isZero();
    return client;
  }

  /** The broker ends it: by a reset when our last pong was still under way. */
  private static void awaitEnd(WireClient client) throws IOException {
    try {
      assertThat(client.reply()).isNull();
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  /**
   * A client that answered so many pings: another one when the broker ended it, for this machine
   * may be too busy to answer in time.
   */
  private WireClient pinged(int count) throws IOException {
    while (true) {
      WireClient client = greeted(connect(Wire.WEBSOCKET));
      client.answer = Answer.RIGHT;
      if (readPings(client, count)) {
        return client;
      }
      client.close();
    }
  }

  /** Reads until so many pings came; false when the connection ended before. */
  private static boolean readPings(WireClient client, int count) throws IOException {
    try {
      boolean open = true;
      while (open && client.pings < count) {
        open = client.readOnce();
      }
      return open;
    } catch (SocketException e) {
      return false;
    }
  }

  private static Buffer frame(int first, int payloadBytes) {
    return new Buffer()
        .writeByte(first)
        .writeByte(0x80 | payloadBytes)
        .writeInt(KEY)
        .write(new byte[payloadBytes]);
  }

  private int closeCodeAfter(Buffer frame) throws Exception {
    return closeCodeAfter(connect(Wire.WEBSOCKET), frame);
  }

  /** Sends the frame until the broker has enough of it; returns its close code. */
  private static int closeCodeAfter(WireClient client, Buffer frame) throws Exception {
    Buffer many = new Buffer();
    for (int i = 0; i < 500; i++) {
      frame.copyTo(many, 0, frame.size());
    }
    Thread sender =
        new Thread(
            () -> {
              try {
                while (client.closeCode == 0) {
                  Buffer piece = new Buffer();
                  many.copyTo(piece, 0, many.size());
                  client.sendRaw(piece);
                }
              } catch (IOException e) {
                // closed: it had enough
              }
            });
    sender.start();
    try {
      while (client.closeCode == 0 && client.readOnce()) {
        // until the Close frame
      }
    } catch (SocketException e) {
      // reset: it went on sending
    }
    sender.join();
    return client.closeCode;
  }

  private static Thread sendAside(WireClient client, Buffer bytes) {
    return aside(
        () -> {
          while (!bytes.exhausted()) {
            socketWrite(client, bytes, 64 << 10);
          }
        });
  }

  private static Thread readAside(WireClient client, int replies) {
    return aside(
        () -> {
          for (int i = 0; i < replies; i++) {
            client.status();
            client.messages().clear();
          }
        });
  }

  private interface Work {
    void run() throws IOException;
  }

  private static Thread aside(Work work) {
    Thread thread =
        new Thread(
            () -> {
              try {
                work.run();
              } catch (IOException e) {
                throw new IllegalStateException(e);
              }
            });
    thread.start();
    return thread;
  }

  private static void pingUnchecked(WireClient client) {
    try {
      ping(client);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void awaitUnchecked(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

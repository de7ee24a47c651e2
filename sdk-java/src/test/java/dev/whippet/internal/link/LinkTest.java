package dev.whippet.internal.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.Deflated;
import dev.whippet.testkit.WebSocketPeer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.function.Predicate;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A link against a server that does as told, and the closing handshake of both. */
@Timeout(180)
class LinkTest {
  private final Goodbyes goodbyes = new Goodbyes();
  private final Buffer received = new Buffer();
  private Selector selector;
  private WebSocketPeer.Listener listener;
  private WebSocketPeer peer;
  private Link link;
  private boolean opened;
  private long receivedBytesMax = Long.MAX_VALUE;
  private long largestReceived;

  @BeforeEach
  void connect() throws IOException {
    connect(false);
    peer.answer();
    while (!opened) {
      turn();
    }
  }

  private void connect(boolean compression) throws IOException {
    selector = Selector.open();
    listener = WebSocketPeer.listen();
    Endpoint endpoint = Endpoint.parse(listener.url());
    Framing framing =
        Framing.of(
            endpoint, Collections.<String, String>emptyMap(), compression, new SecureRandom());
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(endpoint.host(), endpoint.port()));
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, 0);
    link = Link.over(key, null, framing, new Link.Stage(), new Owner());
    opened = false;
    peer = listener.accept();
    turn();
  }

  @AfterEach
  void close() throws IOException {
    link.close();
    peer.close();
    listener.close();
    selector.close();
  }

  @Test
  void aGoodbyeIsAnsweredAndTheServerEndsTheConnection() throws IOException {
    goodbyes.add(link, 0);

    assertThat(peer.next()).hasToString("close 1000");
    peer.send(peer.bytes().frame(0x82, "too late").close(1000, ""));
    turnUntilQuiet();
    assertThat(link.isClosed()).isFalse();
    assertThat(received.size()).isZero();
    peer.close();
    while (!link.isClosed()) {
      turn();
    }
    assertThat(goodbyes.expire(1)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aServerThatAnswersNoGoodbyeIsLeftInTime() throws IOException {
    goodbyes.add(link, 100);

    assertThat(goodbyes.expire(100 + Goodbyes.CLOSE_MILLIS - 1)).isEqualTo(1_100);
    assertThat(link.isClosed()).isFalse();
    assertThat(goodbyes.expire(100 + Goodbyes.CLOSE_MILLIS)).isEqualTo(Long.MAX_VALUE);
    assertThat(link.isClosed()).isTrue();
    assertThat(peer.next()).hasToString("close 1000");
    assertThat(peer.next()).isNull();
  }

  @Test
  void theServersGoodbyeIsAnsweredWithItsCode() throws IOException {
    peer.send(peer.bytes().close(1001, "stopping"));

    assertThat(end()).isEqualTo("the server closed the WebSocket, code 1001, stopping");
    assertThat(peer.next()).hasToString("close 1001 stopping");
    assertThat(link.isClosed()).isFalse();
  }

  @Test
  void aBrokenRuleIsAnsweredWithItsCode() throws IOException {
    peer.send(peer.bytes().frame(0x89, "first").frame(0xf2, "reserved bits"));

    assertThat(end()).startsWith("reserved bits");
    assertThat(peer.next()).hasToString("pong first");
    assertThat(peer.next().closeCode()).isEqualTo(1002);
  }

  @Test
  void aPongDoesNotWaitForALargeRequest() throws Exception {
    int bytes = 64 << 20;
    long end = link.send(new Buffer().write(new byte[bytes]));
    link.flush();
    turn();
    peer.send(peer.bytes().frame(0x89, "between"));

    List<WebSocketPeer.Frame> frames =
        readWhileTurning(seen -> (seen.get(seen.size() - 1).first & 0x08) != 0);
    long before = bytes(frames.subList(0, frames.size() - 1));
    WebSocketPeer.Frame frame = frames.get(frames.size() - 1);

    assertThat(frame).hasToString("pong between");
    assertThat(before).isLessThan(bytes);
    assertThat(link.writtenBytes()).isLessThan(end).isGreaterThanOrEqualTo(before);
  }

  @Test
  void progressIsToldInBytesOfRequests() throws Exception {
    long first = link.send(new Buffer().write(new byte[1000]));
    long second = link.send(new Buffer().write(new byte[500_000]));

    assertThat(first).isEqualTo(1000);
    assertThat(second).isEqualTo(501_000);
    assertThat(link.hasRoom()).isFalse();
    readWhileTurning(seen -> bytes(seen) == second);
    turnUntilQuiet();
    assertThat(link.writtenBytes()).isEqualTo(second);
    assertThat(link.hasRoom()).isTrue();
  }

  @Test
  void whatInflatesBeyondTheOwnersBoundIsRefusedEarly() throws IOException {
    close();
    connect(true);
    peer.answer("Sec-WebSocket-Extensions: permessage-deflate");
    while (!opened) {
      turn();
    }
    receivedBytesMax = 8 << 20;

    peer.send(peer.bytes().frame(0xc2, Deflated.alone(new byte[96 << 20])));

    assertThat(end()).isEqualTo("more than 8388608 bytes");
    assertThat(largestReceived).isLessThan(receivedBytesMax + 2 * 1032 * Link.COMPRESSED_BYTES);
  }

  /** Turns until the link gives up; lets it say goodbye, as its owner does. */
  private String end() throws IOException {
    while (true) {
      try {
        turn();
      } catch (IOException e) {
        goodbyes.add(link, 0);
        return e.getMessage();
      }
    }
  }

  /** The peer reads on a thread of its own until it has seen enough. */
  private List<WebSocketPeer.Frame> readWhileTurning(Predicate<List<WebSocketPeer.Frame>> enough)
      throws Exception {
    List<WebSocketPeer.Frame> frames = new ArrayList<>();
    FutureTask<Void> reading =
        new FutureTask<>(
            () -> {
              do {
                frames.add(peer.next());
              } while (!enough.test(frames));
              return null;
            });
    new Thread(reading, "peer").start();
    long last = -1;
    while (!reading.isDone()) {
      if (selector.select(5) > 0) {
        ready();
      }
      link.flush();
      assertThat(link.writtenBytes()).isGreaterThanOrEqualTo(last);
      last = link.writtenBytes();
    }
    reading.get();
    return frames;
  }

  private static long bytes(List<WebSocketPeer.Frame> frames) {
    return frames.stream().mapToLong(frame -> frame.payload.length).sum();
  }

  private void turn() throws IOException {
    selector.select(1_000);
    ready();
  }

  private void turnUntilQuiet() throws IOException {
    for (int idle = 0; idle < 3; idle++) {
      if (selector.select(5) > 0) {
        ready();
      }
    }
  }

  private void ready() throws IOException {
    boolean leaving = goodbyes.expire(0) != Long.MAX_VALUE;
    for (SelectionKey key : selector.selectedKeys()) {
      if (leaving) {
        goodbyes.ready((Link) key.attachment());
      } else {
        ((Link) key.attachment()).ready();
      }
    }
    selector.selectedKeys().clear();
  }

  private final class Owner implements Link.Listener {
    @Override
    public void opened() {
      opened = true;
    }

    @Override
    public void received(Buffer in) throws IOException {
      received.write(in, in.size());
      largestReceived = received.size();
      if (largestReceived > receivedBytesMax) {
        throw new IOException("more than " + receivedBytesMax + " bytes");
      }
    }

    @Override
    public void heard() {
      // Nothing to count.
    }
  }
}

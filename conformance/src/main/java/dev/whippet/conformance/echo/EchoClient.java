package dev.whippet.conformance.echo;

import dev.whippet.internal.link.Endpoint;
import dev.whippet.internal.link.Framing;
import dev.whippet.internal.link.Goodbyes;
import dev.whippet.internal.link.Link;
import dev.whippet.internal.websocket.ClientWebSocket;
import dev.whippet.internal.websocket.WebSocketOptions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import okio.Buffer;

/**
 * An echo client of the SDK's own engine: its link, handshake, frames, close; only requests and
 * replies are missing. Speaks the protocol of the Autobahn suite's fuzzing server.
 *
 * <pre>
 *   EchoClient URL AGENT [compression]
 *   URL/getCaseCount              one text message: how many cases there are
 *   URL/runCase?case=N&amp;agent=A    echoes until the server closes
 *   URL/updateReports?agent=A     the server writes its reports
 * </pre>
 *
 * <p>Exit status 0 = all cases were run, 1 = there is no such server (one line says why), 2 = wrong
 * use.
 */
public final class EchoClient {
  /** The longest message that is echoed. */
  private static final long MESSAGE_BYTES_MAX = 64L << 20;

  private final String url;
  private final boolean compression;
  private final SecureRandom random = new SecureRandom();
  private final Link.Stage stage = new Link.Stage();

  private EchoClient(String url, boolean compression) {
    this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
    this.compression = compression;
  }

  public static void main(String[] arguments) {
    List<String> words = Arrays.asList(arguments);
    if (words.size() < 2
        || words.size() > 3
        || !words.subList(2, words.size()).stream().allMatch("compression"::equals)) {
      System.err.println("usage: EchoClient URL AGENT [compression]");
      System.exit(2);
    }
    try {
      new EchoClient(words.get(0), words.size() == 3).run(words.get(1));
    } catch (IOException | IllegalArgumentException e) {
      System.err.println(words.get(0) + ": " + e.getMessage());
      System.exit(1);
    }
  }

  /** Echoes what the server at {@code url} says, until it closes. */
  static void echo(String url, String path, boolean compression) throws IOException {
    new EchoClient(url, compression).talk(path, true);
  }

  private void run(String agent) throws IOException {
    String name = "agent=" + URLEncoder.encode(agent, StandardCharsets.UTF_8);
    String count = talk("/getCaseCount", false);
    if (!count.matches("[0-9]{1,9}")) {
      throw new IOException("getCaseCount: expected a number, found \"" + count + "\"");
    }
    int cases = Integer.parseInt(count);
    for (int i = 1; i <= cases; i++) {
      talk("/runCase?case=" + i + "&" + name, true);
    }
    talk("/updateReports?" + name, true);
    System.out.println(cases + " cases run");
  }

  /** Connects, answers or only listens until the end; returns the last text that came. */
  private String talk(String path, boolean echo) throws IOException {
    try (Selector selector = Selector.open()) {
      Conversation conversation = new Conversation(echo);
      Endpoint endpoint = Endpoint.parse(url + path);
      WebSocketOptions options =
          new WebSocketOptions(Map.of(), List.of(), compression, WebSocketOptions.FRAGMENT_BYTES);
      Framing framing = Framing.of(endpoint, options, random, conversation);
      SocketChannel channel =
          SocketChannel.open(new InetSocketAddress(endpoint.host(), endpoint.port()));
      channel.configureBlocking(false);
      SelectionKey key = channel.register(selector, 0);
      Link link = Link.over(key, null, framing, stage, conversation);
      conversation.link = link;
      converse(selector, link, conversation);
      return conversation.text;
    }
  }

  private static void converse(Selector selector, Link link, Conversation conversation)
      throws IOException {
    Goodbyes goodbyes = new Goodbyes();
    boolean open = true;
    while (!link.isClosed()) {
      long until = open ? Long.MAX_VALUE : goodbyes.expire(now());
      selector.select(until == Long.MAX_VALUE ? 0 : Math.max(1, until - now()));
      for (SelectionKey key : selector.selectedKeys()) {
        if (!open) {
          goodbyes.ready((Link) key.attachment());
          continue;
        }
        try {
          link.ready();
        } catch (IOException end) { // as the SDK does: whatever it was, say goodbye
          if (!conversation.opened) {
            link.close();
            throw end;
          }
          open = false;
          goodbyes.add(link, now());
        }
      }
      selector.selectedKeys().clear();
      goodbyes.expire(now());
    }
  }

  private static long now() {
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
  }

  private static final class Conversation implements Link.Listener, ClientWebSocket.Messages {
    private final boolean echo;
    private final Buffer message = new Buffer();
    private Link link;
    private String text = "";
    private boolean opened;

    Conversation(boolean echo) {
      this.echo = echo;
    }

    @Override
    public void opened() {
      opened = true; // the server begins
    }

    @Override
    public void received(Buffer in) {
      // There are no replies here.
    }

    @Override
    public void heard() {
      // Nobody here waits for a sign of life.
    }

    @Override
    public void data(int opcode, Buffer chunk, boolean last) {
      message.write(chunk, chunk.size());
      if (message.size() > MESSAGE_BYTES_MAX) {
        throw new IllegalStateException("a message of more than " + MESSAGE_BYTES_MAX + " bytes");
      }
      if (!last) {
        return;
      }
      if (echo) {
        link.send(opcode, message);
      } else {
        text = message.readUtf8();
      }
    }
  }
}

package dev.whippet.conformance.echo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.whippet.testkit.WebSocketPeer;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketCloseStatus;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import io.netty.handler.codec.http.websocketx.extensions.compression.WebSocketServerCompressionHandler;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import okhttp3.WebSocketListener;
import okio.ByteString;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Our ends against those of others: Netty's server, the JDK's and OkHttp's clients. Text and
 * binary, from nothing to 4 MiB, in random fragments; {@code -Dwhippet.seed} repeats a run, {@code
 * -Dwhippet.pairs.bytes=67108864} has larger messages.
 */
@Timeout(300)
class ReferencePairsTest {
  private static final int LARGEST_BYTES = Integer.getInteger("whippet.pairs.bytes", 4 << 20);

  /** A stock broker's frames, and ours, hold no more. */
  private static final int FRAGMENT_BYTES_MAX = 16 << 20;

  /** OkHttp queues no more. */
  private static final int OKHTTP_BYTES_MAX = 16 << 20;

  private final long seed = Long.getLong("whippet.seed", 6);
  private final Random random = new Random(seed);

  /** A message: letters of one byte, so that bytes are text as well. */
  private record Message(boolean text, byte[] bytes) {}

  private List<Message> messages(int largest) {
    List<Message> messages = new ArrayList<>();
    for (int length : new int[] {0, 1, 125, 126, 65_535, 65_536, largest}) {
      messages.add(message(length));
    }
    for (int i = 0; i < 30; i++) {
      messages.add(message(random.nextInt(1 << random.nextInt(20))));
    }
    return messages;
  }

  private Message message(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    for (int i = 0; i < length; i++) {
      bytes[i] = (byte) (' ' + (bytes[i] & (i % 100 == 0 ? 63 : 3)));
    }
    return new Message(random.nextBoolean(), bytes);
  }

  /**
   * Ends of fragments of at most {@link #FRAGMENT_BYTES_MAX}, in order; the last is the end of the
   * message. None but the last is empty: Netty can't compress such a fragment.
   */
  private int[] cuts(int length) {
    TreeSet<Integer> cuts = new TreeSet<>();
    for (int i = random.nextInt(5); i > 0 && length > 1; i--) {
      cuts.add(1 + random.nextInt(length - 1));
    }
    for (int end = FRAGMENT_BYTES_MAX; end < length; end += FRAGMENT_BYTES_MAX) {
      cuts.add(end);
    }
    cuts.add(length);
    return cuts.stream().mapToInt(Integer::intValue).toArray();
  }

  // --- Netty's server, our client
  // -----------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ourClientEchoesWhatNettysServerSays(boolean compression) throws Exception {
    MultiThreadIoEventLoopGroup loops =
        new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    Asker asker = new Asker(messages(LARGEST_BYTES));
    try {
      Channel server =
          new ServerBootstrap()
              .group(loops)
              .channel(NioServerSocketChannel.class)
              .childHandler(
                  new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                      ChannelPipeline pipeline = channel.pipeline();
                      pipeline.addLast(new HttpServerCodec(), new HttpObjectAggregator(65_536));
                      if (compression) {
                        pipeline.addLast(new WebSocketServerCompressionHandler(0));
                      }
                      pipeline.addLast(
                          new WebSocketServerProtocolHandler("/", null, true, 2 * LARGEST_BYTES));
                      pipeline.addLast(new WebSocketFrameAggregator(2 * LARGEST_BYTES), asker);
                    }
                  })
              .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .sync()
              .channel();
      int port = ((InetSocketAddress) server.localAddress()).getPort();

      EchoClient.echo("ws://127.0.0.1:" + port, "/", compression);

      assertThat(asker.result.get(1, TimeUnit.SECONDS)).as("seed " + seed).isEqualTo("all came");
    } finally {
      loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();
    }
  }

  /** Says one message after the other and compares what comes back. */
  private final class Asker extends SimpleChannelInboundHandler<WebSocketFrame> {
    private final Queue<Message> left;
    private final CompletableFuture<String> result = new CompletableFuture<>();
    private Message asked;

    Asker(List<Message> messages) {
      left = new ArrayDeque<>(messages);
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
      if (event instanceof WebSocketServerProtocolHandler.HandshakeComplete) {
        ask(ctx);
      }
      super.userEventTriggered(ctx, event);
    }

    private void ask(ChannelHandlerContext ctx) {
      asked = left.poll();
      if (asked == null) {
        result.complete("all came");
        ctx.writeAndFlush(new CloseWebSocketFrame(WebSocketCloseStatus.NORMAL_CLOSURE));
        return;
      }
      int from = 0;
      int[] cuts = cuts(asked.bytes.length);
      for (int i = 0; i < cuts.length; i++) {
        boolean last = i == cuts.length - 1;
        ByteBuf part = Unpooled.wrappedBuffer(asked.bytes, from, cuts[i] - from);
        WebSocketFrame first =
            asked.text
                ? new TextWebSocketFrame(last, 0, part)
                : new BinaryWebSocketFrame(last, 0, part);
        ctx.write(i == 0 ? first : new ContinuationWebSocketFrame(last, 0, part));
        from = cuts[i];
      }
      ctx.flush();
    }

    @Override
    protected void channelRead0(ChannelHandlerContext ctx, WebSocketFrame frame) {
      boolean same =
          frame instanceof TextWebSocketFrame == asked.text
              && Arrays.equals(ByteBufUtil.getBytes(frame.content()), asked.bytes);
      if (!same) {
        result.complete("wrong echo of " + asked.bytes.length + " bytes, text " + asked.text);
        ctx.close();
        return;
      }
      ask(ctx);
    }

    @Override
    public boolean isSharable() {
      return true;
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      result.complete(cause.toString());
      ctx.close();
    }
  }

  // --- the JDK's client, our server
  // ---------------------------------------------------------------

  @Test
  void ourServerEchoesWhatTheJdksClientSays() throws Exception {
    InetSocketAddress address = EchoServer.start(0, true).address();
    Listener listener = new Listener();
    WebSocket client =
        HttpClient.newHttpClient()
            .newWebSocketBuilder()
            .buildAsync(URI.create("ws://127.0.0.1:" + address.getPort() + "/any"), listener)
            .get(120, TimeUnit.SECONDS);

    for (Message message : messages(LARGEST_BYTES)) {
      listener.expected = message;
      listener.echoed = new CompletableFuture<>();
      int from = 0;
      int[] cuts = cuts(message.bytes.length);
      for (int i = 0; i < cuts.length; i++) {
        boolean last = i == cuts.length - 1;
        byte[] part = Arrays.copyOfRange(message.bytes, from, cuts[i]);
        from = cuts[i];
        CompletableFuture<WebSocket> sent =
            message.text
                ? client.sendText(new String(part, StandardCharsets.UTF_8), last)
                : client.sendBinary(ByteBuffer.wrap(part), last);
        sent.get(120, TimeUnit.SECONDS);
      }
      assertThat(listener.echoed.get(120, TimeUnit.SECONDS)).as("seed " + seed).isTrue();
    }
    client.sendClose(WebSocket.NORMAL_CLOSURE, "bye").get(120, TimeUnit.SECONDS);
    assertThat(listener.closed.get(120, TimeUnit.SECONDS)).isEqualTo("1000 bye");
  }

  // --- a scripted client, our server
  // ---------------------------------------------------------------

  @Test
  void emptyMessagesAreEchoedHoweverManyThereAre() throws Exception {
    InetSocketAddress address = EchoServer.start(0, false).address();
    try (WebSocketPeer peer = WebSocketPeer.connect(address.getPort())) {
      peer.shake("/");
      for (int i = 0; i < 1_000; i++) {
        peer.send(peer.bytes().frame(0x80 | (i % 2 + 1), ""));
      }
      for (int i = 0; i < 1_000; i++) {
        assertThat(peer.next()).hasToString(i % 2 == 0 ? "text" : "binary");
      }
    }
  }

  // --- OkHttp's client, our server
  // ---------------------------------------------------------------

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void ourServerEchoesWhatOkHttpsClientSays(boolean compression) throws Exception {
    InetSocketAddress address = EchoServer.start(0, compression).address();
    OkHttpClient client = new OkHttpClient();
    Echoes echoes = new Echoes();
    okhttp3.WebSocket socket =
        client.newWebSocket(
            new Request.Builder().url("http://127.0.0.1:" + address.getPort() + "/any").build(),
            echoes);

    for (Message message : messages(Math.min(LARGEST_BYTES, OKHTTP_BYTES_MAX))) {
      echoes.next = new CompletableFuture<>();
      assertThat(
              message.text
                  ? socket.send(new String(message.bytes, StandardCharsets.UTF_8))
                  : socket.send(ByteString.of(message.bytes)))
          .isTrue();
      Message echoed = echoes.next.get(120, TimeUnit.SECONDS);
      assertThat(echoed.text).isEqualTo(message.text);
      assertThat(Arrays.equals(echoed.bytes, message.bytes)).as("seed " + seed).isTrue();
    }
    socket.close(1000, "bye");
    assertThat(echoes.closed.get(120, TimeUnit.SECONDS)).isEqualTo("1000 bye");
    assertThat(echoes.extensions.get()).isEqualTo(compression ? "permessage-deflate" : null);
    client.dispatcher().executorService().shutdown();
  }

  private static final class Echoes extends WebSocketListener {
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private final CompletableFuture<String> extensions = new CompletableFuture<>();
    private volatile CompletableFuture<Message> next;

    @Override
    public void onOpen(okhttp3.WebSocket socket, Response response) {
      extensions.complete(response.header("Sec-WebSocket-Extensions"));
    }

    @Override
    public void onMessage(okhttp3.WebSocket socket, String text) {
      next.complete(new Message(true, text.getBytes(StandardCharsets.UTF_8)));
    }

    @Override
    public void onMessage(okhttp3.WebSocket socket, ByteString bytes) {
      next.complete(new Message(false, bytes.toByteArray()));
    }

    @Override
    public void onClosed(okhttp3.WebSocket socket, int code, String reason) {
      closed.complete(code + " " + reason);
    }

    @Override
    public void onFailure(okhttp3.WebSocket socket, Throwable cause, Response response) {
      closed.completeExceptionally(cause);
      next.completeExceptionally(cause);
    }
  }

  private static final class Listener implements WebSocket.Listener {
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private volatile Message expected;
    private volatile CompletableFuture<Boolean> echoed;

    @Override
    public CompletionStage<?> onText(WebSocket client, CharSequence text, boolean last) {
      bytes.writeBytes(text.toString().getBytes(StandardCharsets.UTF_8));
      return part(client, true, last);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket client, ByteBuffer part, boolean last) {
      byte[] copy = new byte[part.remaining()];
      part.get(copy);
      bytes.writeBytes(copy);
      return part(client, false, last);
    }

    private CompletionStage<?> part(WebSocket client, boolean text, boolean last) {
      if (last) {
        byte[] all = bytes.toByteArray();
        bytes.reset();
        echoed.complete(text == expected.text && Arrays.equals(all, expected.bytes));
      }
      client.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket client, int code, String reason) {
      closed.complete(code + " " + reason);
      return null;
    }
  }
}

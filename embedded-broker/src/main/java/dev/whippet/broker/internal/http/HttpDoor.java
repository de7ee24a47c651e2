package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.command.RequestHandler;
import dev.whippet.broker.internal.http.exchange.Route;
import dev.whippet.broker.internal.http.token.AccessTokens;
import dev.whippet.broker.internal.net.Listener.Host;
import dev.whippet.broker.internal.net.Loop;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpServerCodec;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/**
 * The front door of HTTP (iggy-classic.md section 8): another way to the same commands. Makes the
 * handlers of connections; any thread.
 */
public final class HttpDoor {
  /** Request line and headers, each. */
  private static final int HEAD_BYTES_MAX = 8 << 10;

  private static final int CHUNK_BYTES = 8 << 10;

  final RequestHandler commands;
  final Reception reception;
  final Cors cors;
  final LongAdder requests = new LongAdder();

  public HttpDoor(
      RequestHandler commands, AccessTokens tokens, List<Route> routes, HttpSettings settings) {
    this.commands = commands;
    this.reception = new Reception(tokens, List.copyOf(routes), settings.bodyBytesMax());
    this.cors = new Cors(settings.origins());
  }

  /** Requests since the start. */
  public long requests() {
    return requests.sum();
  }

  /** What comes behind the handler of a connection that turned out to speak HTTP. */
  public ChannelHandler handler(Loop loop, Host host) {
    return new ChannelInitializer<Channel>() {
      @Override
      protected void initChannel(Channel channel) {
        HttpFeed feed = new HttpFeed(loop.memory(), host);
        HttpConnection connection = new HttpConnection(HttpDoor.this, loop, host, feed);
        feed.feeds(connection);
        channel
            .pipeline()
            .addLast(feed)
            .addLast(
                new HttpServerCodec(
                    new HttpDecoderConfig()
                        .setMaxInitialLineLength(HEAD_BYTES_MAX)
                        .setMaxHeaderSize(HEAD_BYTES_MAX)
                        .setMaxChunkSize(CHUNK_BYTES)
                        .setStrictLineParsing(true)))
            .addLast(connection);
      }
    };
  }
}

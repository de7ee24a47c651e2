package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.http.exchange.Answer;
import dev.whippet.broker.internal.net.Listener.Host;
import dev.whippet.broker.internal.net.LoopMemory;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;

/**
 * The answers of one connection, counted in the loop's memory until the peer has them. The last one
 * leaves whole, whatever the peer sends meanwhile. Owner: the loop.
 */
final class HttpOutput {
  /** Of an answer without its body, about. */
  private static final int HEAD_BYTES = 256;

  private final ChannelHandlerContext context;
  private final LoopMemory memory;
  private final Cors cors;
  private final Host host;
  private final Runnable whenTaken;
  private long heldBytes;

  /** {@code whenTaken} runs when the peer has taken an answer. */
  HttpOutput(
      ChannelHandlerContext context, LoopMemory memory, Cors cors, Host host, Runnable whenTaken) {
    this.context = context;
    this.memory = memory;
    this.cors = cors;
    this.host = host;
    this.whenTaken = whenTaken;
  }

  /**
   * False while the peer has not taken enough of its answers; when memory is short, any of them:
   * what is short goes to those who take it.
   */
  boolean mayGoOn() {
    return context.channel().isWritable() && !(memory.isShort() && heldBytes > 0);
  }

  /** The body may come. */
  void proceed() {
    context.writeAndFlush(
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
  }

  /** {@code request} is {@code null} when it could not be read. */
  void write(Answer answer, HttpRequest request, boolean last) {
    FullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(answer.status()),
            Unpooled.wrappedBuffer(answer.body()));
    if (answer.type() != null) {
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.type());
    }
    if (answer.status() != 204) {
      HttpUtil.setContentLength(response, answer.body().length);
    }
    HttpUtil.setKeepAlive(response, !last);
    if (request != null) {
      boolean preflight = Cors.isPreflight(request.method().name(), request.headers());
      cors.addTo(response.headers(), request.headers(), preflight);
    }
    long bytes = HEAD_BYTES + answer.body().length;
    heldBytes += bytes;
    memory.addReply(bytes);
    ChannelFuture written = context.writeAndFlush(response);
    written.addListener(
        done -> {
          heldBytes -= bytes;
          memory.giveReply(bytes);
          whenTaken.run();
        });
    if (last) {
      host.lastWords(written);
    }
  }

  /** Nothing more is said. */
  void end() {
    host.lastWords(context.writeAndFlush(Unpooled.EMPTY_BUFFER));
  }
}

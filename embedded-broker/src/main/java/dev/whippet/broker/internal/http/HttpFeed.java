package dev.whippet.broker.internal.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.util.ArrayDeque;

/**
 * Gives the codec behind it little at a time, and nothing while a request is under way: decoded
 * requests take many times the memory of their bytes, and a peer may send any number ahead. What
 * waits here is what a read brought; the connection is not read meanwhile. Owner: the loop.
 */
final class HttpFeed extends ChannelInboundHandlerAdapter {
  private static final int PIECE_BYTES = 4 << 10;

  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private ChannelHandlerContext context;
  private boolean paused;
  private boolean feeding;

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    waiting.add((ByteBuf) message);
    feed();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    drop();
    ctx.fireChannelInactive();
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    drop();
  }

  /** A request is under way: what comes after it waits. */
  void pause() {
    paused = true;
    context.channel().config().setAutoRead(false);
  }

  /** It is answered. The next one comes with another turn of the loop. */
  void resume() {
    paused = false;
    context.executor().execute(this::goOn);
  }

  private void goOn() {
    feed();
    if (!paused && context.channel().isActive()) {
      context.channel().config().setAutoRead(true);
    }
  }

  private void feed() {
    if (feeding) {
      return;
    }
    feeding = true;
    while (!paused && !waiting.isEmpty()) {
      ByteBuf first = waiting.peek();
      if (first.readableBytes() <= PIECE_BYTES) {
        waiting.remove();
        context.fireChannelRead(first);
      } else {
        context.fireChannelRead(first.readRetainedSlice(PIECE_BYTES));
      }
    }
    feeding = false;
  }

  private void drop() {
    ByteBuf next;
    while ((next = waiting.poll()) != null) {
      next.release();
    }
  }
}

package dev.whippet.broker.internal.http;

import dev.whippet.broker.internal.net.Listener.Host;
import dev.whippet.broker.internal.net.LoopMemory;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayDeque;

/**
 * Gives the codec behind it little at a time, and nothing while a request is under way or answers
 * are not taken: decoded requests take many times the memory of their bytes, and a peer may send
 * any number ahead. What a read brought waits here, counted in the loop's memory, and the
 * connection is not read meanwhile. The end of the input comes when all before it was taken. Owner:
 * the loop.
 */
final class HttpFeed extends ChannelInboundHandlerAdapter {
  /** At most so much is decoded ahead. */
  private static final int PIECE_BYTES = 4 << 10;

  private final LoopMemory memory;
  private final Host host;
  private final ArrayDeque<ByteBuf> waiting = new ArrayDeque<>();
  private ChannelHandlerContext context;
  private HttpConnection connection;
  private boolean ended;

  HttpFeed(LoopMemory memory, Host host) {
    this.memory = memory;
    this.host = host;
  }

  /** Who is fed. */
  void feeds(HttpConnection fed) {
    connection = fed;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf in = (ByteBuf) message;
    if (!memory.tryHold(in.readableBytes(), false)) {
      in.release();
      host.outOfMemory();
      return;
    }
    waiting.add(in);
    feed();
  }

  /** A decoder that got nothing would ask for another read. */
  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (waiting.isEmpty()) {
      ctx.fireChannelReadComplete();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (event instanceof ChannelInputShutdownEvent) {
      ended = true;
      feed();
    } else {
      ctx.fireUserEventTriggered(event);
    }
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

  /** Pieces up to the end of a request; what is left of them comes with another turn. */
  void feed() {
    long before = connection.requests();
    while (!waiting.isEmpty() && connection.wantsMore() && connection.requests() == before) {
      ByteBuf piece = next();
      memory.dropHeld(piece.readableBytes());
      context.fireChannelRead(piece);
    }
    if (!waiting.isEmpty()) {
      read(false);
      if (connection.wantsMore()) {
        connection.goOnLater();
      }
    } else if (connection.wantsMore()) {
      if (ended) {
        context.fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
      } else {
        read(true);
      }
    }
  }

  private ByteBuf next() {
    ByteBuf first = waiting.peek();
    return first.readableBytes() <= PIECE_BYTES
        ? waiting.remove()
        : first.readRetainedSlice(PIECE_BYTES);
  }

  private void read(boolean on) {
    if (context.channel().isActive() && context.channel().config().isAutoRead() != on) {
      context.channel().config().setAutoRead(on);
    }
  }

  /** What waits is of no use any more. */
  void drop() {
    ByteBuf next;
    while ((next = waiting.poll()) != null) {
      memory.dropHeld(next.readableBytes());
      next.release();
    }
  }
}

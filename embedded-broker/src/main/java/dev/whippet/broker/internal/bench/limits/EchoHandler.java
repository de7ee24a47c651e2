package dev.whippet.broker.internal.bench.limits;

import dev.whippet.broker.internal.websocket.FrameHandler;
import dev.whippet.broker.internal.websocket.FrameParser;
import dev.whippet.broker.internal.websocket.Frames;
import dev.whippet.broker.internal.websocket.ServerHandshake;
import dev.whippet.broker.internal.websocket.WebSocketViolation;
import dev.whippet.internal.websocket.Opcode;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * One connection of the echo: finds the ends of requests, TCP or WebSocket, and answers each with
 * status 0 and nothing.
 *
 * <pre>
 * first byte 'G': handshake, then frames; else classic frames: u32 length | u32 code | payload
 * </pre>
 *
 * <p>Owned by its loop.
 */
final class EchoHandler extends ChannelInboundHandlerAdapter implements FrameHandler {

  private static final int HEADER_BYTES = 4;
  private static final int REPLY_BYTES = 8;

  private final ServerHandshake handshake = new ServerHandshake();
  private final FrameParser parser = new FrameParser();
  private boolean decided;
  private boolean webSocket;
  private boolean upgraded;
  private int headerBytes;
  private long length;
  private long remaining;
  private int replies;

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) throws Exception {
    ByteBuf in = (ByteBuf) message;
    try {
      if (!decided && in.isReadable()) {
        decided = true;
        webSocket = in.getByte(in.readerIndex()) == 'G';
      }
      read(context, in);
    } finally {
      in.release();
    }
    reply(context);
  }

  private void read(ChannelHandlerContext context, ByteBuf in) throws WebSocketViolation {
    if (!webSocket) {
      data(in, in.readableBytes(), 0);
      return;
    }
    if (!upgraded) {
      ServerHandshake.Answer answer = handshake.read(in, context.alloc());
      if (answer == null) {
        return;
      }
      upgraded = answer.accepted();
      context.writeAndFlush(answer.response());
    }
    parser.parse(in, this);
  }

  /** Four bytes of length, which may be masked and in pieces; then that many more. */
  @Override
  public void data(ByteBuf in, int count, int mask) {
    int left = count;
    int key = mask;
    while (left > 0) {
      if (remaining > 0) {
        int skipped = (int) Math.min(remaining, left);
        in.skipBytes(skipped);
        remaining -= skipped;
        left -= skipped;
        key = Integer.rotateLeft(key, (skipped & 3) * 8);
      } else {
        int plain = (in.readByte() ^ key >>> 24) & 0xff;
        key = Integer.rotateLeft(key, 8);
        left--;
        length |= (long) plain << 8 * headerBytes++;
        if (headerBytes == HEADER_BYTES) {
          remaining = length;
          length = 0;
          headerBytes = 0;
        }
        continue;
      }
      if (remaining == 0) {
        replies++;
      }
    }
  }

  @Override
  public void ping(ByteBuf payload) {}

  @Override
  public void pong(ByteBuf payload) {}

  @Override
  public void close(int code, ByteBuf reason) {}

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }

  private void reply(ChannelHandlerContext context) {
    if (replies == 0) {
      return;
    }
    ByteBuf out = context.alloc().directBuffer(replies * (REPLY_BYTES + 2));
    for (; replies > 0; replies--) {
      if (webSocket) {
        Frames.writeHeader(out, Opcode.BINARY, true, REPLY_BYTES);
      }
      out.writeLong(0);
    }
    context.writeAndFlush(out);
  }
}

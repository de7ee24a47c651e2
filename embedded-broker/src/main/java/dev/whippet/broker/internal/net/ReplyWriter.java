package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.websocket.Frames;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes replies: over TCP the frame, over WebSocket one binary message per frame. Small ones share
 * a buffer; large ones go out as they are, header and slices. Everything written during one turn of
 * the loop leaves in one flush. Owner: the connection's loop.
 */
final class ReplyWriter {
  /** Replies up to this size are copied together. */
  private static final int SMALL_BYTES_MAX = 1024;

  private static final int SHARED_BYTES = 4096;

  private final ChannelHandlerContext context;
  private final boolean webSocket;
  private ByteBuf shared;
  private boolean flushing;
  private boolean closed;

  ReplyWriter(ChannelHandlerContext context, boolean webSocket) {
    this.context = context;
    this.webSocket = webSocket;
  }

  /** Takes over the reply's buffers. */
  void write(Reply reply) {
    List<ByteBuf> frame = ClassicDialect.encode(reply, context.alloc());
    if (closed) {
      frame.forEach(ReferenceCountUtil::release);
      return;
    }
    int length = length(frame);
    if (length <= SMALL_BYTES_MAX) {
      writeSmall(frame, length);
    } else {
      writeShared();
      writeLarge(frame);
    }
    flushSoon();
  }

  /** Answers a ping, unless the peer takes nothing: then only its latest ping matters. */
  void pong(ByteBuf payload) {
    if (!closed && context.channel().isWritable()) {
      writeShared();
      context.write(Frames.pong(context.alloc(), payload), context.voidPromise());
      flushSoon();
    }
  }

  /** The last words and everything before them; the future ends when they are in the socket. */
  ChannelFuture writeLast(Farewell farewell) {
    if (farewell.stopping()) {
      write(new Reply.Failure(Status.DISCONNECTED));
    }
    if (webSocket && farewell.hasCloseFrame()) {
      ByteBuf frame = Frames.close(context.alloc(), farewell.closeCode(), farewell.reason());
      writeShared();
      context.write(frame, context.voidPromise());
    }
    writeShared();
    closed = true;
    return context.writeAndFlush(context.alloc().buffer(0, 0));
  }

  /** The connection is gone. */
  void close() {
    closed = true;
    if (shared != null) {
      shared.release();
      shared = null;
    }
  }

  private void writeSmall(List<ByteBuf> frame, int length) {
    room(Frames.HEADER_BYTES_MAX + length);
    if (webSocket) {
      Frames.writeHeader(shared, Opcode.BINARY, true, length);
    }
    for (ByteBuf part : frame) {
      shared.writeBytes(part);
      part.release();
    }
  }

  private void writeLarge(List<ByteBuf> frame) {
    List<ByteBuf> parts = frame;
    if (webSocket) {
      parts = new ArrayList<>(frame.size() + 1);
      Frames.binary(context.alloc(), frame, Frames.FRAME_BYTES_MAX, parts);
    }
    for (ByteBuf part : parts) {
      context.write(part, context.voidPromise());
    }
  }

  private void room(int bytes) {
    if (shared != null && shared.maxWritableBytes() < bytes) {
      writeShared();
    }
    if (shared == null) {
      shared = context.alloc().directBuffer(256, SHARED_BYTES);
    }
  }

  private void writeShared() {
    if (shared != null) {
      ByteBuf full = shared;
      shared = null;
      context.write(full, context.voidPromise());
    }
  }

  private void flushSoon() {
    if (!flushing) {
      flushing = true;
      context.executor().execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    writeShared();
    context.flush();
  }

  private static int length(List<ByteBuf> frame) {
    long length = 0;
    for (ByteBuf part : frame) {
      length += part.readableBytes();
    }
    return (int) Math.min(length, Integer.MAX_VALUE);
  }
}

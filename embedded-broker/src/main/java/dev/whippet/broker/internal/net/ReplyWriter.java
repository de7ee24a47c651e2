package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.websocket.Frames;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayList;
import java.util.List;

/**
 * Writes replies: over TCP the frame, over WebSocket one binary message per frame. Small ones share
 * a buffer; large ones go out as they are, header and slices. Everything written during one turn of
 * the loop leaves in one flush; when its last byte is in the socket, or lost, the memory of all of
 * it is given back. Owner: the connection's loop.
 */
final class ReplyWriter {
  /** Replies up to this size are copied together. */
  private static final int SMALL_BYTES_MAX = 1024;

  private static final int SHARED_BYTES = 4096;

  private final ChannelHandlerContext context;
  private final boolean webSocket;
  private final LoopMemory memory;
  private ByteBuf shared;

  /** Written when it is known whether it is the last of its flush. */
  private ByteBuf last;

  /** Of the loop's memory, since the last flush. */
  private long unflushedBytes;

  private boolean flushing;
  private boolean closed;

  ReplyWriter(ChannelHandlerContext context, boolean webSocket, LoopMemory memory) {
    this.context = context;
    this.webSocket = webSocket;
    this.memory = memory;
  }

  /** Takes over the reply's buffers and {@code granted} bytes of the loop's memory for it. */
  void write(Reply reply, long granted) {
    unflushedBytes += granted;
    List<ByteBuf> frame = ClassicDialect.encode(reply, context.alloc());
    if (closed) {
      frame.forEach(ReferenceCountUtil::release);
      giveBack();
      return;
    }
    int length = length(frame);
    if (length <= SMALL_BYTES_MAX) {
      writeSmall(frame, length);
    } else {
      count(length - granted);
      writeShared();
      writeLarge(frame);
    }
    flushSoon();
  }

  /** Answers a ping, unless the peer takes nothing: then only its latest ping matters. */
  void pong(ByteBuf payload) {
    if (!closed && context.channel().isWritable()) {
      writeShared();
      push(Frames.pong(context.alloc(), payload));
      flushSoon();
    }
  }

  /** Asks a peer that takes its replies whether it is there. */
  void ping(ByteBuf payload) {
    if (!closed && context.channel().isWritable()) {
      writeShared();
      context.write(Frames.ping(context.alloc(), payload), context.voidPromise());
      flushSoon();
    }
  }

  /** The last words and everything before them; the future ends when they are in the socket. */
  ChannelFuture writeLast(Farewell farewell) {
    if (farewell.stopping()) {
      write(new Reply.Failure(Status.DISCONNECTED), 0);
    }
    if (webSocket && farewell.hasCloseFrame()) {
      ByteBuf frame = Frames.close(context.alloc(), farewell.closeCode(), farewell.reason());
      writeShared();
      push(frame);
    }
    writeAll();
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
    if (last != null) {
      last.release();
      last = null;
    }
    giveBack();
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
      push(part);
    }
  }

  private void push(ByteBuf part) {
    if (last != null) {
      context.write(last, context.voidPromise());
    }
    last = part;
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
      count(full.capacity());
      push(full);
    }
  }

  /** Replies that were not granted memory before; they are there, so they count. */
  private void count(long bytes) {
    if (bytes > 0) {
      memory.addReply(bytes);
      unflushedBytes += bytes;
    }
  }

  private void giveBack() {
    long bytes = unflushedBytes;
    unflushedBytes = 0;
    memory.giveReply(bytes);
  }

  private void flushSoon() {
    if (!flushing) {
      flushing = true;
      context.executor().execute(this::flush);
    }
  }

  private void flush() {
    flushing = false;
    writeAll();
    context.flush();
  }

  private void writeAll() {
    writeShared();
    if (last != null) {
      ByteBuf end = last;
      long bytes = unflushedBytes;
      last = null;
      unflushedBytes = 0;
      ChannelPromise taken = context.newPromise();
      taken.addListener(ended -> memory.giveReply(bytes));
      context.write(end, taken);
    }
  }

  private static int length(List<ByteBuf> frame) {
    long length = 0;
    for (ByteBuf part : frame) {
      length += part.readableBytes();
    }
    return (int) Math.min(length, Integer.MAX_VALUE);
  }
}

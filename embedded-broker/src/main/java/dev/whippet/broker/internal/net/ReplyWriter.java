package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.command.Reply;
import dev.whippet.broker.internal.websocket.Frames;
import dev.whippet.broker.internal.websocket.WebSocketOutput;
import dev.whippet.broker.internal.wire.ClassicDialect;
import dev.whippet.internal.websocket.Opcode;
import dev.whippet.internal.wire.Status;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
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
  private final WebSocketOutput webSocket;
  private final LoopMemory memory;
  private final Runnable whenTaken;
  private ByteBuf shared;

  /** Written when it is known whether it is the last of its flush. */
  private ByteBuf last;

  /** Of the loop's memory, since the last flush. */
  private long unflushedBytes;

  /** The same, and what the peer has not taken. */
  private long heldBytes;

  private boolean flushing;
  private boolean closed;

  /**
   * @param webSocket what goes to a WebSocket goes through it; {@code null} over TCP
   * @param whenTaken runs when the peer has taken replies
   */
  ReplyWriter(
      ChannelHandlerContext context,
      WebSocketOutput webSocket,
      LoopMemory memory,
      Runnable whenTaken) {
    this.context = context;
    this.webSocket = webSocket;
    this.memory = memory;
    this.whenTaken = whenTaken;
  }

  /** True while the peer has not taken all of its replies. */
  boolean holdsMemory() {
    return heldBytes > 0;
  }

  /** Takes over the reply's buffers and {@code granted} bytes of the loop's memory for it. */
  void write(Reply reply, long granted) {
    unflushedBytes += granted;
    heldBytes += granted;
    List<ByteBuf> frame = ClassicDialect.encode(reply, context.alloc());
    if (closed) {
      frame.forEach(ReferenceCountUtil::release);
      giveBack();
      return;
    }
    int length = length(frame);
    if (length <= SMALL_BYTES_MAX && (webSocket == null || webSocket.isBypassed())) {
      writeSmall(frame, length);
    } else if (webSocket != null) {
      writeMessage(frame, length, granted);
    } else {
      count(length - granted);
      writeShared();
      writeLarge(frame);
    }
    flushSoon();
  }

  /** Answers a ping, between the frames of a large reply; over WebSocket only. */
  void pong(ByteBuf payload) {
    if (!closed) {
      writeAll();
      webSocket.pong(payload);
      flushSoon();
    }
  }

  /** Asks a peer that takes its replies whether it is there. */
  void ping(ByteBuf payload) {
    if (!closed) {
      writeAll();
      webSocket.ping(payload);
      flushSoon();
    }
  }

  /** False while replies wait for the peer to take those before them. */
  boolean isIdle() {
    return webSocket == null || webSocket.isIdle();
  }

  /** The peer has taken something. */
  void resume() {
    if (webSocket != null) {
      webSocket.resume();
      context.flush();
    }
  }

  /** The last words and everything before them; the future ends when they are in the socket. */
  ChannelFuture writeLast(Farewell farewell) {
    if (farewell.stopping()) {
      write(new Reply.Failure(Status.DISCONNECTED), 0);
    }
    writeAll();
    closed = true;
    if (webSocket == null) {
      return context.writeAndFlush(context.alloc().buffer(0, 0));
    }
    ByteBuf close =
        farewell.hasCloseFrame()
            ? Frames.close(context.alloc(), farewell.closeCode(), farewell.reason())
            : context.alloc().buffer(0, 0);
    ChannelPromise written = context.newPromise();
    webSocket.end(close, farewell.isAnswer(), written);
    context.flush();
    return written;
  }

  /** The connection is gone. */
  void close() {
    closed = true;
    if (webSocket != null) {
      webSocket.close();
    }
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
    if (webSocket != null) {
      Frames.writeHeader(shared, Opcode.BINARY, true, length);
    }
    for (ByteBuf part : frame) {
      shared.writeBytes(part);
      part.release();
    }
  }

  private void writeLarge(List<ByteBuf> frame) {
    for (ByteBuf part : frame) {
      push(part);
    }
  }

  /** Behind all that was written; its memory is given back with its own last frame. */
  private void writeMessage(List<ByteBuf> frame, int length, long granted) {
    unflushedBytes -= granted;
    writeAll();
    unflushedBytes += granted;
    count(length - granted);
    webSocket.message(Opcode.BINARY, frame, takenPromise());
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
      heldBytes += bytes;
    }
  }

  private void giveBack() {
    long bytes = unflushedBytes;
    unflushedBytes = 0;
    heldBytes -= bytes;
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
      last = null;
      context.write(end, takenPromise());
    }
  }

  /** Gives back the memory of what was not flushed before, when it is in the socket or lost. */
  private ChannelPromise takenPromise() {
    long bytes = unflushedBytes;
    unflushedBytes = 0;
    ChannelPromise taken = context.newPromise();
    taken.addListener(
        ended -> {
          heldBytes -= bytes;
          memory.giveReply(bytes);
          whenTaken.run();
        });
    return taken;
  }

  private static int length(List<ByteBuf> frame) {
    long length = 0;
    for (ByteBuf part : frame) {
      length += part.readableBytes();
    }
    return (int) Math.min(length, Integer.MAX_VALUE);
  }
}

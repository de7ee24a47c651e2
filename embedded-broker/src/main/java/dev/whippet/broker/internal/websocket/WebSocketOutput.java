package dev.whippet.broker.internal.websocket;

import dev.whippet.internal.websocket.MessageDeflater;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * What one WebSocket is sent: messages in their order, cut into frames while the channel takes
 * them, and control frames between those frames.
 *
 * <pre>
 *   message --channel writable--> frames --> channel     not writable: waits for resume()
 *   pong    --channel writable-->        --> channel     not writable: the latest one waits
 *   end     after all messages, or after the frame under way when the peer has said Close
 * </pre>
 *
 * <p>So a Pong or a Close waits for what the channel holds (its high water mark and a frame), not
 * for what a large message still brings. Nobody but this class writes to the channel between two
 * frames of a message.
 *
 * <p>Owner: the connection's loop. Bounds are the caller's: {@link #isIdle} says when there is
 * room.
 */
public final class WebSocketOutput {
  /** Compressed frames in a row; then the loop's other work has its turn. */
  private static final int FRAMES_AT_ONCE = 4;

  private record Queued(OutgoingMessage message, ChannelPromise written) {}

  private final ChannelHandlerContext context;
  private final int fragmentBytes;
  private final MessageDeflater deflater;
  private final Runnable roomAgain;
  private final ArrayDeque<Queued> waiting = new ArrayDeque<>(2);
  private final List<ByteBuf> frame = new ArrayList<>();

  private ByteBuf pong;
  private ByteBuf close;
  private ChannelPromise closed;
  private boolean working;
  private boolean scheduled;
  private boolean over;

  /**
   * @param deflater for all messages, closed with this; {@code null} when they are sent as they are
   * @param roomAgain called when messages waited and wait no more
   */
  public WebSocketOutput(
      ChannelHandlerContext context,
      int fragmentBytes,
      MessageDeflater deflater,
      Runnable roomAgain) {
    this.context = context;
    this.fragmentBytes = fragmentBytes;
    this.deflater = deflater;
    this.roomAgain = roomAgain;
  }

  /** False while messages wait for the channel: the peer has not taken enough. */
  public boolean isIdle() {
    return waiting.isEmpty();
  }

  /** True when small messages may be written past this, by whoever frames them. */
  public boolean isBypassed() {
    return deflater == null && waiting.isEmpty();
  }

  /**
   * Sends a message.
   *
   * @param opcode TEXT or BINARY
   * @param parts the readable bytes of these, back to back; their references are taken over
   */
  public void message(int opcode, List<ByteBuf> parts) {
    message(opcode, parts, context.voidPromise());
  }

  /** As above; {@code written} ends with the last frame, or fails when it is not sent. */
  public void message(int opcode, List<ByteBuf> parts, ChannelPromise written) {
    OutgoingMessage message = new OutgoingMessage(opcode, parts, fragmentBytes, deflater);
    if (over || close != null) {
      message.release();
      fail(written);
      return;
    }
    waiting.add(new Queued(message, written));
    resume();
  }

  private static void fail(ChannelPromise written) {
    if (!written.isVoid()) {
      written.tryFailure(new IllegalStateException("the connection ends"));
    }
  }

  /** Answers a ping; of several that the peer has no room for, the latest (RFC 6455 5.5.3). */
  public void pong(ByteBuf payload) {
    pong = payload;
    resume();
  }

  /** Asks a peer that takes what it is sent whether it is there. */
  public void ping(ByteBuf payload) {
    if (!over && close == null && context.channel().isWritable()) {
      context.write(Frames.ping(context.alloc(), payload), context.voidPromise());
    }
  }

  /**
   * Sends a Close frame as the last one; what comes later is thrown away.
   *
   * @param now true when the peer wants no more: the message under way is not finished
   * @param written ends with it
   */
  public void end(ByteBuf closeFrame, boolean now, ChannelPromise written) {
    close = closeFrame;
    closed = written;
    if (now && !context.channel().isWritable()) {
      dropWaiting();
    }
    resume();
  }

  /**
   * Writes what the channel takes now. Flushing is the caller's, after this or in the same turn.
   */
  public void resume() {
    if (working || over) {
      return;
    }
    boolean waited = !waiting.isEmpty();
    working = true;
    try {
      writePong();
      int left = deflater == null ? Integer.MAX_VALUE : FRAMES_AT_ONCE;
      while (!waiting.isEmpty() && context.channel().isWritable() && left-- > 0) {
        writeFrame();
      }
    } finally {
      working = false;
    }
    if (waiting.isEmpty()) {
      writeClose();
      if (waited) {
        roomAgain.run();
      }
    } else if (context.channel().isWritable()) {
      flushSoon();
    }
  }

  private void writePong() {
    if (pong != null && close == null && context.channel().isWritable()) {
      ByteBuf payload = pong;
      pong = null;
      context.write(Frames.pong(context.alloc(), payload), context.voidPromise());
    }
  }

  private void writeFrame() {
    Queued first = waiting.peek();
    first.message.next(context.alloc(), frame);
    if (first.message.isOver()) {
      waiting.remove();
    }
    int last = frame.size() - 1;
    for (int i = 0; i <= last; i++) {
      boolean end = i == last && first.message.isOver();
      context.write(frame.get(i), end ? first.written : context.voidPromise());
    }
    frame.clear();
  }

  private void writeClose() {
    if (close != null) {
      over = true;
      context.write(close, closed);
      close = null;
    }
  }

  /** Writes on and flushes at the end of this turn of the loop. */
  public void flushSoon() {
    if (!scheduled) {
      scheduled = true;
      context.executor().execute(this::flush);
    }
  }

  private void flush() {
    scheduled = false;
    resume();
    context.flush();
  }

  private void dropWaiting() {
    Queued next;
    while ((next = waiting.poll()) != null) {
      next.message.release();
      fail(next.written);
    }
  }

  /** The connection is gone. */
  public void close() {
    over = true;
    dropWaiting();
    if (close != null) {
      close.release();
      close = null;
      fail(closed);
    }
    if (deflater != null) {
      deflater.close();
    }
  }
}

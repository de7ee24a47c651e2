package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.websocket.FrameHandler;
import dev.whippet.broker.internal.websocket.FrameParser;
import dev.whippet.broker.internal.websocket.WebSocketViolation;
import dev.whippet.internal.websocket.CloseCode;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.TimeUnit;

/**
 * An open WebSocket's bytes: binary payload goes to the same assembler as TCP's bytes, whatever the
 * messages' bounds; control frames are answered.
 */
final class WebSocketFrames implements Stage, FrameHandler {
  /** Frames between two looks at the share of the loop's time that is left. */
  private static final int FRAMES_AT_ONCE = 16;

  private final FrameParser parser = new FrameParser();
  private final Connection connection;
  private final RequestAssembler assembler;
  private final ReplyQueue queue;
  private final ReplyWriter writer;
  private long idleBefore;
  private long idleSince;

  WebSocketFrames(
      Connection connection, RequestAssembler assembler, ReplyQueue queue, ReplyWriter writer) {
    this.connection = connection;
    this.idleSince = connection.now();
    this.assembler = assembler;
    this.queue = queue;
    this.writer = writer;
  }

  @Override
  public void read(ByteBuf in) {
    try {
      int frames = parser.parse(in, this, FRAMES_AT_ONCE);
      connection.spend(frames);
      if (parser.idleFrames() - idleBefore > NetLimits.IDLE_FRAMES_PER_SECOND_MAX) {
        boundIdleFrames();
      }
    } catch (WebSocketViolation e) {
      queue.end(Farewell.closing(e.closeCode(), e.getMessage()));
    }
  }

  /** So many were counted: ends the connection when they came within a second. */
  private void boundIdleFrames() {
    long now = connection.now();
    if (now - idleSince < TimeUnit.SECONDS.toNanos(1)) {
      parser.stop();
      queue.end(
          Farewell.closing(
              CloseCode.POLICY_VIOLATION, "too many control or empty frames a second"));
    }
    idleSince = now;
    idleBefore = parser.idleFrames();
  }

  @Override
  public void data(ByteBuf in, int length, int mask) {
    assembler.read(in, length, mask);
  }

  @Override
  public void ping(ByteBuf payload) {
    writer.pong(payload);
  }

  @Override
  public void pong(ByteBuf payload) {
    connection.pong(payload);
  }

  @Override
  public void close(int code, ByteBuf reason) {
    queue.end(Farewell.answer(code, reason));
  }
}

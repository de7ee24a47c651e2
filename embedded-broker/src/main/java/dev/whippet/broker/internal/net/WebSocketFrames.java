package dev.whippet.broker.internal.net;

import dev.whippet.broker.internal.websocket.FrameHandler;
import dev.whippet.broker.internal.websocket.FrameParser;
import dev.whippet.broker.internal.websocket.WebSocketViolation;
import io.netty.buffer.ByteBuf;

/**
 * An open WebSocket's bytes: binary payload goes to the same assembler as TCP's bytes, whatever the
 * messages' bounds; control frames are answered.
 */
final class WebSocketFrames implements Stage, FrameHandler {
  private final FrameParser parser = new FrameParser();
  private final RequestAssembler assembler;
  private final ReplyQueue queue;
  private final ReplyWriter writer;

  WebSocketFrames(RequestAssembler assembler, ReplyQueue queue, ReplyWriter writer) {
    this.assembler = assembler;
    this.queue = queue;
    this.writer = writer;
  }

  @Override
  public void read(ByteBuf in) {
    try {
      parser.parse(in, this);
    } catch (WebSocketViolation e) {
      queue.end(Farewell.closing(e.closeCode(), e.getMessage()));
    }
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
    // Stock clients send none; pings of ours belong to a later issue.
  }

  @Override
  public void close(int code, ByteBuf reason) {
    queue.end(Farewell.answer(code, reason));
  }
}
